"""Accounts and the addresses they have: what the gate needs to see persons and addresses at once.

A person may have several accounts and an address may belong to several; a no given by one of them counts for
the person and for the address.
"""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.privacy.addresses import bare_place, contact_details, normalised_email, normalised_phone

ADDRESS = {"email": "email", "sms": "phone", "post": "place"}
"""The column of ``accounts`` that holds the address a channel needs."""


def accounts(
    profile: ir.Table, identity: ir.Table | None, pii: ir.Table | None, customers: ir.Table | None, channels: Collection[str]
) -> ir.Table:
    """Every account: what it is called, whose it is, and its addresses, normalised.

    ``profile`` is the customers there are; ``identity`` is ``identity.customer_identity`` where customers can be
    merged; ``pii`` and ``customers`` are ``pii.customers`` and ``clean.customers``, not yet merged.  One row per
    account: ``account`` (the key ledgers know it by), ``customer_id`` (the person), ``own`` (whether the person is
    contacted at this account's addresses), ``email``, ``phone``, ``place`` (null = none that
    is usable; ``place`` only where ``channels`` have post).
    """
    ids = profile.select(account="customer_id", customer_id="customer_id")
    if identity is not None:
        merged = identity.select(account="customer_id", customer_id="canonical_customer_id")
        ids = merged.union(ids.anti_join(merged, "account"))
    if pii is None or customers is None:
        return ids.mutate(own=True, **{column: ibis.null("string") for column in ADDRESS.values()})
    known = contact_details(pii, customers)
    usable = {
        "email": known.email,
        "phone": known.phone,
        "place": bare_place(known.street) + "|" + bare_place(known.postal_code) + "|" + bare_place(known.city),
    }
    # Opt-outs may name an e-mail address or a telephone number whatever the campaign's channel.
    asked = {ADDRESS[channel] for channel in channels} | {"email", "phone"}
    columns = {name: value if name in asked else ibis.null("string") for name, value in usable.items()}
    addresses = known.select(account="customer_id", **columns)
    everyone = addresses.left_join(ids, "account").drop("account_right")
    everyone = everyone.mutate(customer_id=ibis.coalesce(everyone.customer_id, everyone.account))
    order = ibis.window(group_by="customer_id", order_by=[everyone.account != everyone.customer_id, everyone.account])
    placed = everyone.mutate(_place=ibis.row_number().over(order))
    with_address = placed.mutate(own=placed._place == 0).drop("_place")
    others = ids.anti_join(addresses, "account")
    without = others.mutate(own=False, **{column: ibis.null("string") for column in ADDRESS.values()})
    return with_address.union(without.select(*with_address.columns))


def named_accounts(named: ir.Table, accounts: ir.Table) -> ir.Table:
    """``named`` with ``customer_id`` replaced by the accounts it means: a no must find whom it is about.

    A key is the account's own; else the same in other capitals; else an e-mail address or telephone number the
    account has.  Rows that mean several accounts come once for each; rows that mean nobody are left out.
    """
    keyed = named.filter(named.customer_id.notnull())
    exact = keyed.semi_join(accounts, keyed.customer_id == accounts.account)
    other = keyed.anti_join(accounts, keyed.customer_id == accounts.account)
    parts = [exact]
    # Forms, each with what a key of that form is compared with.
    spelled = [
        (other.customer_id.lower(), accounts.account.lower()),
        (normalised_email(other.customer_id), accounts.email),
        (normalised_phone(other.customer_id), accounts.phone),
    ]
    for text, of_account in spelled:
        asked = other.mutate(_key=text)
        meant = accounts.select(_key=of_account, _account="account").filter(ibis._._key.notnull())
        found = asked.inner_join(meant, "_key")
        parts.append(found.mutate(customer_id=found._account).select(*named.columns))
    return ibis.union(*parts, distinct=False)
