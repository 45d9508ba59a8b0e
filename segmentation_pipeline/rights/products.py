"""Products that erased people alone bought: one may be made for a person, and bear their name on the lists of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_erase import delete_named, empty_of
from segmentation_pipeline.recommendations.lists import PICKS

_PRODUCT = "product"
_NAMED_BY = {"customer_recommendations": ("product_id", "because"), "product_associations": ("product_id", "other_id")}
_TEXT = "recommended_products"


def products_of_nobody(engine: DuckDBEngine) -> list[str]:
    """Products on somebody's list that no line of an order has any more, nor the catalogue; none where nothing tells what was
    bought, as when a project reads lines no longer."""
    if not engine.has(tables.CUSTOMER_RECOMMENDATIONS) or not engine.has(tables.clean("order_items")):
        return []
    listed = engine.table(tables.CUSTOMER_RECOMMENDATIONS)
    left = listed.select("product_id").union(listed.filter(listed.because.notnull()).select(product_id="because"), distinct=True)
    for source in ("order_items", "products"):
        if engine.has(tables.clean(source)):
            left = left.anti_join(engine.table(tables.clean(source)), "product_id")
    return [str(row["product_id"]) for row in engine.rows(left.order_by("product_id"))]


def take_off_lists(engine: DuckDBEngine, stored: Iterable[str], products: Sequence[str]) -> None:
    """Rows that name one of ``products`` go, and the texts made of such rows; the next run makes the lists anew."""
    if not products:
        return
    gone = engine.memtable(
        {"kind": [_PRODUCT] * len(products), "value": [product.strip().lower() for product in products]},
        {"kind": "string", "value": "string"},
    )
    stored = [*stored]
    for table in stored:
        if table.endswith(".customer_recommendations"):
            lists = engine.table(table)
            shown = lists.filter(lists["rank"] <= PICKS, lists.product_id.isin(products)).select("customer_id").distinct()
            with engine.staged(shown) as customers:
                for each in stored:
                    if _TEXT in engine.table(each).columns:
                        empty_of(engine, each, _TEXT, customers)
    for table in stored:
        if columns := _NAMED_BY.get(table.partition(".")[2]):
            delete_named(engine, table, dict.fromkeys(columns, (_PRODUCT,)), gone)
