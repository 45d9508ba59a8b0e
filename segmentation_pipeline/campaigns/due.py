"""Whose day it is: customers to whom what a campaign waits for happened, or happens, on a day that its list answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import CampaignContext, CampaignError
from segmentation_pipeline.config.schema import Campaign


class Awaited(Protocol):
    """A trigger, or a step of a journey: what it is called, and the days of it that a list answers."""

    @property
    def words(self) -> str: ...

    @property
    def since_then(self) -> str: ...

    def event_days(self, as_of: date) -> tuple[date, date]: ...


def awaited(campaign: Campaign) -> tuple[Awaited, ...]:
    """What a campaign waits for; all of it must have happened."""
    return tuple(each for each in (campaign.trigger, campaign.depends_on) if each is not None)


def not_due_words(campaign: Campaign, as_of: date | None = None) -> str:
    """Why those are left out whose day it is not, as the end of a sentence about the rule; nothing where it is always."""
    return "".join(
        f", or no {each.words}{'' if as_of is None else _on(*each.event_days(as_of))}{each.since_then}"
        for each in awaited(campaign)
    )


def with_due(profile: ir.Table, context: CampaignContext, due: ir.Table | None) -> ir.Table:
    """``profile`` with ``due``: why it is their day, in words before others; without those whose day it is not.

    Raises ``CampaignError`` for a campaign that waits for something when nobody was looked for.
    """
    if not awaited(context.campaign):
        return profile.mutate(due=ibis.literal(""))
    if due is None:
        raise CampaignError(f"campaigns.{context.name}: it waits for something, and nobody was looked for to whom it happened.")
    return profile.inner_join(due.select("customer_id", due=due.due + "; "), "customer_id")


def due_customers(happened: Sequence[tuple[Awaited, ir.Table]], as_of: date) -> ir.Table:
    """Who has all of ``happened``: customer_id, once, and ``due``: in words what happened on which day.

    Of each are given customer_id and ``trigger_on`` (DATE); of a customer's several days the latest counts.
    """
    parts = []
    for number, (what, rows) in enumerate(happened):
        last = rows.group_by("customer_id").agg(day=rows.trigger_on.max())
        words = ibis.literal(f"{what.words} on ") + last.day.cast("string") + _ahead(last.day, as_of) + what.since_then
        parts.append(last.select("customer_id", **{f"words_{number}": words}))
    found, *others = parts
    for other in others:
        found = found.inner_join(other, "customer_id")
    due = found.words_0
    for number in range(1, len(parts)):
        due = due + "; " + found[f"words_{number}"]
    return found.select("customer_id", due=due)


def _ahead(day: ir.DateValue, as_of: date) -> ir.Value:
    """``, 7 days ahead``, ``, 1 day ago`` or ``, today``."""
    days = day.delta(ibis.literal(as_of), unit="day").cast("int64")
    many = days.abs()
    counted = ibis.literal(", ") + many.cast("string") + ibis.ifelse(many == 1, " day", " days")
    return ibis.cases((days > 0, counted + " ahead"), (days < 0, counted + " ago"), else_=", today")


def _on(first: date, last: date) -> str:
    return f" on {last}" if first == last else f" from {first} to {last}"
