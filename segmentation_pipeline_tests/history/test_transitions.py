"""Ways between segments by hand; any order of days and the naive count are in properties/test_backfill.py."""

from datetime import date

import pytest

from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS, SEGMENT_TRANSITIONS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.history.spells import record_day
from segmentation_pipeline.history.transitions import update_transitions
from segmentation_pipeline_tests.segmentations.test_assign import configured

KEYS = ("customer_id", "segmentation", "segment")
RULE = {"name": "a", "when": "frequency > 0"}
SEGMENTATIONS = configured(
    tier={"kind": "rfm"}, tags={"kind": "rules", "exclusive": False, "segments": [RULE, {"name": "b", "when": "frequency > 1"}]}
)


@pytest.fixture
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def day(text):
    return date.fromisoformat(f"2026-{text}")


def run(engine, on, observed=("tier",), full_refresh=False, **members):
    """A run of the day: customer -> segment of 'tier', or with a dot the segment of another segmentation."""
    rows = [(c, *(s.split(".") if "." in s else ("tier", s))) for c, several in members.items() for s in several.split()]
    table = engine.memtable({k: [r[i] for r in rows] for i, k in enumerate(KEYS)}, dict.fromkeys(KEYS, "string"))
    record_day(engine, table, day(on), observed)
    update_transitions(engine, day(on), {name: SEGMENTATIONS[name] for name in observed}, full_refresh)


def found(engine, period="day", segmentation="tier"):
    """(previous day, day, source, target, customers, share) of every way."""
    rows = engine.rows(engine.table(SEGMENT_TRANSITIONS))
    told = [
        (f"{r['previous_as_of']:%m-%d}", f"{r['as_of']:%m-%d}", r["source"], r["target"], r["customers"], r["share"])
        for r in rows
        if (r["period"], r["segmentation"]) == (period, segmentation)
    ]
    return sorted(told, key=str)


def test_who_stays_moves_comes_and_goes_is_counted_with_the_share_of_the_source(engine):
    run(engine, "01-01", c1="gold", c2="gold", c3="gold", c4="rest")
    assert found(engine) == [], "one day is no transition"
    run(engine, "01-02", c1="gold", c2="rest", c4="rest", c5="gold")
    assert found(engine) == [
        ("01-01", "01-02", "gold", "gold", 1, 0.333333),
        ("01-01", "01-02", "gold", "rest", 1, 0.333333),
        ("01-01", "01-02", "gold", None, 1, 0.333333),
        ("01-01", "01-02", "rest", "rest", 1, 1.0),
        ("01-01", "01-02", None, "gold", 1, 1.0),
    ]


def test_a_day_run_late_comes_between(engine):
    run(engine, "01-01", c1="gold")
    run(engine, "01-09", c1="gold")
    assert found(engine) == [("01-01", "01-09", "gold", "gold", 1, 1.0)]
    run(engine, "01-05", c1="rest")
    assert found(engine) == [("01-01", "01-05", "gold", "rest", 1, 1.0), ("01-05", "01-09", "rest", "gold", 1, 1.0)]


def test_months_are_compared_by_their_last_observed_days_and_skip_months_without_one(engine):
    run(engine, "01-10", c1="gold")
    run(engine, "01-31", c1="rest")
    run(engine, "03-05", c1="gold")
    assert found(engine, "month") == [("01-31", "03-05", "rest", "gold", 1, 1.0)]
    run(engine, "03-06", c1="rest")
    assert found(engine, "month") == [("01-31", "03-06", "rest", "rest", 1, 1.0)], "the month goes on"
    run(engine, "02-28", c1="gold")
    assert found(engine, "month") == [("01-31", "02-28", "rest", "gold", 1, 1.0), ("02-28", "03-06", "gold", "rest", 1, 1.0)]


def test_overlapping_segments_are_entered_and_left_by_themselves(engine):
    observed = ("tags",)
    run(engine, "01-01", observed, c1="tags.a", c2="tags.a tags.b")
    run(engine, "01-02", observed, c1="tags.a tags.b", c2="tags.b")
    assert [way[2:5] for way in found(engine, segmentation="tags")] == [
        ("a", "a", 1),
        ("a", None, 1),
        ("b", "b", 1),
        (None, "b", 1),
    ]


def test_segments_that_overlapped_before_they_became_exclusive_are_left_one_by_one(engine):
    run(engine, "01-01", c1="gold silver", c2="gold")
    run(engine, "01-02", c1="rest", c2="gold")
    assert [way[2:5] for way in found(engine)] == [("gold", "gold", 1), ("gold", None, 1), ("silver", None, 1), (None, "rest", 1)]


def test_a_segmentation_is_compared_between_days_it_was_looked_at(engine):
    both = ("tier", "tags")
    run(engine, "01-01", both, full_refresh=True, c1="gold tags.a")
    run(engine, "01-02", ("tier",), full_refresh=True, c1="rest")
    assert found(engine, segmentation="tags") == []
    run(engine, "01-03", both, full_refresh=True, c1="rest tags.b")
    assert found(engine, segmentation="tags") == [
        ("01-01", "01-03", "a", None, 1, 1.0),
        ("01-01", "01-03", None, "b", 1, 1.0),
    ]


def test_a_day_run_again_replaces_its_ways(engine):
    run(engine, "01-01", c1="gold")
    run(engine, "01-02", c1="rest")
    run(engine, "01-02", c1="gold")
    assert found(engine) == [("01-01", "01-02", "gold", "gold", 1, 1.0)]


@pytest.mark.wide
def test_both_engines_count_the_same(engine, spark, tmp_path):
    from segmentation_pipeline.engine.spark import SparkEngine

    changes = [
        ("01-01", "c1", "tier", "gold", True),
        ("01-01", "c2", "tier", "gold", True),
        ("01-01", "c1", "tags", "a", True),
        ("01-05", "c1", "tier", "gold", False),
        ("01-05", "c1", "tier", "rest", True),
        ("02-01", "c2", "tier", "gold", False),
        ("02-01", "c1", "tags", "b", True),
    ]
    found = []
    for other in (engine, SparkEngine(spark.newSession(), str(tmp_path / "warehouse"))):
        columns = [[day(c[0]) for c in changes], *([c[i] for c in changes] for i in range(1, 5))]
        kinds = {"as_of": "date", "customer_id": "string", "segmentation": "string", "segment": "string", "entered": "boolean"}
        other.write(MEMBERSHIP_CHANGES, other.memtable(dict(zip(kinds, columns, strict=True)), kinds))
        observed = [(day(d), s) for d in ("01-01", "01-05", "02-01") for s in ("tier", "tags")]
        days = {"as_of": [d for d, _ in observed], "segmentation": [s for _, s in observed]}
        other.write(OBSERVED_DAYS, other.memtable(days, {"as_of": "date", "segmentation": "string"}))
        update_transitions(other, day("02-01"), SEGMENTATIONS, full_refresh=True)
        found.append(sorted(map(str, other.rows(other.table(SEGMENT_TRANSITIONS)))))
    assert found[0] == found[1] and len(found[0]) == 11
