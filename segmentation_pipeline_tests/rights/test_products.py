"""What only erased people bought is on nobody's list; what others or the catalogue have stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.rights.products import products_of_nobody, take_off_lists

LISTS, PAIRS = "recommendations.customer_recommendations", "recommendations.product_associations"
SCORES = "models.customer_scores"


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """Of what was bought only tea is left; the mug was made for somebody who is erased, and the catalogue has cups."""
    engine = DuckDBEngine(None)

    def write(table: str, **columns: list[object]) -> None:
        kinds = {name: "int64" if name == "rank" else "string" for name in columns}
        engine.write(table, engine.memtable(columns, kinds))

    write("clean.order_items", order_id=["o1"], product_id=["tea"])
    write("clean.products", product_id=["cup"])
    write(
        LISTS,
        customer_id=["anna", "anna", "bert", "bert", "cora", "cora"],
        rank=[1, 2, 1, 4, 1, 2],
        product_id=["mug for Zoe", "tea", "tea", "mug for Zoe", "cup", "tea"],
        because=[None, None, None, None, "mug for Zoe", None],
    )
    write(PAIRS, product_id=["tea", "tea"], other_id=["mug for Zoe", "cup"])
    picks = ["mug for Zoe, tea", "tea", "cup, tea"]
    write(SCORES, customer_id=["anna", "bert", "cora"], recommended_products=picks)
    yield engine
    engine.close()


def test_a_product_of_nobody_leaves_every_list_and_text(engine: DuckDBEngine) -> None:
    products = products_of_nobody(engine)
    assert products == ["mug for Zoe"]
    take_off_lists(engine, [LISTS, PAIRS, SCORES], products)
    lists = {(row["customer_id"], row["product_id"]) for row in engine.rows(engine.table(LISTS))}
    assert lists == {("anna", "tea"), ("bert", "tea"), ("cora", "tea")}
    assert [(row["product_id"], row["other_id"]) for row in engine.rows(engine.table(PAIRS))] == [("tea", "cup")]
    texts = {row["customer_id"]: row["recommended_products"] for row in engine.rows(engine.table(SCORES))}
    assert texts == {"anna": None, "bert": "tea", "cora": "cup, tea"}, "of those whose text names it"


def test_without_lists_there_is_nothing_to_do() -> None:
    engine = DuckDBEngine(None)
    assert products_of_nobody(engine) == []
    take_off_lists(engine, [], [])
    engine.close()


def test_where_nothing_tells_what_was_bought_lists_stay(engine: DuckDBEngine) -> None:
    engine.drop("clean.order_items")
    assert products_of_nobody(engine) == []
