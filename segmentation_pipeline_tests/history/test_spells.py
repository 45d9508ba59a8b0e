"""Stays by hand; the invariants over many orders of days are in properties/test_history.py."""

from datetime import date

import pytest

from segmentation_pipeline.contracts.tables import MEMBERSHIP_CHANGES, OBSERVED_DAYS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.history.spells import active_on, members_as_of, record_day, spells

KEYS = ("customer_id", "segmentation", "segment")


@pytest.fixture
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def day(number):
    return date(2026, 1, number)


def members(engine, *rows):
    return engine.memtable({key: [row[i] for row in rows] for i, key in enumerate(KEYS)}, dict.fromkeys(KEYS, "string"))


def record(engine, number, *rows, observed=("tier",)):
    record_day(engine, members(engine, *rows), day(number), observed)


def history(engine):
    return spells(engine.table(MEMBERSHIP_CHANGES), engine.table(OBSERVED_DAYS))


def found(engine):
    rows = engine.rows(history(engine))
    return sorted((r["customer_id"], r["segment"], r["valid_from"].day, r["valid_to"] and r["valid_to"].day) for r in rows)


GOLD, REST = ("c1", "tier", "gold"), ("c1", "tier", "rest")


def test_a_move_ends_one_stay_and_begins_the_next(engine):
    record(engine, 1, REST)
    record(engine, 2, GOLD)
    record(engine, 5, REST)
    assert found(engine) == [("c1", "gold", 2, 5), ("c1", "rest", 1, 2), ("c1", "rest", 5, None)]


def test_a_day_run_late_splits_the_stay_around_it(engine):
    record(engine, 1, REST)
    record(engine, 9, REST)
    record(engine, 5, GOLD)
    assert found(engine) == [("c1", "gold", 5, 9), ("c1", "rest", 1, 5), ("c1", "rest", 9, None)]


def test_only_changes_are_stored(engine):
    for number in (1, 2, 3):
        record(engine, number, REST, ("c2", "tier", "gold"))
    assert engine.count(engine.table(MEMBERSHIP_CHANGES)) == 2


def test_a_day_without_the_segmentation_says_nothing_about_it(engine):
    record(engine, 1, REST)
    record(engine, 2, observed=("other",))
    record(engine, 3, REST)
    assert found(engine) == [("c1", "rest", 1, None)]


def test_stays_of_a_segmentation_taken_out_end_on_the_first_day_without_it(engine):
    record(engine, 1, REST)
    record(engine, 2, observed=("other",))
    record(engine, 3, observed=("other",))
    assert found(engine) == [("c1", "rest", 1, 2)]


def test_a_rerun_without_the_segmentation_takes_its_observation_back(engine):
    record(engine, 1, REST)
    record(engine, 2, GOLD)
    record(engine, 3, REST)
    record(engine, 2, observed=())
    assert found(engine) == [("c1", "rest", 1, None)]
    assert engine.count(engine.table(OBSERVED_DAYS)) == 2


def test_no_members_at_all_is_an_observation(engine):
    record(engine, 1, REST)
    record(engine, 2)
    assert found(engine) == [("c1", "rest", 1, 2)]


def test_members_as_of_includes_the_first_day_and_not_the_last(engine):
    record(engine, 2, REST)
    record(engine, 5, GOLD)
    stay = history(engine)
    inside = [number for number in range(1, 8) if engine.count(members_as_of(stay, "tier", "rest", day(number)))]
    assert inside == [2, 3, 4]


def test_since_is_the_start_of_the_present_stay(engine):
    record(engine, 1, REST)
    record(engine, 2, GOLD)
    record(engine, 3, REST)
    record(engine, 4, REST, ("c2", "tier", "gold"))
    today = active_on(history(engine), day(4))
    assert sorted((row["customer_id"], row["since"]) for row in engine.rows(today)) == [("c1", day(3)), ("c2", day(4))]
    assert [row["since"] for row in engine.rows(active_on(history(engine), day(2)))] == [day(2)]


def test_the_next_day_of_each_segmentation_is_its_own(engine):
    interest = ("c1", "interest", "garden")
    record(engine, 1, REST, interest, observed=("tier", "interest"))
    record(engine, 7, REST)
    record(engine, 9, REST, interest, observed=("tier", "interest"))
    record(engine, 3, GOLD, observed=("tier", "interest"))
    assert found(engine) == [
        ("c1", "garden", 1, 3),
        ("c1", "garden", 9, None),
        ("c1", "gold", 3, 7),
        ("c1", "rest", 1, 3),
        ("c1", "rest", 7, None),
    ]
