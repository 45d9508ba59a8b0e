"""One day's memberships into changes and history: of everybody, or of those whose segments changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.history.labels import by_key, by_name, key_of
from segmentation_pipeline.history.spells import active_on, latest_observation, record_day, spells
from segmentation_pipeline.segmentations.membership import when_began, who_changed


def record_snapshot(
    engine: Engine,
    assigned: ir.Table,
    members: ir.Table,
    as_of: date,
    segmentations: Mapping[str, Segmentation],
    changes: ChangeSet,
) -> None:
    """Bring ``membership_changes`` and ``segment_history`` to what they are once ``as_of`` was looked at.

    ``assigned`` and ``members`` are the day's segments, wide (``all_segments``) and long.  On the
    newest day, or the one after it, only the customers whose segments are not those last seen are
    recorded; they are noted in ``changes``.  Recorded under keys, told under today's names.
    """
    keys = [key_of(name, segmentations) for name in segmentations]
    keyed = by_key(members, segmentations)
    newest = latest_observation(engine)
    last_seen = engine.table(tables.OBSERVED_SEGMENTS) if engine.has(tables.OBSERVED_SEGMENTS) else None
    builds_on = (
        changes.since is not None
        and newest is not None
        and last_seen is not None
        and newest == (changes.since, set(keys))
        and as_of >= changes.since
    )
    today = assigned.select("customer_id", *segmentations)
    if builds_on and last_seen is not None:
        with engine.staged(who_changed(today, last_seen, segmentations)) as customers:
            record_day(engine, keyed, as_of, keys, customers)
            of_them = engine.table(tables.MEMBERSHIP_CHANGES).semi_join(customers, "customer_id")
            history = spells(of_them, engine.table(tables.OBSERVED_DAYS))
            engine.replace_keys(tables.SEGMENT_HISTORY, by_name(history, segmentations), customers)
            theirs = engine.table(tables.SEGMENT_HISTORY).semi_join(customers, "customer_id")
            seen = _seen(today.semi_join(customers, "customer_id"), active_on(theirs, as_of), segmentations)
            engine.replace_keys(tables.OBSERVED_SEGMENTS, seen, customers)
            engine.write(tables.MOVED_CUSTOMERS, customers)
        changes.note(tables.CUSTOMER_SEGMENTS, engine.table(tables.MOVED_CUSTOMERS))
    else:
        record_day(engine, keyed, as_of, keys)
        history = spells(engine.table(tables.MEMBERSHIP_CHANGES), engine.table(tables.OBSERVED_DAYS))
        engine.write(tables.SEGMENT_HISTORY, by_name(history, segmentations))
        now = active_on(engine.table(tables.SEGMENT_HISTORY), as_of)
        engine.write(tables.OBSERVED_SEGMENTS, _seen(today, now, segmentations))


def _seen(today: ir.Table, now: ir.Table, segmentations: Mapping[str, Segmentation]) -> ir.Table:
    """A row of ``observed_segments``: a customer, the segments seen on the day, and since when."""
    began = when_began(now, segmentations)
    return today.left_join(began, "customer_id").select(*today.columns, *began.columns[1:])
