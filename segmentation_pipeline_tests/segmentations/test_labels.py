"""Names are labels: a renamed segmentation or segment keeps its history, its since and its transitions."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.changes import Changes
from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_SEGMENTS, SEGMENT_HISTORY, SEGMENT_TRANSITIONS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.segmentations.labels import by_key, by_name, segment_keys
from segmentation_pipeline.segmentations.membership import memberships
from segmentation_pipeline.segmentations.observe import observe_day
from segmentation_pipeline.segmentations.transitions import update_transitions
from segmentation_pipeline_tests.segmentations.test_assign import configured

WORDS = {"segmentation": "string", "segment": "string", "definition": "string"}


def tiers(name, *segments, **settings):
    listed = [{"name": segment, "when": "frequency > 0"} | extra for segment, extra in segments]
    return configured(**{name: {"kind": "rules", "segments": listed} | settings})


BEFORE = tiers("tier", ("gold", {}), ("rest", {}))
AFTER = tiers("value", ("golden", {"formerly": ["gold"]}), ("rest", {}), formerly=["tier"])
SWAPPED = tiers("tier", ("rest", {"key": "gold"}), ("gold", {"key": "rest"}))


def run(engine, day, segmentations, since=None, **members):
    [name] = segmentations
    kinds = {"customer_id": "string", name: "string", f"{name}__score": "float64"}
    columns = {"customer_id": list(members), name: list(members.values()), f"{name}__score": [None] * len(members)}
    engine.write("test.assigned", engine.memtable(columns, kinds))
    assigned = engine.table("test.assigned")
    rows = memberships(assigned, segmentations, engine.memtable({word: [] for word in WORDS}, WORDS))
    observe_day(engine, assigned, rows, day, segmentations, Changes(since))
    update_transitions(engine, day, segmentations, anew=since is None)


def rows(engine, table, *columns):
    return sorted((tuple(row[c] for c in columns) for row in engine.rows(engine.table(table))), key=str)


DAYS = [date(2026, 1, n) for n in range(1, 6)]


def test_history_since_and_transitions_go_on_under_the_new_names():
    engine = DuckDBEngine(None)
    run(engine, DAYS[0], BEFORE, a="gold", b="rest")
    run(engine, DAYS[1], BEFORE, since=DAYS[0], a="gold", b="gold")
    kept = rows(engine, MEMBERSHIP_CHANGES, "as_of", "customer_id", "segmentation", "segment", "entered")
    run(engine, DAYS[2], AFTER, a="golden", b="golden")
    assert rows(engine, MEMBERSHIP_CHANGES, "as_of", "customer_id", "segmentation", "segment", "entered") == kept
    assert rows(engine, SEGMENT_HISTORY, "customer_id", "segmentation", "segment", "valid_from", "valid_to") == [
        ("a", "value", "golden", DAYS[0], None),
        ("b", "value", "golden", DAYS[1], None),
        ("b", "value", "rest", DAYS[0], DAYS[1]),
    ]
    assert rows(engine, OBSERVED_SEGMENTS, "customer_id", "value__since") == [("a", DAYS[0]), ("b", DAYS[1])]
    daily = [row for row in rows(engine, SEGMENT_TRANSITIONS, "as_of", "segmentation", "source", "target") if row[0] == DAYS[2]]
    assert (DAYS[2], "value", "golden", "golden") in daily and not [row for row in daily if None in row]
    # Going on from there without making everything anew, and back to the first names.
    run(engine, DAYS[3], AFTER, since=DAYS[2], a="rest", b="golden")
    assert ("a", "value", "golden", DAYS[0], DAYS[3]) in rows(
        engine, SEGMENT_HISTORY, "customer_id", "segmentation", "segment", "valid_from", "valid_to"
    )
    run(engine, DAYS[4], BEFORE, a="rest", b="gold")
    assert rows(engine, OBSERVED_SEGMENTS, "customer_id", "tier__since") == [("a", DAYS[3]), ("b", DAYS[1])]
    engine.close()


def test_two_segments_may_exchange_their_names():
    engine = DuckDBEngine(None)
    run(engine, DAYS[0], BEFORE, a="gold", b="rest")
    run(engine, DAYS[1], SWAPPED, a="rest", b="gold")
    assert rows(engine, SEGMENT_HISTORY, "customer_id", "segment", "valid_from", "valid_to") == [
        ("a", "rest", DAYS[0], None),
        ("b", "gold", DAYS[0], None),
    ]
    engine.close()


def test_segments_made_of_renamed_ones_go_by_the_keys_of_those():
    segmentations = configured(
        tier={"kind": "rules", "segments": [{"name": "golden", "when": "true", "formerly": ["gold"]}]},
        life={"kind": "rules", "segments": [{"name": "active", "when": "true"}]},
        cross={"kind": "hybrid", "of": ["tier", "life"]},
        best={"kind": "hybrid", "priorities": [{"segmentation": "tier", "segment": "golden"}], "else": "rest"},
    )
    assert segment_keys("cross", segmentations) == {"golden_x_active": "gold_x_active"}
    assert segment_keys("best", segmentations) == {"golden": "gold"}
    engine = DuckDBEngine(None)
    members = engine.memtable(
        {"segmentation": ["cross"], "segment": ["golden_x_active"]}, {"segmentation": "string", "segment": "string"}
    )
    there = by_key(members, segmentations)
    assert engine.rows(there) == [{"segmentation": "cross", "segment": "gold_x_active"}]
    assert engine.rows(by_name(there, segmentations)) == engine.rows(members)
    engine.close()
