"""Whose data may be kept and not used: no score, no segment, no audience.

Belongs here: who is left out and why.  How rows are left out is in ``identity/canonical.py``, which all that
comes after reads through.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

OBJECTION = "objection to profiling"
RESTRICTION = "processing is restricted"
TOO_YOUNG = "younger than the minimum age"
AGE_UNKNOWN = "age not known"


def excluded_customers(*reasons: ir.Table) -> ir.Table:
    """One row per person left out: ``customer_id`` and ``reason`` (of several the first in the order of letters)."""
    nobody = ibis.memtable(ibis.schema({"customer_id": "string", "reason": "string"}).to_pyarrow().empty_table())
    everyone = ibis.union(nobody, *reasons)
    return everyone.group_by("customer_id").agg(reason=everyone.reason.min())


def whose(named: ir.Table, accounts: ir.Table, reason: str) -> ir.Table:
    """``customer_id`` of the persons whose accounts ``named`` (``named.named_accounts``) holds, with the ``reason``."""
    found = accounts.semi_join(named.select(account="customer_id"), "account")
    return found.select("customer_id", reason=ibis.literal(reason))


def by_age(accounts: ir.Table, pii: ir.Table | None, minimum_age: int, *, unknown: bool, as_of: date) -> ir.Table:
    """Persons younger than ``minimum_age`` on ``as_of``, and with ``unknown`` those whose age nobody knows.

    ``pii`` is ``pii.customers``.  Of several accounts of a person the latest birth date counts.  Whoever was born on
    29 February comes of age on 1 March of other years.
    """
    persons = accounts.select("account", "customer_id").distinct()
    if pii is None:
        known = persons.mutate(birth_date=ibis.null("date"))
    else:
        known = persons.left_join(pii.select(account="customer_id", birth_date="birth_date"), "account")
    born = known.group_by("customer_id").agg(birth_date=known.birth_date.max())
    this_year = ibis.literal(as_of.month * 100 + as_of.day)
    birthday = born.birth_date.month() * 100 + born.birth_date.day()
    age = as_of.year - born.birth_date.year() - (birthday > this_year).ifelse(1, 0)
    young = born.filter((age < minimum_age).fill_null(unknown))
    return young.select("customer_id", reason=ibis.ifelse(young.birth_date.isnull(), AGE_UNKNOWN, TOO_YOUNG))
