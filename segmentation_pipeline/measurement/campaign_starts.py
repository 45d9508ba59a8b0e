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
    found: list[dict[str, object]] = []
    begun: list[tuple[Definition, date]] = []
    for key, definition in configured(inputs.config).items():
        first = assigned.get((key, definition.source))
        if key in today and key in stays:
            found.append(dict(today[key]))
        elif first is not None and key in after and key not in before:
            found.append(dict(after[key]) | {"as_of": inputs.as_of})
        elif first is not None and (first == inputs.as_of or key not in before):
            begun.append((definition, first))
    limits = _limits(inputs, begun)
    found += [
        {
            "as_of": inputs.as_of,
            "campaign_key": definition.key,
            "first_assigned": first,
            "definition": definition.model_dump_json(),
            "digest": definition.digest,
            **{f"{name}_limit": limits[name].get(definition.key) for name in MONEY},
        }
        for definition, first in begun
    ]
    return sorted(found, key=lambda row: str(row["campaign_key"]))


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


def _limits(inputs: Inputs, begun: Sequence[tuple[Definition, date]]) -> dict[str, dict[str, Decimal | None]]:
    """By kind of amount and campaign the quantile ``winsorise_at`` of what a person brought who brought something, in a window
    before the start; ``begun`` are campaigns with their first day."""
    of_orders = [(definition, first) for definition, first in begun if definition.from_orders]
    if not of_orders:
        return {name: {} for name in MONEY}
    events = persons_order_events(inputs)
    revenue = events.select("customer_id", "event_date", amount=events.amount - events.returned)
    limits = {"revenue": _quantiles(inputs, revenue, of_orders), "margin": {}}
    if has_margin(inputs.config):
        margins = order_margins(inputs)
        limits["margin"] = _quantiles(inputs, margins.rename(amount="margin"), of_orders)
    return limits


def _quantiles(inputs: Inputs, rows: ir.Table, begun: Sequence[tuple[Definition, date]]) -> dict[str, Decimal | None]:
    """Of all campaigns in one query: a sum per person and campaign, then a quantile per campaign."""
    windows = [_window_before(definition, first) for definition, first in begun]
    rows = rows.filter(rows.event_date.between(min(start for start, _ in windows), max(last for _, last in windows)))
    totals = {f"of_{n}": rows.amount.sum(where=rows.event_date.between(*window)) for n, window in enumerate(windows)}
    persons = rows.group_by("customer_id").agg(**totals)
    shares = {name: definition.measurement.winsorise_at for name, (definition, _) in zip(totals, begun, strict=True)}
    limits = {n: persons[n].cast("float64").quantile(share, where=persons[n] > 0) for n, share in shares.items()}
    [found] = inputs.engine.rows(persons.agg(**limits))
    return {
        definition.key: None if limit is None else Decimal(str(round(float(limit), 2)))
        for (definition, _), limit in zip(begun, found.values(), strict=True)
    }


def _window_before(definition: Definition, first: date) -> tuple[date, date]:
    """The first and the last day of a window that is over when the campaign begins."""
    last = first - timedelta(days=1) if definition.source == LOG else first
    return last - timedelta(days=definition.measurement.window_days - 1), last
