"""What was said of a campaign's measurement when it began, kept so that it cannot be chosen afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.config.schema.campaign_measurement import MONEY
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.measurement.customer_orders import persons_order_events
from segmentation_pipeline.measurement.definitions import LOG, Definition, configured
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.outcomes import has_margin, order_margins

START = {
    "as_of": "date",
    "campaign_key": "string",
    "first_assigned": "date",
    "definition": "string",
    "digest": "string",
    "revenue_limit": Type.MONEY.ibis,
    "margin_limit": Type.MONEY.ibis,
}
"""A row is a campaign on the day its measurement was written down: the day of its first list, or the first day anybody ran who
knew of it.  ``definition`` is JSON; the limits are those above which amounts count as the limit."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is kept of a campaign."""

    definition: Definition
    digest: str
    limits: Mapping[str, Decimal | None]


def new_starts(inputs: Inputs, stored: Sequence[Mapping[str, Any]], stays: Collection[str]) -> list[dict[str, object]]:
    """The rows of ``as_of``.

    A campaign whose first list is of today is written down today; one with earlier people of which nothing is kept as well.
    Of the keys in ``stays`` the row that is there stays: their list of the day is not made now, or a later day has run.  What was
    written down on a later day is taken over, so that running an earlier day afterwards changes no definition.
    """
    today = {str(row["campaign_key"]): row for row in stored if row["as_of"] == inputs.as_of}
    before = {str(row["campaign_key"]) for row in stored if row["as_of"] < inputs.as_of}
    later = sorted((row for row in stored if row["as_of"] > inputs.as_of), key=lambda row: row["as_of"], reverse=True)
    after = {str(row["campaign_key"]): row for row in later}
    assigned = first_assigned(inputs)
    found = []
    for key, definition in sorted(configured(inputs.config).items()):
        first = assigned.get((key, definition.source))
        if key in today and key in stays:
            found.append(dict(today[key]))
        elif first is not None and key in after and key not in before:
            found.append(dict(after[key]) | {"as_of": inputs.as_of})
        elif first is not None and (first == inputs.as_of or key not in before):
            limits = _limits(inputs, definition, first)
            found.append(
                {
                    "as_of": inputs.as_of,
                    "campaign_key": key,
                    "first_assigned": first,
                    "definition": definition.model_dump_json(),
                    "digest": definition.digest,
                    "revenue_limit": limits.get("revenue"),
                    "margin_limit": limits.get("margin"),
                }
            )
    return found


def kept_starts(stored: Sequence[Mapping[str, Any]], as_of: date, assigned: Mapping[tuple[str, str], date]) -> dict[str, Start]:
    """What is kept of every campaign, by key: the last that was written down up to its first people in ``assigned``, else the
    first after.  The contact log may tell of a campaign of lists too: what counts is the source the definition is of."""
    found: dict[str, Start] = {}
    for row in sorted((row for row in stored if row["as_of"] <= as_of), key=lambda row: (row["campaign_key"], row["as_of"])):
        key = str(row["campaign_key"])
        definition = Definition.model_validate_json(str(row["definition"]))
        if key in found and row["as_of"] > assigned.get((key, definition.source), as_of):
            continue
        limits = {name: row[f"{name}_limit"] for name in MONEY}
        found[key] = Start(definition, str(row["digest"]), limits)
    return found


def first_assigned(inputs: Inputs) -> dict[tuple[str, str], date]:
    """The first day anybody was assigned up to ``as_of``, by campaign and source."""
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    rows = rows.filter(rows.assigned_on <= inputs.as_of)
    grouped = rows.group_by("campaign_key", "source").agg(first=rows.assigned_on.min())
    return {(str(row["campaign_key"]), str(row["source"])): row["first"] for row in inputs.engine.rows(grouped)}


def _limits(inputs: Inputs, definition: Definition, first: date) -> dict[str, Decimal | None]:
    """The quantile ``winsorise_at`` of what a person brought who brought something, in a window before the start."""
    if not definition.from_orders:
        return {}
    last = first - timedelta(days=1) if definition.source == LOG else first
    start = last - timedelta(days=definition.measurement.window_days - 1)
    events = persons_order_events(inputs)
    amounts = {"revenue": events.select("customer_id", "event_date", amount=events.amount - events.returned)}
    if has_margin(inputs.config):
        margins = order_margins(inputs)
        amounts["margin"] = margins.select("customer_id", "event_date", amount=margins.margin)
    share = definition.measurement.winsorise_at
    return {name: _quantile(inputs, rows, start, last, share) for name, rows in amounts.items()}


def _quantile(inputs: Inputs, rows: ir.Table, start: date, last: date, share: float) -> Decimal | None:
    inside = rows.filter(rows.event_date.between(start, last))
    persons = inside.group_by("customer_id").agg(total=inside.amount.sum())
    persons = persons.filter(persons.total > 0)
    [found] = inputs.engine.rows(persons.agg(limit=persons.total.cast("float64").quantile(share)))
    return None if found["limit"] is None else Decimal(str(round(float(found["limit"]), 2)))
