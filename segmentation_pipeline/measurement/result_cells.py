"""The people of a campaign added up: a row per wave, segment and arm with the sums every figure is worked out from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema.campaign_measurement import MONEY, REPORTED
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.definitions import LISTS, Definition
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.moments import sums
from segmentation_pipeline.measurement.months import month_index, month_of
from segmentation_pipeline.measurement.outcomes import all_metrics, person_outcomes

EVER = 0
"""The wave of everybody; others are months, counted since the year 0."""
WAVES_BACK = 12
"""Months of assignment that have a wave of their own beside that of everybody: older ones are in the rows of earlier days."""
NO_SEGMENT = "none"
CELL = ("wave", "segmentation", "segment")
Limits = Mapping[str, Mapping[str, Decimal | None]]
"""Above which amounts of a metric count as the limit, by campaign key."""


def cells(inputs: Inputs, definitions: Sequence[Definition], limits: Limits) -> dict[str, list[dict[str, Any]]]:
    """By campaign key a row per wave, segmentation, segment and arm: people, and of those whose window is over the sums of every
    metric.  ``limits`` are those above which amounts count as the limit.

    Campaigns that ask the same of people are added up together: what they did is worked out once.
    """
    alike: dict[str, list[Definition]] = {}
    for definition in definitions:
        asked = definition.measurement.model_dump_json(include={"window_days", "by", "outcomes"})
        alike.setdefault(f"{definition.from_orders} {asked}", []).append(definition)
    found: dict[str, list[dict[str, Any]]] = {definition.key: [] for definition in definitions}
    for group in alike.values():
        for row in _cells(inputs, group, limits):
            found[str(row["campaign_key"])].append(row)
    return found


def _cells(inputs: Inputs, definitions: Sequence[Definition], limits: Limits) -> list[dict[str, Any]]:
    """Those of campaigns that ask the same."""
    asked = definitions[0]
    with ExitStack() as held:
        people = held.enter_context(inputs.engine.staged(_people(inputs, definitions, limits)))
        with_outcomes = person_outcomes(inputs, people, asked)
        contacts = _contacts_of_others(inputs, people, asked)
        at = [with_outcomes[name] == contacts[f"{name}_of"] for name in ("campaign_key", "customer_id", "counts_from")]
        joined = with_outcomes.left_join(contacts, at).drop(*(name for name in contacts.columns if name != "reached"))
        sent = _own_contacts(inputs, people, definitions)
        mine = [joined[name] == sent[f"{name}_of"] for name in ("campaign_key", "wave", "customer_id")]
        joined = joined.left_join(sent, mine)
        last = inputs.as_of - timedelta(days=asked.measurement.window_days - 1)
        judged = joined.select(
            *with_outcomes.columns,
            by_others=joined.reached.fill_null(False),
            over=joined.counts_from <= ibis.literal(last),
            **{name: joined[name].fill_null(0) for name in ("contacts", "ever_contacts")},
        )
        if not asked.measurement.by:
            return inputs.engine.rows(_added_up(inputs, _everybody(judged), asked).order_by("campaign_key", *CELL, "arm"))
        rows = held.enter_context(inputs.engine.staged(judged))
        placed = [_everybody(rows), *(_in_segments(inputs, rows, name) for name in asked.measurement.by)]
        return inputs.engine.rows(_added_up(inputs, ibis.union(*placed), asked).order_by("campaign_key", *CELL, "arm"))


def _everybody(rows: ir.Table) -> ir.Table:
    return rows.mutate(segmentation=ibis.literal(ALL), segment=ibis.literal(ALL))


def _people(inputs: Inputs, definitions: Sequence[Definition], limits: Limits) -> ir.Table:
    """A row per campaign, person and wave, by the first assignment in it; ``several`` where accounts of theirs are in several
    arms.  ``limit_revenue`` and ``limit_margin`` are those of the campaign."""
    asked: dict[str, list[object]] = {
        "key": [each.key for each in definitions],
        "known_by": [each.source for each in definitions],
        **{f"limit_{name}": [limits.get(each.key, {}).get(name) for each in definitions] for name in MONEY},
    }
    kinds = {"key": "string", "known_by": "string", **{f"limit_{name}": Type.MONEY.ibis for name in MONEY}}
    wanted = inputs.engine.memtable(asked, kinds)
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    rows = rows.filter(rows.assigned_on <= inputs.as_of)
    own = rows.inner_join(wanted, [rows.campaign_key == wanted.key, rows.source == wanted.known_by])
    own = own.mutate(month=month_of(own.assigned_on))
    own = own.drop("campaign", "version", "channel", "source", "key", "known_by")
    monthly = own.filter(own.month > month_index(inputs.as_of) - WAVES_BACK)
    waves = ibis.union(own.mutate(wave=ibis.literal(EVER, "int64")), monthly.mutate(wave=monthly.month))
    person = ["campaign_key", "wave", "customer_id"]
    by_person, ordered = ibis.window(group_by=person), [waves.assigned_on, waves.account, waves.arm]
    placed = waves.mutate(
        place=ibis.row_number().over(ibis.window(group_by=person, order_by=ordered)),
        several=waves.arm.min().over(by_person) != waves.arm.max().over(by_person),
    )
    columns = (*person, "arm", "contacted", "assigned_on", "counts_from", "several", *REPORTED, *asked)
    return placed.filter(placed.place == 0).select(*(name for name in columns if name not in ("key", "known_by")))


def _contacts_of_others(inputs: Inputs, people: ir.Table, asked: Definition) -> ir.Table:
    """Whom another campaign contacted in their window: the campaign, who and since when (``..._of``), and ``reached``."""
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    others = rows.filter(rows.contacted, rows.assigned_on <= inputs.as_of)
    others = others.select(by="campaign_key", whom="customer_id", on="assigned_on").distinct()
    units = people.select("campaign_key", "customer_id", "assigned_on", "counts_from").distinct()
    met = units.inner_join(others, [units.customer_id == others.whom, units.campaign_key != others.by])
    end = met.counts_from + ibis.interval(days=asked.measurement.window_days)
    met = met.filter(met.on >= met.assigned_on, met.on < end)
    found = {f"{name}_of": met[name] for name in ("campaign_key", "customer_id", "counts_from")}
    return met.select(**found, reached=ibis.literal(True)).distinct()


def _own_contacts(inputs: Inputs, people: ir.Table, definitions: Sequence[Definition]) -> ir.Table:
    """On how many days the campaign contacted each of ``people``: in their window, ``contacts``, and in the wave."""
    asked = {"key": [each.key for each in definitions], "known_by": [each.source for each in definitions]}
    wanted = inputs.engine.memtable(asked, dict.fromkeys(asked, "string"))
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    rows = rows.filter(rows.contacted, rows.assigned_on <= inputs.as_of)
    rows = rows.inner_join(wanted, [rows.campaign_key == wanted.key, rows.source == wanted.known_by])
    sent = rows.select(by="campaign_key", whom="customer_id", on="assigned_on").distinct()
    units = people.select("campaign_key", "wave", "customer_id", "assigned_on", "counts_from")
    met = units.inner_join(sent, [units.campaign_key == sent.by, units.customer_id == sent.whom])
    end = met.counts_from + ibis.interval(days=definitions[0].measurement.window_days)
    in_window = (met.on >= met.assigned_on) & (met.on < end)
    in_wave = (met.wave == EVER) | (met.wave == month_of(met.on))
    found = met.group_by("campaign_key", "wave", "customer_id").agg(
        contacts=in_window.cast("int64").sum(), ever_contacts=in_wave.cast("int64").sum()
    )
    return found.rename({f"{name}_of": name for name in ("campaign_key", "wave", "customer_id")})


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


def _added_up(inputs: Inputs, people: ir.Table, asked: Definition) -> ir.Table:
    over, zero = people.over, ibis.literal(0, "int64")
    columns: dict[str, ir.Value] = {
        "assigned": people.count(),
        "people": over.cast("int64").sum(),
        "contacted": (over & people.contacted).cast("int64").sum(),
        "contacts": over.ifelse(people.contacts, 0).sum(),
        "ever_contacts": people.ever_contacts.sum(),
        "by_others": (over & people.by_others).cast("int64").sum(),
        "several": people.several.cast("int64").sum(),
        "started_on": people.assigned_on.min(),
    }
    for metric in all_metrics(asked, inputs.config):
        value = people[f"y_{metric.of}"]
        before = people[f"x_{metric.of}"] if metric.before else zero
        if metric.is_winsorised:
            limit = people[f"limit_{metric.of}"]  # null where nobody bought before: nothing is limited
            value, before = ibis.least(value, limit.fill_null(value)), ibis.least(before, limit.fill_null(before))
        columns |= sums(metric.name, value, before, people.known == 1, over)
    return people.group_by("campaign_key", *CELL, "arm").agg(**columns)


def lost(inputs: Inputs) -> dict[str, dict[int, int]]:
    """Rows of lists that are gone, by campaign key and wave: as many as the funnels of these lists counted, less those there."""
    rows = inputs.table(tables.CAMPAIGN_ASSIGNMENTS)
    own = rows.filter(rows.source == LISTS, rows.assigned_on <= inputs.as_of)
    there = own.group_by("campaign_key", "campaign", "version", "assigned_on").agg(there=own.count())
    funnel = inputs.table(tables.CAMPAIGN_FUNNEL)
    counted = funnel.group_by("as_of", named="campaign", made="version").agg(
        listed=funnel.remained.sum(where=funnel.step == "exported") + funnel.left_out.sum(where=funnel.step == "holdout")
    )
    same = [there.campaign == counted.named, there.version == counted.made, there.assigned_on == counted.as_of]
    joined = there.inner_join(counted, same)
    found: dict[str, dict[int, int]] = {}
    for row in inputs.engine.rows(joined.select("campaign_key", "assigned_on", gone=joined.listed - joined.there)):
        of_campaign = found.setdefault(str(row["campaign_key"]), {})
        for wave in (EVER, month_index(row["assigned_on"])):
            of_campaign[wave] = of_campaign.get(wave, 0) + max(int(row["gone"] or 0), 0)
    return found
