"""Who bought what, what is sold, and the next dearer product."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.build import completed_orders, sold_lines
from segmentation_pipeline.recommendations.purchases import price_ladder, purchases, sold_products
from segmentation_pipeline_tests.clean.project import AS_OF as CLEAN_DAY
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.recommendations.shop import AS_OF, bought, products


def test_lines_of_completed_orders_once_per_order_and_product(tmp_path: Path) -> None:
    engine, settings = DuckDBEngine(None), config({"orders": {}, "order_items": {}})
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount,status",
        "o1,anna,2025-01-01,30.00,completed",
        "o2,anna,2025-02-01,30.00,cancelled",
        "o3,bert,2025-04-01,30.00,completed",  # not yet known
    )
    write(
        tmp_path,
        "order_items",
        "order_id,line_number,product_id,amount,category,status",
        "o1,1,p,10.00,tea,completed",
        "o1,2,p,15.00,tea,completed",
        "o1,3,q,5.00,tea,returned",
        "o1,4,,5.00,tea,completed",  # nobody knows what it was
        "o2,1,p,30.00,tea,completed",
        "o3,1,p,30.00,tea,completed",
    )
    clean_all(engine, tmp_path, settings)
    orders = completed_orders(engine.table(tables.clean("orders")), settings)
    found = engine.rows(purchases(orders, sold_lines(engine.table(tables.clean("order_items"))), CLEAN_DAY))
    assert [tuple(row.values()) for row in found] == [("anna", "o1", date(2025, 1, 1), "p", Decimal("25.00"), "tea")]
    engine.close()


def test_sold_is_what_somebody_bought_lately_and_the_catalogue_has() -> None:
    engine = DuckDBEngine(None)
    rows = bought(engine, [("anna", 5, "ab"), ("bert", 9, "bc"), ("bert", 10, "d"), ("bert", 1, "b")])
    catalogue = products(engine, {"a": ("tea", 2), "b": ("tea", 3), "d": ("tea", 4)})
    found = engine.rows(sold_products(rows, catalogue, AS_OF, 10).order_by("favourite"))
    assert [(row["product_id"], row["buyers"], row["favourite"]) for row in found] == [("b", 2, 0), ("a", 1, 1)], (
        "c is in no catalogue and d was bought ten days ago, which are over"
    )
    everything = engine.rows(sold_products(rows, None, AS_OF, 11))
    assert {row["product_id"] for row in everything} == {"a", "b", "c", "d"}
    engine.close()


def test_the_next_dearer_of_a_category_is_the_one_most_buy_at_the_next_price() -> None:
    engine = DuckDBEngine(None)
    rows = bought(engine, [("anna", 1, "abcdef"), ("bert", 1, "c")])
    catalogue = products(
        engine, {"a": ("tea", 2), "b": ("tea", 3), "c": ("tea", 3), "d": ("tea", 9), "e": ("mug", 5), "f": ("tea", None)}
    )
    found = engine.rows(price_ladder(sold_products(rows, catalogue, AS_OF, 10)).order_by("product_id"))
    assert [(row["product_id"], row["dearer_id"]) for row in found] == [("a", "c"), ("b", "d"), ("c", "d")]
    engine.close()
