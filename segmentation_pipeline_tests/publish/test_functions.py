"""Readers ask the published file who was in a segment on a day."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from segmentation_pipeline.contracts.segment_tables import SEGMENT_HISTORY_COLUMNS
from segmentation_pipeline.publish.functions import FUNCTIONS, MEMBERS_AS_OF

FIRST = date(2026, 1, 1)
SNAPSHOTS = [
    {"c1": "gold", "c2": "rest"},
    {"c1": "rest", "c2": "gold", "c3": "it's new"},
    {"c1": "gold", "c3": "it's new"},
    {"c2": "gold"},
]
"""Who was in which tier on four days in a row."""


def stays():
    """The history of ``SNAPSHOTS``, by hand: customer, segment, first day, first day no longer there."""
    return [
        ("c1", "gold", 0, 1),
        ("c1", "rest", 1, 2),
        ("c1", "gold", 2, 3),
        ("c2", "rest", 0, 1),
        ("c2", "gold", 1, 2),
        ("c2", "gold", 3, None),
        ("c3", "it's new", 1, 3),
    ]


@pytest.fixture
def path(engine, tmp_path):
    rows = [(c, "tier", s, FIRST + timedelta(a), None if b is None else FIRST + timedelta(b)) for c, s, a, b in stays()]
    rows.append(("c9", "other", "gold", FIRST, None))
    schema = {column.name: column.type.ibis for column in SEGMENT_HISTORY_COLUMNS}
    history = engine.memtable({name: [row[i] for row in rows] for i, name in enumerate(schema)}, schema)
    path = tmp_path / "published.duckdb"
    engine.publish(path, {"segment_history": history}, {}, functions=FUNCTIONS)
    return path


def test_members_on_any_day_are_those_of_the_snapshot_of_that_day(path):
    with duckdb.connect(str(path), read_only=True) as reader:
        for number, snapshot in enumerate(SNAPSHOTS):
            for segment in ("gold", "rest", "it's new"):
                asked = "SELECT customer_id FROM members_as_of('tier', ?, ?::DATE)"
                found = reader.execute(asked, [segment, FIRST + timedelta(number)]).fetchall()
                assert sorted(found) == [(c,) for c, s in sorted(snapshot.items()) if s == segment]
        assert reader.execute("FROM members_as_of('tier', 'gold', '2025-12-31')").fetchall() == [], "not yet looked at"
        assert reader.execute("FROM members_as_of('tier', 'gold', '2027-01-01')").fetchall() == [("c2",)], "as last seen"


def test_it_is_found_and_described_where_readers_look(path):
    with duckdb.connect(str(path), read_only=True) as reader:
        found = reader.execute("SELECT parameters, comment FROM duckdb_functions() WHERE function_name = 'members_as_of'")
        assert found.fetchall() == [(["segmentation", "segment", "day"], MEMBERS_AS_OF.description)]


def test_it_can_be_joined_and_used_from_an_attached_file(path):
    with duckdb.connect() as reader:
        reader.execute(f"ATTACH '{path}' AS shop (READ_ONLY)")
        reader.execute("USE shop")
        moved = """SELECT a.customer_id FROM members_as_of('tier', 'gold', '2026-01-01') a
                   JOIN members_as_of('tier', 'rest', '2026-01-02') b USING (customer_id)"""
        assert reader.execute(moved).fetchall() == [("c1",)]


def test_the_working_connection_is_left_where_it_was(engine, path):
    assert engine.backend.current_database == "main"
    engine.publish(path, {"segment_history": engine.memtable({"n": [1]}, {"n": "int64"})}, {})
    with duckdb.connect(str(path), read_only=True) as reader, pytest.raises(duckdb.CatalogException):
        reader.execute("FROM members_as_of('tier', 'gold', '2026-01-01')")
