"""The columns a column is made from are those whose values go into it, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pytest

from segmentation_pipeline.engine.base import Engine

ORDERS = {"customer_id": ["a", "a", "b"], "amount": [1.0, 2.0, 5.0], "status": ["paid", "open", "paid"], "place": [1, 2, 3]}
PEOPLE = {"customer_id": ["a", "b"], "country": ["DE", "AT"], "language": ["de", "de"]}


@pytest.fixture
def filled(engine: Engine) -> Iterator[Engine]:
    """Two tables."""
    for name, rows in (("raw.orders", ORDERS), ("raw.people", PEOPLE)):
        kinds = {column: {str: "string", float: "float64", int: "int64"}[type(values[0])] for column, values in rows.items()}
        engine.write(name, engine.memtable(rows, kinds))
    yield engine


def lineage(engine: Engine, expression: ir.Table, name: str = "out.made") -> dict[str, set[str]]:
    """What is told of the table after a step that writes the expression as all of it."""
    with engine.written.step():
        engine.write(name, expression)
    return told(engine, name)


def told(engine: Engine, name: str = "out.made") -> dict[str, set[str]]:
    return {column: {f"{table}.{other}" for table, other in origins} for column, origins in engine.written.lineage[name].items()}


def test_values_count_and_what_chooses_rows_does_not(filled: Engine) -> None:
    orders, people = filled.table("raw.orders"), filled.table("raw.people")
    paid = orders.filter(orders.status == "paid").join(people, "customer_id")
    made = paid.group_by("country").agg(revenue=paid.amount.sum(), orders=paid.count())
    assert lineage(filled, made) == {"country": {"raw.people.country"}, "revenue": {"raw.orders.amount"}, "orders": set()}


def test_a_condition_inside_a_value_counts(filled: Engine) -> None:
    orders = filled.table("raw.orders")
    made = orders.select(
        open=ibis.cases((orders.status == "open", orders.amount), else_=0.0),
        rank=ibis.row_number().over(group_by=orders.customer_id, order_by=orders.place),
        one=ibis.literal(1),
    )
    found = lineage(filled, made)
    assert found["open"] == {"raw.orders.status", "raw.orders.amount"}
    assert found["rank"] == {"raw.orders.customer_id", "raw.orders.place"}
    assert found["one"] == set()


def test_what_is_staged_stands_for_what_it_was_staged_from(filled: Engine) -> None:
    orders = filled.table("raw.orders")
    with (
        filled.written.step(),
        filled.staged(orders.mutate(twice=orders.amount * 2)) as staged,
        filled.staged(staged.view().select("twice")) as again,
    ):
        filled.write("out.made", again.select(four=again.twice * 2))
    assert told(filled) == {"four": {"raw.orders.amount"}}


def test_rows_of_several_expressions_are_made_from_all_of_them(filled: Engine) -> None:
    orders, people = filled.table("raw.orders"), filled.table("raw.people")
    both = ibis.union(orders.select(word=orders.status), people.select(word=people.country))
    assert lineage(filled, both) == {"word": {"raw.orders.status", "raw.people.country"}}
    with filled.written.step():
        filled.append("out.made", people.select(word=people.language))
        filled.append("out.made", orders.select(word=orders.status))
    assert told(filled) == {"word": {"raw.people.language", "raw.orders.status"}}


def test_what_a_table_held_before_is_no_origin_of_its_own(filled: Engine) -> None:
    people = filled.table("raw.people")
    filled.write("out.made", people.select("customer_id", "country"))
    before = filled.table("out.made")
    kept = ibis.union(before.filter(before.customer_id == "a"), people.select("customer_id", "country"))
    assert lineage(filled, kept)["country"] == {"raw.people.country"}


def test_rows_made_in_python_are_made_from_what_it_read(filled: Engine) -> None:
    orders = filled.table("raw.orders")
    with filled.written.step():
        [row] = filled.rows(orders.agg(most=orders.amount.max()))
        most = filled.memtable({"most": [row["most"]]}, {"most": "float64"})
        filled.write("out.made", most)
    assert told(filled) == {"most": {"raw.orders.amount"}}
    assert lineage(filled, most, "out.next") == {"most": set()}, "the next step has read nothing"


def test_a_column_does_not_move_with_those_that_are_not_its_origins(filled: Engine) -> None:
    """Each column of the inputs is changed in turn: only what is made from it may differ."""
    orders, people = filled.table("raw.orders"), filled.table("raw.people")
    joined = orders.left_join(people, "customer_id").select(
        who=orders.customer_id,
        paid=ibis.cases((orders.status == "paid", orders.amount), else_=0.0),
        home=people.country.upper(),
        share=orders.amount / orders.amount.sum().over(group_by=orders.status),
        place=orders.place,
    )
    made = joined.order_by("place")
    found, first = lineage(filled, made), filled.rows(made)
    others = {"amount": [7.0, 8.0, 9.0], "status": ["open", "paid", "open"], "country": ["FR", "IT"], "language": ["fr", "it"]}
    for column, values in others.items():
        table, rows = ("raw.people", PEOPLE) if column in PEOPLE else ("raw.orders", ORDERS)
        kinds = filled.table(table).schema()
        filled.write(table, filled.memtable({**rows, column: values}, dict(kinds.items())))
        moved = {name for old, new in zip(first, filled.rows(made), strict=True) for name in old if old[name] != new[name]}
        assert moved <= {name for name, origins in found.items() if f"{table}.{column}" in origins}
        filled.write(table, filled.memtable(rows, dict(kinds.items())))


def test_outside_of_steps_and_after_one_that_failed_nothing_is_kept(filled: Engine) -> None:
    people = filled.table("raw.people")
    with pytest.raises(ValueError, match="no"), filled.written.step():
        filled.write("out.made", people.select("country"))
        raise ValueError("no")
    assert filled.written.lineage == {}
    filled.write("out.other", people.select("country"))
    with filled.written.step():
        pass
    assert filled.written.lineage == {}
