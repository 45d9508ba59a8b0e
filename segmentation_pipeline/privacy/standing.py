"""Whether a person may be contacted at the address they would be: consent and suppression of person and address."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.privacy.accounts import compared_address
from segmentation_pipeline.privacy.consent import consent_state
from segmentation_pipeline.values.ledger_words import GRANTED, WITHDRAWN


def standing(
    accounts: ir.Table,
    channel: str,
    purpose: str,
    consents: ir.Table | None,
    suppressions: ir.Table | None,
    privacy: PrivacyConfig,
) -> ir.Table:
    """What was said about everybody who has an address for ``channel``.

    ``accounts`` is ``accounts.accounts``; ``consents`` and ``suppressions`` are ``ledger.consent_events`` and
    ``ledger.current_suppressions`` with the accounts they mean, None where the project has none.

    One row per person with a usable address: ``customer_id``; ``address`` (personal data, for comparing only);
    ``unit``: the smallest customer_id that has the address, which draws are made by; ``consent`` ('granted',
    'withdrawn', null = neither) and ``consent_since`` (DATE, null = cannot be told); ``suppressed`` (never null)
    and ``suppressed_on`` (DATE, null = cannot be told).

    A no of any account of the person, or of anybody who has the address, is theirs.  A grant counts for the
    address of the account it names; with ``consent_of: person`` for every address of the person.
    """
    column = compared_address(accounts, channel)
    people = accounts.filter(accounts.own, column.notnull()).select("customer_id", address=column)
    units = people.group_by("address").agg(unit=people.customer_id.min())
    people = people.inner_join(units, "address")
    known = accounts.select("account", "customer_id", address=column)

    facts = people.mutate(consent=ibis.null("string"), consent_since=ibis.null("date"))
    if consents is not None:
        state = consent_state(consents, channel, purpose).rename(account="customer_id")
        said = known.inner_join(state, "account")
        refused, given = said.filter(said.consent == WITHDRAWN), said.filter(said.consent == GRANTED)
        if privacy.consent_of == "person":
            by_grant = given.group_by("customer_id").agg(granted_on=given.consent_since.max())
            facts = people.left_join(by_grant, "customer_id").drop("customer_id_right")
        else:
            by_grant = given.group_by("customer_id", "address").agg(granted_on=given.consent_since.max())
            facts = people.left_join(by_grant, ["customer_id", "address"]).drop("customer_id_right", "address_right")
        facts = _with_noes(facts, refused, "consent_since", "withdrawn", "withdrawn_on")
        granted = facts.granted_on.notnull() & ~facts.withdrawn
        facts = facts.mutate(
            consent=ibis.cases((facts.withdrawn, WITHDRAWN), (granted, GRANTED), else_=ibis.null("string")),
            consent_since=ibis.ifelse(facts.withdrawn, facts.withdrawn_on, facts.granted_on),
        ).drop("granted_on", "withdrawn", "withdrawn_on")
    if suppressions is None:
        return facts.mutate(suppressed=False, suppressed_on=ibis.null("date"))
    suppressions = suppressions.filter(suppressions.channel.isnull() | (suppressions.channel == channel))
    listed = suppressions.group_by(account="customer_id").agg(since=suppressions.event_date.min())
    stopped = known.inner_join(listed, "account")
    return _with_noes(facts, stopped, "since", "suppressed", "suppressed_on")


def consented(said: ir.Table, privacy: PrivacyConfig) -> ir.BooleanValue:
    """Whether what ``standing`` tells lets a person be contacted: a grant; where none is required, that nobody withdrew."""
    if privacy.consent == "not_required":
        return cast(ir.BooleanValue, (said.consent != WITHDRAWN).fill_null(True))
    return cast(ir.BooleanValue, (said.consent == GRANTED).fill_null(False))


def _with_noes(people: ir.Table, noes: ir.Table, day: str, flag: str, since: str) -> ir.Table:
    """``people`` with ``flag`` (whether a no of the person or of the address is among ``noes``) and its first day, ``since``."""
    by_person = noes.group_by("customer_id").agg(_person=noes.count() > 0, _person_on=noes[day].min())
    of_address = noes.filter(noes.address.notnull())
    by_address = of_address.group_by("address").agg(_address=of_address.count() > 0, _address_on=of_address[day].min())
    joined = people.left_join(by_person, "customer_id").drop("customer_id_right")
    joined = joined.left_join(by_address, "address").drop("address_right")
    told = joined.mutate(
        **{
            flag: joined._person.fill_null(False) | joined._address.fill_null(False),
            since: ibis.coalesce(joined._person_on, joined._address_on),
        }
    )
    return told.drop("_person", "_person_on", "_address", "_address_on")
