"""Accounts and the addresses they have: what the gate needs to see persons and addresses at once.

A person may have several accounts and an address may belong to several; a no given by one of them counts for
the person and for the address.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.privacy.addresses import bare_places, contact_details, details
from segmentation_pipeline.privacy.spellings import mailbox, without_trunk_zero
from segmentation_pipeline.values.states import FUTURE_DATED, REJECTED

ADDRESS = {"email": "email", "sms": "phone", "post": "place", "ads": "email"}
"""The column of ``accounts`` that holds the address a channel needs."""
_PLACES = ("place", "place_by_code", "place_by_city")
_COLUMNS = ("email", "phone", *_PLACES)


def compared_address(accounts: ir.Table, channel: str) -> ir.StringValue:
    """The address a channel needs, as it is compared: spellings of one mailbox are one; null = none that is usable."""
    address = cast(ir.StringValue, accounts[ADDRESS[channel]])
    match ADDRESS[channel]:
        case "email":
            return mailbox(address)
        case "phone":
            return without_trunk_zero(address)
    # Street and postal code tell a house, however the town is written.
    return cast(ir.StringValue, ibis.ifelse(address.isnull(), address, ibis.coalesce(accounts.place_by_code, address)))


def accounts(
    everybody: ir.Table, identity: ir.Table | None, pii: ir.Table | None, customers: ir.Table | None, *, places: bool
) -> ir.Table:
    """Every account: what it is called, whose it is, and its addresses, normalised.

    ``everybody`` is the ids there are; ``identity`` is ``identity.customer_identity`` where customers can be
    merged; ``pii`` and ``customers`` are ``pii.customers`` and ``clean.customers``, not yet merged.  One row per
    account: ``account`` (the key ledgers know it by), ``customer_id`` (the person), ``own`` (whether the person is
    contacted at this account's addresses), ``email``, ``phone``, ``place`` (null = none that
    is usable), ``place_by_code`` and ``place_by_city`` (street with one of the two); these only with ``places``: a
    campaign or a ledger names postal addresses.
    """
    ids = everybody.select(account="customer_id", customer_id="customer_id")
    if identity is not None:
        merged = identity.select(account="customer_id", customer_id="canonical_customer_id")
        # The person may bear the id of an account that no source but identities names: ledgers know it all the same.
        persons = identity.select(account="canonical_customer_id", customer_id="canonical_customer_id")
        ids = merged.union(ids.union(persons, distinct=True).anti_join(merged, "account"))
    if pii is None or customers is None:
        return ids.mutate(own=True, **{column: ibis.null("string") for column in _COLUMNS})
    addresses = _addresses(contact_details(pii, customers), places)
    everyone = addresses.left_join(ids, "account").drop("account_right")
    everyone = everyone.mutate(customer_id=ibis.coalesce(everyone.customer_id, everyone.account))
    order = ibis.window(group_by="customer_id", order_by=[everyone.account != everyone.customer_id, everyone.account])
    placed = everyone.mutate(_place=ibis.row_number().over(order))
    with_address = placed.mutate(own=placed._place == 0).drop("_place")
    others = ids.anti_join(addresses, "account")
    without = others.mutate(own=False, **{column: ibis.null("string") for column in _COLUMNS})
    return with_address.union(without.select(*with_address.columns))


def with_unused_rows(accounts: ir.Table, validated: ir.Table | None, *, places: bool) -> ir.Table:
    """``accounts`` and the addresses of customers' rows that are refused or known only later, with ``only_for_noes``.

    ``validated`` is ``pii.customers_judged``.  Nobody is contacted at such an address and no grant counts for it, but a no of
    its customer is one of everybody who has it.
    """
    found = accounts.mutate(only_for_noes=False)
    if validated is None:
        return found
    rows = validated.filter(validated._state.isin([FUTURE_DATED, REJECTED]), validated.customer_id.notnull())
    unused = _addresses(details(rows), places)
    persons = accounts.select(_account="account", customer_id="customer_id").distinct()
    whose = unused.left_join(persons, unused.account == persons._account)
    whose = whose.mutate(customer_id=ibis.coalesce(whose.customer_id, whose.account), own=False, only_for_noes=True)
    return found.union(whose.select(*found.columns), distinct=True)


def without_unused_rows(accounts: ir.Table) -> ir.Table:
    """What was added in ``with_unused_rows`` taken away again, for a yes."""
    return accounts.filter(~accounts.only_for_noes.fill_null(False))


def _addresses(known: ir.Table, places: bool) -> ir.Table:
    columns = {"email": known.email, "phone": known.phone, **{name: ibis.null("string") for name in _PLACES}}
    if places:
        columns |= bare_places(known.street, known.postal_code, known.city)
    return known.select(account="customer_id", **columns)
