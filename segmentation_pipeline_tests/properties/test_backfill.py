"""Sixty days backfilled in any order give the same history, to the byte, and the transitions of daily snapshots."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from pyarrow.csv import write_csv

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS, SEGMENT_HISTORY, SEGMENT_TRANSITIONS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.history.spells import KEY, members_as_of, record_day, spells
from segmentation_pipeline.history.transitions import update_transitions
from segmentation_pipeline.segmentations.membership import memberships
from segmentation_pipeline.segmentations.snapshots import record_snapshot
from segmentation_pipeline_tests.properties.test_history import Snapshot, naive_stays
from segmentation_pipeline_tests.segmentations.test_assign import configured

pytestmark = pytest.mark.slow

FIRST = date(2026, 1, 1)
DAYS = 60
CUSTOMERS = [f"c{number}" for number in range(20)]
TIERS, TAGS = ("gold", "rest"), ("garden", "kitchen")
SEGMENTATIONS = configured(
    tier={"kind": "rfm"},
    tags={"kind": "rules", "exclusive": False, "segments": [{"name": name, "when": "frequency > 0"} for name in TAGS]},
)
WORDS = {"segmentation": "string", "segment": "string", "definition": "string"}

Day = dict[str, tuple[str | None, tuple[str, ...]]]  # customer -> tier, tags


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def restless_days(chance: random.Random, days: int) -> list[Day]:
    """Most customers stay as they are from one day to the next; some come late and some go."""
    here: Day = {}
    found = []
    for _ in range(days):
        for customer in CUSTOMERS:
            if chance.random() < 0.15:
                here[customer] = (chance.choice([*TIERS, None]), tuple(t for t in TAGS if chance.random() < 0.5))
            elif chance.random() < 0.03:
                here.pop(customer, None)
        found.append(dict(here))
    return found


def snapshot(day: Day) -> Snapshot:
    return {
        "tier": frozenset((c, "tier", tier) for c, (tier, _) in day.items() if tier),
        "tags": frozenset((c, "tags", tag) for c, (_, tags) in day.items() for tag in tags),
    }


def recorded(days: list[Day], order: list[int]) -> DuckDBEngine:
    """The engine after the days were looked at in this order."""
    engine = DuckDBEngine(None)
    for number in order:
        members = sorted(member for each in snapshot(days[number]).values() for member in each)
        table = engine.memtable({k: [m[i] for m in members] for i, k in enumerate(KEY)}, dict.fromkeys(KEY, "string"))
        record_day(engine, table, day_of(number), list(SEGMENTATIONS))
    engine.write(SEGMENT_HISTORY, spells(engine.table(MEMBERSHIP_CHANGES), engine.table(OBSERVED_DAYS)))
    return engine


def run(engine: DuckDBEngine, number: int, day: Day, since: date | None) -> None:
    """What a run of the day does, built on the run of ``since``."""
    columns = {
        "customer_id": list(day),
        "tier": [tier for tier, _ in day.values()],
        "tier__score": [None] * len(day),
        "tags": [list(tags) for _, tags in day.values()],
        "tags__score": [None] * len(day),
    }
    kinds = {"customer_id": "string", "tier": "string", "tags": "array<string>"}
    engine.write("test.assigned", engine.memtable(columns, {name: kinds.get(name, "float64") for name in columns}))
    assigned = engine.table("test.assigned")
    members = memberships(assigned, SEGMENTATIONS, engine.memtable({name: [] for name in WORDS}, WORDS))
    record_snapshot(engine, assigned, members, day_of(number), SEGMENTATIONS, ChangeSet(since))
    update_transitions(engine, day_of(number), SEGMENTATIONS, full_refresh=since is None)


def as_bytes(engine: DuckDBEngine, name: str) -> bytes:
    """The rows as CSV: in Arrow's own format the bytes below a null are whatever lay there."""
    table = engine.table(name)
    sink = pa.BufferOutputStream()
    write_csv(engine.backend.to_pyarrow(table.order_by(*table.columns)), sink)
    return sink.getvalue().to_pybytes()


def naive_transitions(days: dict[int, Day]) -> Counter[tuple[object, ...]]:
    """Every customer of every pair of days looked at: where were they, where are they?"""
    last_of_month = sorted({day_of(number).strftime("%Y-%m"): number for number in sorted(days)}.values())
    found: Counter[tuple[object, ...]] = Counter()
    for period, numbers in (("day", sorted(days)), ("month", last_of_month)):
        for earlier, later in pairwise(numbers):
            for customer in CUSTOMERS:
                (was, had), (now, has) = (days[n].get(customer, (None, ())) for n in (earlier, later))
                ways = [("tier", was, now)]
                ways += [("tags", t if t in had else None, t if t in has else None) for t in TAGS]
                for segmentation, source, target in ways:
                    if source or target:
                        found[(day_of(later), period, day_of(earlier), segmentation, source, target)] += 1
    return found


def counted_transitions(engine: DuckDBEngine) -> dict[tuple[object, ...], int]:
    rows = engine.rows(engine.table(SEGMENT_TRANSITIONS).drop("share"))
    found = {tuple(value for name, value in row.items() if name != "customers"): int(str(row["customers"])) for row in rows}
    assert len(found) == len(rows), "one row per way"
    return found


def test_sixty_days_in_random_order_give_the_history_of_daily_snapshots_to_the_byte():
    chance = random.Random(1)
    days = restless_days(chance, DAYS)
    shuffled = list(range(DAYS))
    chance.shuffle(shuffled)
    in_order, in_any_order = recorded(days, list(range(DAYS))), recorded(days, shuffled)
    for name in (SEGMENT_HISTORY, MEMBERSHIP_CHANGES, OBSERVED_DAYS):
        assert as_bytes(in_any_order, name) == as_bytes(in_order, name), name
    snapshots = dict(enumerate(map(snapshot, days)))
    rows = in_any_order.rows(in_any_order.table(SEGMENT_HISTORY))
    found = [tuple(row[k] for k in (*KEY, "valid_from", "valid_to")) for row in rows]
    assert set(found) == naive_stays(snapshots) and len(found) == len(set(found)) > 200
    for number in range(0, DAYS, 15):
        asked = members_as_of(in_any_order.table(SEGMENT_HISTORY), "tier", "gold", day_of(number))
        members = {(str(row["customer_id"]), "tier", "gold") for row in in_any_order.rows(asked)}
        assert members == {member for member in snapshots[number]["tier"] if member[2] == "gold"}
    update_transitions(in_any_order, day_of(0), SEGMENTATIONS, full_refresh=True)
    assert counted_transitions(in_any_order) == naive_transitions(dict(enumerate(days)))
    in_order.close()
    in_any_order.close()


def test_transitions_brought_up_run_by_run_are_those_of_the_snapshots():
    """Some of sixty days, over the ends of two months, one of them run again with other data."""
    chance = random.Random(2)
    days = restless_days(chance, DAYS)
    order = [45, 25, 31, 58, 28, 40]
    engine, since = DuckDBEngine(None), None
    for number in order:
        run(engine, number, days[number], since)
        since = day_of(number)
    assert counted_transitions(engine) == naive_transitions({number: days[number] for number in order})
    days[31] = days[0]
    run(engine, 31, days[31], since)
    assert counted_transitions(engine) == naive_transitions({number: days[number] for number in order})
    engine.close()
