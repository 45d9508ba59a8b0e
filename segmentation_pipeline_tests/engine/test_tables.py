"""Tables: written whole or not at all, a day replaced by a day, small tables of the right types."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pytest

from segmentation_pipeline.engine.base import Engine

DAY1, DAY2 = date(2025, 3, 1), date(2025, 3, 2)
SCHEMA = {"as_of": "date", "name": "string", "rows": "int64"}


def small(engine: Engine, *rows: tuple[date, str, int]) -> ir.Table:
    return engine.memtable({name: [row[i] for row in rows] for i, name in enumerate(SCHEMA)}, SCHEMA)


def stored(engine: Engine, name: str = "a.t") -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in engine.rows(engine.table(name)))


def test_write_replaces_the_table_and_tells_the_rows(engine):
    assert engine.write("a.t", small(engine, (DAY1, "x", 1), (DAY1, "y", 2))) == 2
    assert engine.write("a.t", small(engine, (DAY2, "z", 3))) == 1
    assert stored(engine) == [(DAY2, "z", 3)]


def test_write_may_read_the_table_it_replaces(engine):
    engine.write("a.t", small(engine, (DAY1, "x", 1)))
    before = engine.table("a.t")
    engine.write("a.t", before.mutate(rows=before["rows"] + 1))
    assert stored(engine) == [(DAY1, "x", 2)]


def test_a_failed_write_leaves_the_table_as_it_was(engine):
    engine.write("a.t", small(engine, (DAY1, "x", 1)))
    with pytest.raises(Exception, match="no number"):
        engine.write("a.t", engine.table("a.t").mutate(rows=ibis.literal("no number").cast("int64")))
    assert stored(engine) == [(DAY1, "x", 1)]


def test_append_makes_the_table_and_matches_columns_by_name(engine):
    engine.append("a.t", small(engine, (DAY1, "x", 1)))
    engine.append("a.t", small(engine, (DAY2, "y", 2)).select("rows", "name", "as_of"))
    assert stored(engine) == [(DAY1, "x", 1), (DAY2, "y", 2)]


def test_has_delete_and_drop_are_quiet_about_missing_tables(engine):
    assert not engine.has("a.t")
    engine.delete("a.t", {"name": "x"})
    engine.write("a.t", small(engine, (DAY1, "x", 1), (DAY2, "x", 2), (DAY2, "y", 3)))
    assert engine.has("a.t") and not engine.has("a.other") and not engine.has("b.t")
    engine.delete("a.t", {"name": "x", "as_of": DAY2})
    assert stored(engine) == [(DAY1, "x", 1), (DAY2, "y", 3)]
    engine.drop("a.t")
    engine.drop("a.t")
    assert not engine.has("a.t")


def test_replace_slice_replaces_the_slice_and_nothing_else(engine):
    engine.replace_slice("a.t", small(engine, (DAY1, "x", 1), (DAY1, "y", 1)), {"as_of": DAY1})
    engine.replace_slice("a.t", small(engine, (DAY2, "x", 2)), {"as_of": DAY2})
    engine.replace_slice("a.t", small(engine, (DAY1, "z", 9)), {"as_of": DAY1})
    assert stored(engine) == [(DAY1, "z", 9), (DAY2, "x", 2)]
    engine.replace_slice("a.t", small(engine), {"as_of": DAY2})
    assert stored(engine) == [(DAY1, "z", 9)]


def test_replace_slice_may_read_its_own_table(engine):
    engine.write("a.t", small(engine, (DAY1, "x", 1), (DAY2, "x", 5)))
    table = engine.table("a.t")
    carried = table.filter(table.as_of == DAY1).mutate(as_of=ibis.literal(DAY2), rows=table["rows"] + 10)
    engine.replace_slice("a.t", carried, {"as_of": DAY2})
    assert stored(engine) == [(DAY1, "x", 1), (DAY2, "x", 11)]


def test_a_failed_replace_slice_keeps_the_old_slice(engine):
    engine.write("a.t", small(engine, (DAY1, "x", 1)))
    with pytest.raises(Exception, match="unknown"):
        engine.replace_slice("a.t", small(engine, (DAY1, "y", 2)).mutate(unknown=ibis.literal(1)), {"as_of": DAY1})
    assert stored(engine) == [(DAY1, "x", 1)]
    engine.replace_slice("a.t", small(engine, (DAY1, "z", 3)), {"as_of": DAY1})
    assert stored(engine) == [(DAY1, "z", 3)]


def test_a_transaction_is_undone_as_a_whole_even_its_new_schema(engine):
    with pytest.raises(RuntimeError), engine.transaction():
        engine.append("fresh.t", small(engine, (DAY1, "x", 1)))
        raise RuntimeError
    assert not engine.has("fresh.t")
    engine.append("fresh.t", small(engine, (DAY1, "y", 2)))
    assert stored(engine, "fresh.t") == [(DAY1, "y", 2)]


def test_memtables_have_the_types_asked_for_even_when_empty(engine):
    schema = {
        "id": "string",
        "money": "decimal(18, 2)",
        "at": "timestamp(6)",
        "day": "date",
        "share": "float64",
        "n": "int64",
        "b": "boolean",
    }
    engine.write("a.none", engine.memtable({name: [] for name in schema}, schema))
    assert engine.table("a.none").schema() == ibis.schema(schema)
    row = {"id": None, "money": Decimal("1.50"), "at": datetime(2025, 3, 1, 12), "day": DAY1, "share": 0.5, "n": 7, "b": True}
    engine.write("a.one", engine.memtable({name: [value] for name, value in row.items()}, schema))
    assert engine.table("a.one").schema() == ibis.schema(schema)
    assert engine.rows(engine.table("a.one")) == [row]


def test_sums_of_integers_come_back_as_integers(engine):
    engine.write("a.t", small(engine, (DAY1, "x", 1), (DAY1, "y", 2)))
    assert engine.rows(engine.table("a.t").agg(total=lambda t: t["rows"].sum())) == [{"total": 3}]


def test_batches_may_be_left_early(engine):
    engine.write("a.t", ibis.range(250_000).unnest().name("n").as_table())
    first = next(engine.batches(engine.table("a.t").order_by("n")))
    assert first.column(0)[0].as_py() == 0
    assert engine.count(engine.table("a.t")) == 250_000
    assert sum(batch.num_rows for batch in engine.batches(engine.table("a.t"))) == 250_000


INSTANTS = [
    ("2025-03-01 12:00:00", datetime(2025, 3, 1, 12), None),
    ("2025-03-01", datetime(2025, 3, 1), None),
    ("2025-03-01T12:00:00.25", datetime(2025, 3, 1, 12, 0, 0, 250000), None),
    ("2025-03-01T12:00:00Z", datetime(2025, 3, 1, 12), datetime(2025, 3, 1, 12)),
    ("2025-03-01T12:00:00+02:00", datetime(2025, 3, 1, 12), datetime(2025, 3, 1, 10)),
    ("2025-03-01 12:00:00.5-05", datetime(2025, 3, 1, 12, 0, 0, 500000), datetime(2025, 3, 1, 17, 0, 0, 500000)),
    ("2025-02-29", None, None),
    ("01.03.2025", None, None),
    ("soon", None, None),
]


@pytest.mark.parametrize(("text", "local", "absolute"), INSTANTS)
def test_iso_text_is_local_unless_it_names_an_offset(engine, text, local, absolute):
    table = engine.memtable({"text": [text]}, {"text": "string"})
    [row] = engine.rows(table.select(local=engine.parse_local(table.text, ()), absolute=engine.parse_with_offset(table.text, ())))
    assert row["absolute"] == absolute
    assert absolute is not None or row["local"] == local


def test_formats_are_tried_in_order_and_those_with_an_offset_give_utc(engine):
    table = engine.memtable({"text": ["02.01.2025", "01/02/2025", "2025-03-01 12:00 +0200", "2025-03-01"]}, {"text": "string"})
    formats = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M %z")
    found = engine.rows(
        table.select(local=engine.parse_local(table.text, formats), absolute=engine.parse_with_offset(table.text, formats))
    )
    assert [row["local"] for row in found] == [datetime(2025, 1, 2), datetime(2025, 2, 1), None, None]
    assert [row["absolute"] for row in found] == [None, None, datetime(2025, 3, 1, 10), None]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2025, 1, 15, 0, 30), datetime(2025, 1, 14, 23, 30)),
        (datetime(2025, 7, 15, 0, 30), datetime(2025, 7, 14, 22, 30)),
        (datetime(2025, 3, 30, 1, 59), datetime(2025, 3, 30, 0, 59)),
        (datetime(2025, 3, 30, 3, 0), datetime(2025, 3, 30, 1, 0)),
        (datetime(2025, 10, 26, 3, 0), datetime(2025, 10, 26, 2, 0)),
    ],
    ids=["winter", "summer", "before-spring-change", "after-spring-change", "after-autumn-change"],
)
def test_local_times_of_berlin_become_utc_and_the_local_day_comes_back(engine, local, utc):
    table = engine.memtable({"at": [local]}, {"at": "timestamp"})
    moment = engine.local_to_utc(table["at"], "Europe/Berlin")
    assert engine.rows(table.select(utc=moment, day=engine.utc_to_local_day(moment, "Europe/Berlin"))) == [
        {"utc": utc, "day": local.date()}
    ]
