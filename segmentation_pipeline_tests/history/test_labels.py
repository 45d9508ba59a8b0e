"""Names are labels: a renamed segmentation or segment keeps its history, its since and its transitions."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_SEGMENTS, SEGMENT_HISTORY, SEGMENT_TRANSITIONS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.history.labels import BEFORE as AGO
from segmentation_pipeline.history.labels import by_key, by_name, segment_keys
from segmentation_pipeline.history.transitions import update_transitions
from segmentation_pipeline.segmentations.membership import memberships
from segmentation_pipeline.segmentations.snapshots import record_snapshot
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
    record_snapshot(engine, assigned, rows, day, segmentations, ChangeSet(since))
    update_transitions(engine, day, segmentations, full_refresh=since is None)


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


def test_a_name_given_away_does_not_join_two_histories():
    """``tier`` and its ``gold`` are gone, and what is called so today was called otherwise."""
    engine = DuckDBEngine(None)
    run(engine, DAYS[0], BEFORE, a="gold", b="rest")
    run(engine, DAYS[1], tiers("level", ("high", {}), ("low", {})), a="low", b="high")
    run(engine, DAYS[2], tiers("tier", ("high", {}), ("low", {}), formerly=["level"]), a="high", b="high")
    history = ("customer_id", "segmentation", "segment", "valid_from", "valid_to")
    assert [row for row in rows(engine, SEGMENT_HISTORY, *history) if row[1] == "tier"] == [
        ("a", "tier", "high", DAYS[2], None),
        ("a", "tier", "low", DAYS[1], DAYS[2]),
        ("b", "tier", "high", DAYS[1], None),
    ]
    assert {row[1:3] for row in rows(engine, SEGMENT_HISTORY, *history)} >= {(f"tier{AGO}", "gold"), (f"tier{AGO}", "rest")}
    moved = rows(engine, SEGMENT_TRANSITIONS, "as_of", "previous_as_of", "segmentation", "source", "target", "customers")
    assert all(day > before for day, before, *_ in moved) and sum(row[5] for row in moved if row[2] == "tier") == 2
    engine.close()


def test_a_segments_name_given_away_does_not_join_two_histories():
    """``gold`` is dropped and ``rest`` is called ``gold``: who was golden left, who was in the rest stays."""
    engine = DuckDBEngine(None)
    run(engine, DAYS[0], BEFORE, a="gold", b="rest")
    run(engine, DAYS[1], tiers("tier", ("gold", {"formerly": ["rest"]})), a="gold", b="gold")
    assert rows(engine, SEGMENT_HISTORY, "customer_id", "segment", "valid_from", "valid_to") == [
        ("a", "gold", DAYS[1], None),
        ("a", f"gold{AGO}", DAYS[0], DAYS[1]),
        ("b", "gold", DAYS[0], None),
    ]
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


def crossed(first: str, **tier: object) -> dict:
    """Tiers crossed with clusters, whose names only the data tells, and that cross with a stage of life."""
    return configured(
        tier={"kind": "rules", "segments": [{"name": first, "when": "true", **tier}, {"name": "rest", "when": "true"}]},
        groups={"kind": "clusters"},
        life={"kind": "rules", "segments": [{"name": "active", "when": "true"}, {"name": "active_again", "when": "true"}]},
        cross={"kind": "hybrid", "of": ["tier", "groups"], "other": "other_x_other"},
        turned={"kind": "hybrid", "of": ["groups", "tier", "life"]},
        nested={"kind": "hybrid", "of": ["cross", "life"]},
    )


CELLS = {
    "cross": ["{0}_x_high_frequency", "rest_x_{0}", "other_x_other", "{0}_x_high_x_low"],
    "turned": ["{0}_x_{0}_x_active", "{0}_x_rest_x_active_again", "other"],
    "nested": ["{0}_x_low_x_active_again", "other_x_other_x_active", "other"],
}
"""Of the names in braces those of tiers change, those of clusters do not."""


def test_cells_made_of_clusters_go_by_the_keys_of_their_other_parts(any_engine: Engine) -> None:
    segmentations = crossed("golden", formerly=["gold"])
    wanted = {
        "cross": ["gold_x_high_frequency", "rest_x_golden", "other_x_other", "gold_x_high_x_low"],
        "turned": ["golden_x_gold_x_active", "golden_x_rest_x_active_again", "other"],
        "nested": ["gold_x_low_x_active_again", "other_x_other_x_active", "other"],
    }
    names = [(of, cell.format("golden"), key) for of in CELLS for cell, key in zip(CELLS[of], wanted[of], strict=True)]
    members = any_engine.memtable(
        {"segmentation": [of for of, _, _ in names], "segment": [name for _, name, _ in names]},
        {"segmentation": "string", "segment": "string"},
    )
    keyed = by_key(members.mutate(name=members.segment), segmentations)
    found = {(row["segmentation"], row["name"]): row["segment"] for row in any_engine.rows(keyed)}
    assert found == {(of, name): key for of, name, key in names}
    back = any_engine.rows(by_name(keyed, segmentations))
    assert [row["segment"] for row in back] == [row["name"] for row in back]


def test_a_cross_of_clusters_keeps_its_history_when_its_other_part_is_renamed() -> None:
    engine = DuckDBEngine(None)

    def observe(day: date, segmentations: dict, first: str, since: date | None = None, **cluster: str) -> None:
        """Everybody is in the first tier and in a cluster."""
        several = {name: segmentations[name] for name in ("tier", "groups", "cross")}
        segments = {"tier": [first] * len(cluster), "groups": list(cluster.values())}
        segments["cross"] = [f"{first}_x_{group}" for group in cluster.values()]
        scores: dict[str, list[object]] = {f"{name}__score": [None] * len(cluster) for name in several}
        kinds = {"customer_id": "string"} | dict.fromkeys(segments, "string") | dict.fromkeys(scores, "float64")
        engine.write("test.assigned", engine.memtable({"customer_id": list(cluster), **segments, **scores}, kinds))
        assigned = engine.table("test.assigned")
        rows = memberships(assigned, several, engine.memtable({word: [] for word in WORDS}, WORDS))
        record_snapshot(engine, assigned, rows, day, several, ChangeSet(since))
        update_transitions(engine, day, several, full_refresh=since is None)

    before, after = crossed("gold"), crossed("golden", formerly=["gold"])
    observe(DAYS[0], before, "gold", a="big", b="small")
    observe(DAYS[1], after, "golden", a="big", b="big")
    observe(DAYS[2], after, "golden", since=DAYS[1], a="big", b="small")
    kept = rows(engine, SEGMENT_HISTORY, "customer_id", "segment", "valid_from", "valid_to", "segmentation")
    assert [row[:4] for row in kept if row[4] == "cross"] == [
        ("a", "golden_x_big", DAYS[0], None),
        ("b", "golden_x_big", DAYS[1], DAYS[2]),
        ("b", "golden_x_small", DAYS[0], DAYS[1]),
        ("b", "golden_x_small", DAYS[2], None),
    ]
    assert rows(engine, OBSERVED_SEGMENTS, "customer_id", "cross__since") == [("a", DAYS[0]), ("b", DAYS[2])]
    moves = rows(engine, SEGMENT_TRANSITIONS, "as_of", "segmentation", "source", "target")
    assert [row[2:] for row in moves if row[:2] == (DAYS[1], "cross")] == [
        ("golden_x_big", "golden_x_big"),
        ("golden_x_small", "golden_x_big"),
    ]
    engine.close()
