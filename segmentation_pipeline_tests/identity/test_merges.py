"""Since when customers are one: the same history whatever the order of days."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.stored import update_merges

ON_DAY = {
    1: [("b", "a", "email")],
    2: [("b", "a", "email"), ("c", "a", "phone")],
    3: [("b", "a", "loyalty_card")],
    4: [("a", "b", "email")],
}
"""Who goes by whose id on which day of January, by which kind."""


def _history(days: tuple[int, ...]) -> list[tuple[object, ...]]:
    engine = DuckDBEngine(None)
    for day in days:
        names = ("customer_id", "canonical_customer_id", "joined_by")
        columns = {name: [row[i] for row in ON_DAY[day]] for i, name in enumerate(names)}
        engine.write(tables.CUSTOMER_IDENTITY, engine.memtable(columns, dict.fromkeys(names, "string")))
        update_merges(engine, date(2026, 1, day))
    found = [tuple(row.values()) for row in engine.rows(engine.table(tables.CUSTOMER_MERGES))]
    engine.close()
    return sorted(found, key=str)


def test_merges_have_a_beginning_and_an_end_whatever_the_order_of_days() -> None:
    day = {n: date(2026, 1, n) for n in ON_DAY}
    expected = [
        ("a", "b", "email", day[4], None),
        ("b", "a", "email", day[1], day[3]),
        ("b", "a", "loyalty_card", day[3], day[4]),
        ("c", "a", "phone", day[2], day[3]),
    ]
    assert all(_history(order) == expected for order in ((1, 2, 3, 4), (4, 2, 1, 3), (3, 1, 4, 2, 1)))
