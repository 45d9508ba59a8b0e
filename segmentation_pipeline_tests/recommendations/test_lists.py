"""Lists of a shop small enough to rank by hand, with the reasons in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.recommendations.associations import product_associations
from segmentation_pipeline.recommendations.lists import customer_recommendations, recommended_products
from segmentation_pipeline.recommendations.purchases import sold_products
from segmentation_pipeline.recommendations.ranking import OWN_MOST_FREQUENT, Blend
from segmentation_pipeline.recommendations.settings import NextProductConfig
from segmentation_pipeline_tests.recommendations.shop import AS_OF, Order, bought, products, small

CATALOGUE = {name: (category, price) for name, category, price in [("a", "tea", 2.0), ("b", "tea", 3.0), ("c", "mug", 9.0)]}
ORDERS = [("anna", 1, "a"), ("bert", 2, "ab"), ("bert", 4, "b"), ("cora", 3, "ac"), ("dora", 6, "ac")]


def lists(
    engine: Engine,
    orders: Sequence[Order] = ORDERS,
    blend: Blend = OWN_MOST_FREQUENT,
    catalogue: Mapping[str, tuple[str, float | None]] | None = None,
    settings: NextProductConfig | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """By customer the list in order."""
    settings, rows = settings or small(), bought(engine, orders)
    listed = products(engine, catalogue) if catalogue else None
    sold = sold_products(rows, listed, AS_OF, settings.sold_within_days)
    with product_associations(engine, rows, sold, AS_OF, settings, "salt") as pairs, engine.staged(sold) as known:
        made = customer_recommendations(rows, pairs, known, listed, AS_OF, settings, blend)
        found: dict[str, list[dict[str, Any]]] = {}
        for row in engine.rows(made.order_by("customer_id", "rank")):
            found.setdefault(row["customer_id"], []).append(row)
    return found


def ranked(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    assert [row["rank"] for row in found] == [*range(1, len(found) + 1)]
    return [(row["product_id"], row["kind"]) for row in found]


@pytest.fixture
def engine() -> DuckDBEngine:
    made = DuckDBEngine(None)
    yield made
    made.close()


def test_own_most_frequent_products_come_first_and_favourites_of_all_fill_up(engine: DuckDBEngine) -> None:
    found = lists(engine)
    assert ranked(found["bert"]) == [("b", "repeat"), ("a", "repeat"), ("c", "new")]
    assert [row["score"] for row in found["bert"]] == [1.0, 0.5, 0.0], "b on both of two days, a on one"
    assert [row["reason"] for row in found["bert"]] == [
        "bought on 2 days, last on 2026-06-28",
        "bought on 1 day, last on 2026-06-28",
        "often bought by those who bought a",
    ]
    assert ranked(found["anna"]) == [("a", "repeat"), ("c", "new"), ("b", "new")], "c was bought by two, b by one"


def test_with_a_weight_new_products_are_ranked_by_what_buyers_of_the_same_buy(engine: DuckDBEngine) -> None:
    [own, first, second] = lists(engine, blend=Blend(new_weight=0.5))["anna"]
    assert (own["score"], first["score"], second["score"]) == (0.5, 0.25, 0.125), "of 4 orders with a 2 have c and 1 has b"
    assert (first["because"], own["because"]) == ("a", None)


def test_an_up_sell_is_the_next_dearer_of_the_category(engine: DuckDBEngine) -> None:
    found = lists(engine, blend=Blend(new_weight=0.5), catalogue=CATALOGUE)["anna"]
    assert ranked(found) == [("a", "repeat"), ("c", "new"), ("b", "up_sell")]
    assert found[2]["reason"] == "the next dearer in tea than Product a" and found[2]["because"] == "a"
    assert found[1]["reason"] == "often bought by those who bought Product a" and found[1]["product_name"] == "Product c"


def test_recent_days_count_more_with_a_half_life(engine: DuckDBEngine) -> None:
    orders = [("anna", 90, "a"), ("anna", 60, "a"), ("anna", 0, "b")]
    assert [row["product_id"] for row in lists(engine, orders)["anna"]] == ["a", "b"]
    first, second = lists(engine, orders, Blend(half_life=30))["anna"]
    assert (first["product_id"], first["score"]) == ("b", 0.727273), "1 of 1 + 1/4 + 1/8"
    assert second["score"] == 0.272727


def test_a_habit_whose_rhythm_says_not_yet_counts_less(engine: DuckDBEngine) -> None:
    orders = [*[("anna", day, "a") for day in (152, 102, 52, 2)], *[("anna", day, "b") for day in (100, 50)]]
    expected = {1.0: ["a", "b"], 0.4: ["b", "a"]}
    for weight, order in expected.items():
        found = lists(engine, orders, Blend(not_due_weight=weight))["anna"]
        assert [row["product_id"] for row in found] == order, "a every 50 days and 2 days ago: not within 30"
    due = [*[("anna", day, "a") for day in (180, 130, 80, 30)]]
    [row] = lists(engine, due, Blend(not_due_weight=0.4))["anna"]
    assert row["score"] == 1.0 and row["reason"] == "bought on 4 days, last on 2026-05-31, due by its rhythm"


def test_what_is_not_sold_any_more_is_on_no_list_but_recommends_others(engine: DuckDBEngine) -> None:
    orders = [("anna", 50, "a"), ("bert", 60, "ab"), ("bert", 2, "b")]
    found = lists(engine, orders, settings=small(sold_within_days=30))
    assert ranked(found["anna"]) == [("b", "new")] and found["anna"][0]["because"] == "a"


def test_nothing_is_new_that_was_bought_once_however_long_ago(engine: DuckDBEngine) -> None:
    orders = [("anna", 90, "a"), *[("anna", day, "bc") for day in (3, 2, 1)], ("bert", 1, "ab")]
    found = lists(engine, orders, settings=small(most_products=2, list_size=1))
    assert ranked(found["anna"]) == [("b", "repeat")]
    kinds = {row["product_id"]: row["kind"] for row in lists(engine, orders, settings=small(most_products=2))["anna"]}
    assert kinds.get("a", "repeat") == "repeat"


def test_the_first_three_are_a_text_of_names_or_of_ids(engine: DuckDBEngine) -> None:
    schema = {"customer_id": "string", "rank": "int64", "product_id": "string", "product_name": "string"}
    rows = {
        "customer_id": ["anna"] * 4 + ["bert"],
        "rank": [1, 2, 3, 4, 1],
        "product_id": ["a", "b", "c", "d", "e"],
        "product_name": ["Tea", None, "Mug", "Pot", None],
    }
    found = engine.rows(recommended_products(engine.memtable(rows, schema)).order_by("customer_id"))
    assert found == [
        {"customer_id": "anna", "recommended_products": "Tea, b, Mug"},
        {"customer_id": "bert", "recommended_products": "e"},
    ]
