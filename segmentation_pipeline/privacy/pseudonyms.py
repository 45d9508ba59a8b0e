"""Pseudonyms: what stands in the place of a customer key that is an e-mail address or a telephone number.

A pseudonym is a keyed hash (HMAC-SHA-256) of the normalised address, so that every source that names the customer by one
address names one customer, and nobody without the key can tell whose it is, also not by trying addresses.  The key
lies in ``secrets/``, as that of the tombstones, made when the first such key of a customer is read.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BusinessConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.text import Form, in_form
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.keyed_hash import hmac_sha256
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.addresses import normalised_email, normalised_phone
from segmentation_pipeline.privacy.spellings import plain_at
from segmentation_pipeline.privacy.tombstones import Kind, read_key, write_private
from segmentation_pipeline.values.standardise import as_key

KEY_FILE = "pseudonym.key"
_KEY_BYTES, _DIGITS = 32, 24
_CHECK = {"mark": "string"}
_ADDRESS_SIGN = "@|%40"
_INTERNATIONAL = r"^\s*\+"
"""Without a plus a telephone number reads like any other key of digits."""
_ONE_EMAIL = r"[^\s;,<>()\[\]{}\"|/?&=:]+@[^\s;,<>()\[\]{}\"|/?&=:]+"


class PseudonymError(UserError):
    """Customers would get other pseudonyms than they have, so nothing may be read."""


def may_be_address(key: ir.StringValue) -> ir.BooleanValue:
    """Whether a customer key may be an e-mail address or a telephone number: a look that costs little."""
    return cast(ir.BooleanValue, (key.re_search(_ADDRESS_SIGN) | key.re_search(_INTERNATIONAL)).fill_null(False))


def with_addresses(keys: ir.Table) -> ir.Table:
    """``keys`` (``written``) with ``kind`` and ``address``, normalised; of those alone that hold one.

    ``plainly``: the key is the address and nothing else.  What has the sign of an e-mail address and cannot be read as one
    is taken for one all the same, as it is written.
    """
    written = cast(ir.StringValue, keys.written)
    is_mail = written.re_search(_ADDRESS_SIGN)
    within = cast(ir.StringValue, plain_at(written).re_extract(_ONE_EMAIL, 0).re_replace(r"^[.']+|[.']+$", ""))
    email = ibis.coalesce(normalised_email(written), normalised_email(within), in_form(written, Form.KEY).lower())
    phone = ibis.ifelse(written.re_search(_INTERNATIONAL), normalised_phone(written), ibis.null("string"))
    found = keys.mutate(
        kind=ibis.ifelse(is_mail, str(Kind.EMAIL), str(Kind.PHONE)),
        address=ibis.ifelse(is_mail, email, phone),
        plainly=~is_mail | normalised_email(written).notnull(),
    )
    return found.filter(found.address.notnull())


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms of one project, whose secrets lie in ``folder``."""

    folder: Path

    def pseudonym(self, engine: Engine, addresses: ir.Table) -> ir.StringValue:
        """Of each row of ``with_addresses``.  Raises ``PseudonymError`` when the key is missing or another one."""
        digits = hmac_sha256(addresses.kind + ibis.literal("|") + addresses.address, self._checked_key(engine))
        return cast(ir.StringValue, addresses.kind + ibis.literal("-") + digits.substr(0, _DIGITS))

    @property
    def in_use(self) -> bool:
        """Whether any customer may have a pseudonym."""
        return (self.folder / KEY_FILE).is_file()

    def known_as(self, engine: Engine, typed: str, business: BusinessConfig) -> str:
        """The customer_id of who is named by ``typed``, an address or a customer_id."""
        if not self.in_use:
            return typed
        asked = engine.memtable({"written": [typed]}, {"written": "string"})
        named = with_addresses(asked.filter(may_be_address(cast(ir.StringValue, asked.written))))
        key = as_key(self.pseudonym(engine, named), "customer_id", business)
        return next((str(row["key"]) for row in engine.rows(named.select(key=key))), typed)

    def _checked_key(self, engine: Engine) -> bytes:
        """The key; made where no customer has a pseudonym yet."""
        used = (
            {str(row["mark"]) for row in engine.rows(engine.table(tables.PSEUDONYM_KEY))}
            if engine.has(tables.PSEUDONYM_KEY)
            else ()
        )
        path = self.folder / KEY_FILE
        if used and not path.is_file():
            raise PseudonymError(
                f"customers are known by pseudonyms, and the key these are made with, {path}, is missing: all would become "
                f"other customers. Restore the file from a backup of {self.folder} and run again."
            )
        key = self._key
        mark = hmac.new(key, b"key", "sha256").hexdigest()
        if used and mark not in used:
            raise PseudonymError(
                f"{path} is another key than the one customers' pseudonyms were made with: all of them would become others. "
                f"Restore it from a backup of {self.folder} and run again."
            )
        if not used:
            engine.append(tables.PSEUDONYM_KEY, engine.memtable({"mark": [mark]}, _CHECK))
        return key

    @cached_property
    def _key(self) -> bytes:
        path = self.folder / KEY_FILE
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, secrets.token_bytes(_KEY_BYTES).hex() + "\n")
        return read_key(path)
