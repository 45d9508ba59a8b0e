"""Who was contacted when: lists that were sent and what the contact log reports, by person and by address.

Whoever was in an arm of a message that is sent on another day counts as contacted on it, until the contact log says better.
Standing lists are memberships, not contacts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.contracts.labels import Arm

_CONTACT = ("campaign", "customer_id", "channel", "arm", "event_date")


def own_contacts(lists: ir.Table, accounts: ir.Table, keys: Mapping[str, str]) -> ir.Table:
    """What the project's own lists say until something better is known.

    ``lists`` are the rows of ``campaigns.campaign_audiences`` of the lists that count, ``accounts`` is
    ``privacy.accounts``, ``keys`` says which of the keys they hold is another today.  A row is a person drawn for
    a message: ``campaign`` (key), ``customer_id`` (whoever has the account now), ``channel``,
    ``arm`` ('holdout' was drawn to be kept out, any other was contacted), ``event_date`` (the list's day).
    """
    messages = lists.filter(lists.kind == "message")
    drawn = messages.select(
        campaign=key_of_today(messages.campaign_key, keys),
        account="customer_id",
        channel="channel",
        arm="arm",
        event_date="as_of",
    )
    people = accounts.select("account", person="customer_id").distinct()
    placed = drawn.left_join(people, "account")
    found = placed.mutate(customer_id=ibis.coalesce(placed.person, placed.account))
    return found.select(*_CONTACT)


def contacts(log: ir.Table | None, own: ir.Table | None, keys: Mapping[str, str]) -> ir.Table | None:
    """Every contact known, and who was drawn to be kept out; None without a log and without lists.

    ``log`` is source campaign_contacts by customer, rows after ``as_of`` included, ``own`` is ``own_contacts``,
    ``keys`` has the key to every name and former name of a campaign.
    Columns as there; ``channel`` is null where the log does not tell.  A row of the log for the campaign and person,
    of the list's day or later, replaces the contact the list would be: with arm 'holdout' it was none.  From the next list of
    the campaign with that person on, a row is about that one: a log that keeps the last contact alone hides no earlier one.
    """
    if log is None:
        return own
    named = log.select(
        campaign=key_of_today(log.campaign.strip().lower(), keys),
        customer_id="customer_id",
        channel=log.channel.strip().lower() if "channel" in log.columns else ibis.null("string"),
        arm=log.arm.strip().lower(),
        event_date="event_date",
    )
    made = named.filter(named.arm != Arm.HOLDOUT.value).select(*_CONTACT)
    if own is None:
        return made
    told = named.select(of="campaign", whom="customer_id", on="event_date")
    days = own.select("campaign", "customer_id", "event_date").distinct()
    order = ibis.window(group_by=["campaign", "customer_id"], order_by="event_date")
    days = days.mutate(next_on=days.event_date.lead().over(order))
    listed = own.inner_join(days, ["campaign", "customer_id", "event_date"])
    said = listed.join(
        told,
        [
            listed.campaign == told.of,
            listed.customer_id == told.whom,
            listed.arm != Arm.HOLDOUT.value,
            listed.event_date <= told.on,
            (told.on < listed.next_on) | listed.next_on.isnull(),
        ],
        how="anti",
    )
    return made.union(said.select(*_CONTACT))


def last_contacts(
    known: ir.Table, places: ir.Table, households: ir.Table | None, campaign: Campaign, key: str, as_of: date
) -> dict[str, ir.Table]:
    """What stops a person, an address and a household from being contacted again: tables of facts by what they are about.

    ``places`` has the own address of everybody on the campaign's channel: ``customer_id``, ``address``.
    A row is a ``customer_id``, an ``address`` of the campaign's channel, or a ``household_id`` (only with ``households``), with
    ``contacted_on``: the last contact by any campaign within ``quiet_days``; ``had_on``: the day of this very message,
    or of being drawn to be kept out of it, within ``repeat``; ``had_arm``: which of the two.  Null = none.

    An address counts as contacted on the channel of the contact, or on any where the log names none; a household, like a
    person, on every channel.
    """
    quiet = as_of - timedelta(days=campaign.quiet_days)
    again = campaign.repeat_after_days
    same = known.campaign == key if campaign.kind == "message" else ibis.literal(False)
    within = same if again is None else same & (known.event_date > as_of - timedelta(days=again))
    near = (known.arm != Arm.HOLDOUT.value) & (known.event_date > quiet) & ibis.literal(campaign.quiet_days > 0)
    facts = known.mutate(near=near.fill_null(False), within=within.fill_null(False))
    facts = facts.filter(facts.near | facts.within)
    found = {"customer_id": facts.group_by("customer_id").agg(**_latest(facts))}
    reached = facts.filter((facts.channel == campaign.channel).fill_null(True)).inner_join(places, "customer_id")
    found["address"] = reached.group_by("address").agg(**_latest(reached))
    if households is not None:
        homes = households.filter(households.household_id.notnull()).select("customer_id", "household_id")
        of_household = facts.inner_join(homes, "customer_id")
        found["household_id"] = of_household.group_by("household_id").agg(**_latest(of_household))
    return found


def _latest(facts: ir.Table) -> dict[str, ir.Value]:
    kept_out = facts.within & (facts.arm == Arm.HOLDOUT.value)
    had = facts.within & (facts.arm != Arm.HOLDOUT.value)
    return {
        "contacted_on": facts.event_date.max(where=facts.near),
        "had_on": ibis.coalesce(facts.event_date.max(where=had), facts.event_date.max(where=kept_out)),
        "had_arm": ibis.ifelse(had.any(), Arm.TREATMENT.value, Arm.HOLDOUT.value),
    }


def key_of_today(name: ir.StringValue, keys: Mapping[str, str]) -> ir.StringValue:
    """The key a campaign goes by, of any name it has or had; other names stay."""
    renamed = [(name == other, ibis.literal(key)) for other, key in sorted(keys.items()) if other != key]
    return ibis.cases(*renamed, else_=name) if renamed else name
