"""Who went from which segment to which, between two days on which a segmentation was looked at.

Counted from the stored changes of ``spells.py``: whoever moved between the two days has changes
there, and whoever has none stayed.  So a day costs what moved since the start of the month, not
what there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.contracts.segment_tables import SEGMENT_TRANSITIONS_COLUMNS
from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS, SEGMENT_TRANSITIONS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.history.labels import by_name
from segmentation_pipeline.history.spells import observed_sizes

PAIR = ("as_of", "period", "previous_as_of", "segmentation")
"""Two days of a segmentation that are compared."""

_PAIR_SCHEMA = {"as_of": "date", "period": "string", "previous_as_of": "date", "segmentation": "string"}
_SHARE_DIGITS = 6


def update_transitions(engine: Engine, as_of: date, segmentations: Mapping[str, Segmentation], full_refresh: bool) -> None:
    """Bring ``segment_transitions`` to what the observed days say, once ``as_of`` was looked at.

    Only what compares with ``as_of`` is counted again, or everything on a ``full_refresh``.
    Segmentations that are not configured have no rows; their stays are in the history.
    """
    days = by_name(engine.table(OBSERVED_DAYS), segmentations)
    pairs = compared_days(days.filter(days.segmentation.isin(list(segmentations))))
    overlapping = [name for name, segmentation in segmentations.items() if not segmentation.is_exclusive]
    changes = by_name(engine.table(MEMBERSHIP_CHANGES), segmentations)
    if full_refresh or not engine.has(SEGMENT_TRANSITIONS):
        engine.write(SEGMENT_TRANSITIONS, _counted(engine, changes, days, pairs, overlapping))
        return
    of_the_day = (pairs.as_of == as_of) | (pairs.previous_as_of == as_of)
    counted = engine.table(SEGMENT_TRANSITIONS).select(*PAIR).distinct()
    no_longer = counted.anti_join(pairs.filter(~of_the_day), list(PAIR))
    fresh = _counted(engine, changes, days, pairs.filter(of_the_day), overlapping)
    engine.replace_keys(SEGMENT_TRANSITIONS, fresh, no_longer)


def compared_days(observed_days: ir.Table) -> ir.Table:
    """A row is two days of a segmentation to compare: the columns of ``PAIR``.

    Period ``day``: an observed day and the observed day before it.  Period ``month``: the last
    observed day of a calendar month and that of the month before it that has one; in the present
    month that is the newest day.
    """
    daily = observed_days.select("segmentation", "as_of", period=ibis.literal("day"))
    months = observed_days.group_by("segmentation", month=observed_days.as_of.truncate("M"))
    monthly = months.agg(as_of=observed_days.as_of.max()).select("segmentation", "as_of", period=ibis.literal("month"))
    days = ibis.union(daily, monthly)
    in_order = ibis.window(group_by=["segmentation", "period"], order_by="as_of")
    pairs = days.mutate(previous_as_of=days.as_of.lag().over(in_order))
    return pairs.filter(pairs.previous_as_of.notnull()).select(*PAIR)


def transitions(changes: ir.Table, sizes: ir.Table, pairs: ir.Table, overlapping: Collection[str]) -> ir.Table:
    """A row is a way from ``source`` to ``target`` between two days, with at least one customer.

    ``source`` and ``target`` are segments, null = in none; who stayed has both alike.  ``share``
    (0 to 1) is of all with that source.  ``sizes`` are ``spells.observed_sizes``.  In a segmentation
    named in ``overlapping`` every segment is looked at by itself: a customer enters it from none.  So
    is what customers did who left or entered several at once, on days when segments still overlapped.
    """
    moves = moves_of(changes, pairs, overlapping)
    moved = moves.group_by(*PAIR, "source", "target").agg(customers=moves.count())

    left = moved.filter(moved.source.notnull()).group_by(*PAIR, "source").agg(left=ibis._.customers.sum())
    were = pairs.join(
        sizes.select(previous_as_of="as_of", segmentation="segmentation", source="segment", size="customers"),
        ["previous_as_of", "segmentation"],
    )
    remained = were.left_join(left, [*PAIR, "source"])
    remained = remained.mutate(customers=remained["size"] - remained.left.fill_null(0))
    remained = remained.filter(remained.customers > 0)
    stayed = remained.select(*PAIR, "source", target=remained.source, customers=remained.customers)

    ways = ibis.union(stayed, moved.select(*stayed.columns))
    of_source = ways.customers.sum().over(group_by=[*PAIR, "source"])
    share = (ways.customers.cast("float64") / of_source.cast("float64")).round(_SHARE_DIGITS)
    found = ways.mutate(share=share)
    return found.select(**{c.name: found[c.name].cast(c.type.ibis) for c in SEGMENT_TRANSITIONS_COLUMNS})


def moves_of(changes: ir.Table, pairs: ir.Table, overlapping: Collection[str]) -> ir.Table:
    """A row is a customer who moved between the two days of a pair: the columns of ``PAIR``, ``customer_id``, ``source`` and
    ``target`` (null = in none, never both).

    In segmentations named in ``overlapping`` a customer has a row for each segment entered or left.
    """
    pair = pairs.select(**{f"_{name}": pairs[name] for name in PAIR})
    within = (changes.as_of > pair._previous_as_of) & (changes.as_of <= pair._as_of)
    between = changes.join(pair, [changes.segmentation == pair._segmentation, within])
    named = {name: between[f"_{name}"] for name in PAIR}
    steps = between.select(**named, customer_id="customer_id", segment="segment", step=ibis.ifelse(between.entered, 1, -1))
    net = steps.group_by(*PAIR, "customer_id", "segment").agg(net=steps.step.sum())
    of_customer = ibis.window(group_by=[*PAIR, "customer_id"])
    several = [side.cast("int64").sum().over(of_customer) > 1 for side in (net.net < 0, net.net > 0)]
    by_itself = ibis.or_(net.segmentation.isin(list(overlapping)), *several) if overlapping else ibis.or_(*several)
    net = net.mutate(alone=ibis.ifelse(by_itself, net.segment, ""))
    moves = net.group_by(*PAIR, "customer_id", "alone").agg(
        source=net.segment.max(where=net.net < 0), target=net.segment.max(where=net.net > 0)
    )
    found = moves.filter(moves.source.notnull() | moves.target.notnull())
    return found.drop("alone")


def _counted(engine: Engine, changes: ir.Table, days: ir.Table, pairs: ir.Table, overlapping: Collection[str]) -> ir.Table:
    """``transitions`` of the pairs, reading no change before the earliest of them."""
    known = engine.rows(pairs.order_by(*PAIR))
    listed = engine.memtable({name: [row[name] for row in known] for name in PAIR}, _PAIR_SCHEMA)
    sizes = observed_sizes(changes, days)
    first = min((cast(date, row["previous_as_of"]) for row in known), default=date.max)
    return transitions(changes.filter(changes.as_of > first), sizes, listed, overlapping)
