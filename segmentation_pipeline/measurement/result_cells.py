"""The people of a campaign added up: a row per wave, segment and arm with the sums every figure is worked out from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.definitions import Definition
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.moments import sums
from segmentation_pipeline.measurement.outcomes import Metric, person_outcomes

EVER = 0
"""The wave of everybody; others are months, counted since the year 0."""
WAVES_BACK = 12
"""Months of assignment that have a wave of their own beside that of everybody: older ones are in the rows of earlier days."""
NO_SEGMENT = "none"
CELL = ("wave", "segmentation", "segment")
_REPORTED = ("visited", "converted", "outcome_amount")


def month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


def cells(inputs: Inputs, definition: Definition, measured: Sequence[Metric]) -> list[dict[str, Any]]:
    """A row per wave, segmentation, segment and arm: people, and of those whose window is over the sums of every metric."""
    people = _people(inputs, definition)
    with_outcomes = person_outcomes(inputs, people, definition)
    contacts = _contacts_of_others(inputs, people, definition)
    at = [with_outcomes[name] == contacts[f"{name}_of"] for name in ("customer_id", "counts_from")]
    joined = with_outcomes.left_join(contacts, at)
    last = inputs.as_of - timedelta(days=definition.measurement.window_days - 1)
    judged = joined.select(
        *with_outcomes.columns, by_others=joined.reached.fill_null(False), over=joined.counts_from <= ibis.literal(last)
    )
    with inputs.engine.staged(judged) as rows:
        placed = [rows.mutate(segmentation=ibis.literal(ALL), segment=ibis.literal(ALL))]
        placed += [_in_segments(inputs, rows, name) for name in definition.measurement.by]
        whole = ibis.union(*placed) if len(placed) > 1 else placed[0]
        return inputs.engine.rows(_added_up(whole, measured).order_by(*CELL, "arm"))


def _people(inputs: Inputs, definition: Definition) -> ir.Table:
    """A row per person and wave, by the first assignment in it; ``several`` where accounts of theirs are in several arms."""
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    own = rows.filter(
        rows.campaign_key == definition.key, rows.source == definition.source, rows.assigned_on <= inputs.as_of
    ).mutate(month=rows.assigned_on.year().cast("int64") * 12 + rows.assigned_on.month().cast("int64") - 1)
    own = own.drop("campaign", "version", "channel", "campaign_key", "source")
    monthly = own.filter(own.month > month_index(inputs.as_of) - WAVES_BACK)
    waves = ibis.union(own.mutate(wave=ibis.literal(EVER, "int64")), monthly.mutate(wave=monthly.month))
    by_person = ibis.window(group_by=["wave", "customer_id"])
    ordered = ibis.window(group_by=["wave", "customer_id"], order_by=[waves.assigned_on, waves.account, waves.arm])
    placed = waves.mutate(
        place=ibis.row_number().over(ordered),
        several=waves.arm.min().over(by_person) != waves.arm.max().over(by_person),
    )
    first = placed.filter(placed.place == 0)
    return first.select("wave", "customer_id", "arm", "contacted", "assigned_on", "counts_from", "several", *_REPORTED)


def _contacts_of_others(inputs: Inputs, people: ir.Table, definition: Definition) -> ir.Table:
    """Whom another campaign contacted in their window: ``customer_id_of``, ``counts_from_of``, ``reached``."""
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    others = rows.filter(rows.campaign_key != definition.key, rows.contacted, rows.assigned_on <= inputs.as_of)
    others = others.select(whom="customer_id", on="assigned_on").distinct()
    units = people.select("customer_id", "assigned_on", "counts_from").distinct()
    met = units.inner_join(others, units.customer_id == others.whom)
    end = met.counts_from + ibis.interval(days=definition.measurement.window_days)
    met = met.filter(met.on >= met.assigned_on, met.on < end)
    return met.select(customer_id_of="customer_id", counts_from_of="counts_from", reached=ibis.literal(True)).distinct()


def _in_segments(inputs: Inputs, rows: ir.Table, segmentation: str) -> ir.Table:
    """``rows`` by the segment people were in when they were assigned, which nothing that came after can change."""
    history = inputs.table(tables.SEGMENT_HISTORY)
    stays = history.filter(history.segmentation == segmentation)
    stays = stays.select(whom="customer_id", named="segment", since="valid_from", until="valid_to")
    stay = [
        rows.customer_id == stays.whom,
        stays.since <= rows.assigned_on,
        (stays.until > rows.assigned_on) | stays.until.isnull(),
    ]
    placed = rows.left_join(stays, stay)
    named = placed.mutate(segmentation=ibis.literal(segmentation), segment=placed.named.fill_null(NO_SEGMENT))
    return named.select(*rows.columns, "segmentation", "segment")


def _added_up(people: ir.Table, measured: Sequence[Metric]) -> ir.Table:
    over, zero = people.over, ibis.literal(0, "int64")
    columns: dict[str, ir.Value] = {
        "assigned": people.count(),
        "people": over.cast("int64").sum(),
        "contacted": (over & people.contacted).cast("int64").sum(),
        "ever_contacted": people.contacted.cast("int64").sum(),
        "by_others": (over & people.by_others).cast("int64").sum(),
        "several": people.several.cast("int64").sum(),
        "started_on": people.assigned_on.min(),
    }
    for metric in measured:
        value = people[f"y_{metric.of}"]
        before = people[f"x_{metric.of}"] if metric.before else zero
        if metric.limit is not None:
            limit = ibis.literal(metric.limit).cast("decimal(18, 2)")
            value, before = ibis.least(value, limit), ibis.least(before, limit)
        columns |= sums(metric.name, value, before, people.known == 1, over)
    return people.group_by(*CELL, "arm").agg(**columns)


def lost(inputs: Inputs, definition: Definition) -> Mapping[int, int]:
    """Rows of lists that are gone, by wave: as many as the funnels of these lists counted, less those that are there."""
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    own = rows.filter(rows.campaign_key == definition.key, rows.source == definition.source, rows.assigned_on <= inputs.as_of)
    there = own.group_by("campaign", "version", "assigned_on").agg(there=own.count())
    funnel = inputs.table(tables.CAMPAIGN_FUNNEL)
    counted = funnel.group_by("as_of", named="campaign", made="version").agg(
        listed=funnel.remained.sum(where=funnel.step == "exported") + funnel.left_out.sum(where=funnel.step == "holdout")
    )
    same = [there.campaign == counted.named, there.version == counted.made, there.assigned_on == counted.as_of]
    joined = there.inner_join(counted, same)
    found: dict[int, int] = {EVER: 0}
    for row in inputs.engine.rows(joined.select("assigned_on", gone=joined.listed - joined.there)):
        for wave in (EVER, month_index(row["assigned_on"])):
            found[wave] = found.get(wave, 0) + max(int(row["gone"] or 0), 0)
    return found
