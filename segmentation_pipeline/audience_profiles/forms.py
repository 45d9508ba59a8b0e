"""How platforms want a field spelled before it is hashed: one digest for all of them would match nobody on some.

Every form is an expression of the engine.  What cannot be brought into a form is null, so that nothing, and never the digest of
an empty text, stands in its place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import cast

import ibis
import ibis.expr.types as ir

_E164 = r"^\+[1-9][0-9]{7,14}$"
_COUNTRY = "^[A-Za-z]{2}$"
_MARKS = r"[\p{P}\p{S}]+"


def spelled(text: ir.StringValue, field: str, form: str, digest: str | None) -> ir.StringValue:
    """``text``, a normalised ``field``, in a ``form`` of ``FORMS``, and its ``digest`` (sha256) in hexadecimal where asked for.

    ``text`` is what ``privacy.addresses.details`` gives; null stays null, and what is empty in its form becomes null.
    """
    found = _FORMS[field][form](text)
    if digest is None:
        return found
    return cast(ir.StringValue, found.hexdigest("sha256"))


def _plain(text: ir.StringValue) -> ir.StringValue:
    return cast(ir.StringValue, text.nullif(""))


@ibis.udf.scalar.python(signature=(("string",), "string"))  # type: ignore[untyped-decorator]
def _lower_composed(text: str | None) -> str:
    """Engines differ in what the small letter of a dotted capital I is; platforms agree with Python."""
    return unicodedata.normalize("NFC", (text or "").lower())


def _lower(text: ir.StringValue) -> ir.StringValue:
    small = text.re_search(r"[^\x00-\x7f]").ifelse(_lower_composed(text), text.lower())
    return _plain(small.strip())


def _letters(text: ir.StringValue) -> ir.StringValue:
    """Lower case without punctuation and signs; accents stay."""
    return _plain(_lower(text).re_replace(_MARKS, "").strip())


def _letters_in_a_row(text: ir.StringValue) -> ir.StringValue:
    return _plain(_letters(text).re_replace(r"\s+", ""))


def _without_suffix(email: ir.StringValue) -> ir.StringValue:
    """Without what stands between the first ``+`` and the ``@``."""
    return _plain(email.re_replace(r"\+[^@]*@", "@"))


def _box(email: ir.StringValue) -> ir.StringValue:
    return email.re_extract("^([^@]*)@", 1)


def _domain(email: ir.StringValue) -> ir.StringValue:
    return email.re_extract("@(.*)$", 1)


def _without_suffix_and_dots(email: ir.StringValue) -> ir.StringValue:
    bare = _without_suffix(email)
    return _plain(_box(bare).replace(".", "") + "@" + _domain(bare))


def _without_gmail_dots(email: ir.StringValue) -> ir.StringValue:
    """Gmail sends ``j.doe+shop@`` to ``jdoe@``; at any other domain these are other people."""
    of_gmail = email.re_search(r"@(gmail|googlemail)\.com$")
    return _plain(of_gmail.ifelse(_without_suffix_and_dots(email), email))


def _ascii_box(email: ir.StringValue) -> ir.StringValue:
    """An address whose part before the ``@`` is of ASCII letters; others are refused."""
    return _plain(email.re_extract(r"^[\x21-\x7e]+@.*$", 0))


def _e164(phone: ir.StringValue) -> ir.StringValue:
    """International numbers alone: a national one names somebody else abroad."""
    return _plain(phone.re_extract(_E164, 0))


def _digits(phone: ir.StringValue) -> ir.StringValue:
    return _plain(_e164(phone).replace("+", ""))


def _country(text: ir.StringValue) -> ir.StringValue:
    """A code of ISO 3166 with two letters; a country written out is none."""
    return _plain(text.re_extract(_COUNTRY, 0))


_FORMS: dict[str, dict[str, Callable[[ir.StringValue], ir.StringValue]]] = {
    "customer_id": {"plain": _plain},
    "rank": {"plain": _plain},
    "email": {
        "plain": _plain,
        "without_gmail_dots": _without_gmail_dots,
        "without_suffix": _without_suffix,
        "without_suffix_and_dots": _without_suffix_and_dots,
        "ascii": _ascii_box,
    },
    "phone": {"plain": _plain, "e164": _e164, "digits": _digits},
    "first_name": {"plain": _plain, "lower": _lower, "letters": _letters},
    "last_name": {"plain": _plain, "lower": _lower, "letters": _letters},
    "street": {"plain": _plain},
    "postal_code": {"plain": _plain, "letters": _letters_in_a_row},
    "city": {"plain": _plain, "letters": _letters_in_a_row},
    "country": {"plain": _plain, "upper": lambda text: _country(text).upper(), "lower": lambda text: _country(text).lower()},
}
