"""Rows replaced by key, and names that stand for expressions."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.base import Engine

SCHEMA = {"customer": "string", "day": "int64", "amount": "int64"}


def rows(engine: Engine, *values: tuple[str | None, int, int]):
    return engine.memtable({name: [row[i] for row in values] for i, name in enumerate(SCHEMA)}, SCHEMA)


def stored(engine: Engine) -> list[tuple[object, ...]]:
    return sorted((tuple(row.values()) for row in engine.rows(engine.table("a.t"))), key=str)


def test_all_rows_of_the_named_keys_go_and_the_new_ones_come(engine):
    engine.write("a.t", rows(engine, ("x", 1, 10), ("x", 2, 20), ("y", 1, 30), (None, 1, 40)))
    keys = engine.memtable({"customer": ["x", None, "z", "x"]}, {"customer": "string"})
    engine.replace_keys("a.t", rows(engine, ("x", 3, 99)), keys)
    assert stored(engine) == [("x", 3, 99), ("y", 1, 30)]


def test_a_key_of_two_columns_names_the_pair(engine):
    engine.write("a.t", rows(engine, ("x", 1, 10), ("x", 2, 20), ("y", 1, 30)))
    keys = engine.memtable({"customer": ["x"], "day": [1]}, {"customer": "string", "day": "int64"})
    engine.replace_keys("a.t", rows(engine, ("x", 1, 11)), keys)
    assert stored(engine) == [("x", 1, 11), ("x", 2, 20), ("y", 1, 30)]


def test_new_rows_and_keys_may_be_read_from_the_table_itself(engine):
    engine.write("a.t", rows(engine, ("x", 1, 10), ("y", 2, 20)))
    table = engine.table("a.t")
    small = table.filter(table.amount < 15)
    engine.replace_keys("a.t", small.mutate(amount=small.amount * 2), small.select("customer"))
    assert stored(engine) == [("x", 1, 20), ("y", 2, 20)]


def test_a_replacement_that_fails_changes_nothing(engine):
    engine.write("a.t", rows(engine, ("x", 1, 10)))
    wrong = engine.memtable({"customer": ["x"], "other": [1]}, {"customer": "string", "other": "int64"})
    with pytest.raises(Exception, match="other"):
        engine.replace_keys("a.t", wrong, wrong.select("customer"))
    assert stored(engine) == [("x", 1, 10)]


def test_a_view_made_again_shows_what_its_tables_hold_now(engine):
    engine.write("a.t", rows(engine, ("x", 1, 10), ("y", 2, 20)))
    table = engine.table("a.t")
    engine.view("b.large", table.filter(table.amount > 15))
    engine.append("a.t", rows(engine, ("z", 3, 30)))
    engine.view("b.large", table.filter(table.amount > 15))
    assert engine.has("b.large") and engine.count(engine.table("b.large")) == 2


def test_a_name_may_turn_from_table_to_view_and_back_and_be_dropped_as_either(engine):
    engine.write("a.t", rows(engine, ("x", 1, 10)))
    engine.write("a.u", engine.table("a.t"))
    engine.view("a.u", engine.table("a.t"))
    assert engine.write("a.u", engine.table("a.t")) == 1
    engine.view("a.u", engine.table("a.t"))
    engine.drop("a.u")
    engine.drop("a.t")
    assert not engine.has("a.u") and not engine.has("a.t")
