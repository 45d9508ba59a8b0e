"""Rows of a ledger that name an account by its key alone, which most do, beside those that name somebody otherwise."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

GIVEN = {"email": "email", "sms": "phone", "post": "street", "ads": "email"}
"""The column of a ledger that names an address of the channel."""

Stage = Callable[[ir.Table], ir.Table]
"""A table to the same rows, computed once, for what is read several times."""


def names_an_address(named: ir.Table) -> ir.BooleanValue:
    return ibis.or_(*(named[column].notnull() for column in dict.fromkeys(GIVEN.values())))


def named_by_key(named: ir.Table, accounts: ir.Table, stage: Stage) -> tuple[ir.Table, ir.Table]:
    """Rows of ``named`` with the key of an account and no address, which mean that account, and all others.

    Of most ledgers these are all rows: whether there are others is known before anything is spelled in other forms.
    """
    is_own = named.customer_id.isin(accounts.account).fill_null(False) & ~names_an_address(named)
    rows = stage(named.mutate(_is_own=is_own))
    return rows.filter(rows._is_own).drop("_is_own"), rows.filter(~rows._is_own).drop("_is_own")
