"""Rows of ledgers that say no and do not say who."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.text import is_no_key
from segmentation_pipeline.privacy.spellings import digest, plain_at, whole_domain

_LEAST_DIGITS = 8


def names_nobody(named: ir.Table) -> ir.BooleanValue:
    """Whether nothing of a row says whom it is about: no key, and no address that can be read."""
    email = plain_at(named.email).re_search(r"[^\s@]@[^\s@]+\.[^\s@]")
    email = email | digest(named.email).notnull() | whole_domain(named.email).notnull()
    phone = (named.phone.re_replace("[^0-9]+", "").length() >= _LEAST_DIGITS) | digest(named.phone).notnull()
    place = named.street.notnull() & (named.postal_code.notnull() | named.city.notnull() | digest(named.street).notnull())
    key = named.customer_id.lower().strip()
    no_key = (
        named.customer_id.isnull() | is_no_key(key, of_person=True) | ~key.re_search(r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]")
    )
    return no_key & ~ibis.or_(*(said.fill_null(False) for said in (email, phone, place)))
