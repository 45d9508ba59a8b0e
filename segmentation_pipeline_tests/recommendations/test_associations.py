"""Associations of shops whose pairs can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.recommendations.associations import product_associations
from segmentation_pipeline.recommendations.purchases import sold_products
from segmentation_pipeline.recommendations.settings import NextProductConfig
from segmentation_pipeline_tests.recommendations.shop import AS_OF, Order, bought, products, small

Found = dict[tuple[str, str, str, str], tuple[int, int, float, float, str | None]]


def found(orders: Sequence[Order], settings: NextProductConfig, occasion: Sequence[int] = (), **categories: str) -> Found:
    """By kind, occasion and pair: support, base, confidence, lift and relation."""
    engine = DuckDBEngine(None)
    rows = bought(engine, orders)
    catalogue = products(engine, {name: (category, None) for name, category in categories.items()}) if categories else None
    sold = sold_products(rows, catalogue, AS_OF, 10_000)
    days = engine.rows(rows.filter(rows.day.isin([AS_OF - timedelta(days=each) for each in occasion])).select("day").distinct())
    inside = {"feast": engine.memtable({"day": [row["day"] for row in days]}, {"day": "date"})} if occasion else {}
    with product_associations(engine, rows, sold, AS_OF, settings, "salt", inside) as pairs:
        told = engine.rows(pairs)
    engine.close()
    keys, values = ("kind", "occasion", "product_id", "other_id"), ("support", "base", "confidence", "lift", "relation")
    return {tuple(row[key] for key in keys): tuple(row[value] for value in values) for row in told}  # type: ignore[misc]


def test_together_is_counted_in_orders() -> None:
    pairs = found([("anna", 1, "ab"), ("anna", 2, "ab"), ("bert", 3, "ac"), ("cora", 4, "d")], small())
    assert pairs["together", "any", "a", "b"] == (2, 3, 0.666667, 1.333333, None), "2 of 3 orders with a; 2 of 4 of all"
    assert pairs["together", "any", "b", "a"][:4] == (2, 2, 1.0, 1.333333)
    assert pairs["together", "any", "c", "a"][:4] == (1, 1, 1.0, 1.333333)
    assert not any(kind == "after" for kind, *_ in pairs), "nobody's 30 days are over"


def test_after_is_counted_in_persons_who_all_had_the_same_time() -> None:
    orders = [
        ("anna", 90, "a"),
        ("anna", 80, "b"),
        ("anna", 70, "b"),  # the same person once
        ("bert", 90, "a"),
        ("bert", 59, "b"),  # a day too late
        ("cora", 40, "a"),
        ("cora", 40, "b"),  # on the same day
        ("dora", 10, "a"),  # her 30 days are not over
        ("dora", 5, "b"),
    ]
    after = {key[2:]: value for key, value in found(orders, small()).items() if key[0] == "after"}
    # Bases: a 3, b 3 (anna, bert, cora). b after a: anna; of all bases but those of b, 3, one is followed by b.
    assert after == {("a", "b"): (1, 3, 0.333333, 1.0, None)}


def test_fewer_than_the_support_are_no_association_and_only_the_strongest_of_a_product_are_kept() -> None:
    orders = [*[("anna", day, "abc") for day in (1, 2)], ("bert", 3, "ab"), ("cora", 4, "ad")]
    pairs = found(orders, small(min_support=2))
    assert {key[2:] for key in pairs} == {("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("c", "b")}
    assert {key[2:] for key in found(orders, small(min_support=2, associations_per_product=1))} == {
        ("a", "b"),
        ("b", "a"),
        ("c", "b"),
    }, "of equal support the higher lift: all orders have a"


def test_an_accessory_is_bought_after_the_main_product_and_hardly_before() -> None:
    orders = [
        *[(f"a{n}", 100, "p") for n in range(6)],
        *[(f"a{n}", 95, "q") for n in range(6)],
        *[(f"b{n}", 100, "r") for n in range(6)],
        *[(f"b{n}", 95, "s") for n in range(6)],
    ]
    after = {key[2:]: value[4] for key, value in found(orders, small(min_support=5)).items() if key[0] == "after"}
    assert after == {("p", "q"): "accessory", ("r", "s"): "accessory"}


def test_substitutes_are_of_one_category_and_bought_in_turn_but_not_together() -> None:
    turns = [(f"{first}{n}", day, product) for n in range(8) for first, day, product in _TURNS]
    tea = found(turns, small(min_support=5), p="tea", q="tea")
    assert {key[2:]: value[4] for key, value in tea.items()} == {("p", "q"): "substitute", ("q", "p"): "substitute"}
    mugs = found(turns, small(min_support=5), p="tea", q="mug")
    assert {value[4] for value in mugs.values()} == {None}, "of two categories"
    together = [*turns, *[(f"x{n}", 50, "pq") for n in range(5)]]
    both = found(together, small(min_support=5), p="tea", q="tea")
    assert {value[4] for value in both.values()} == {None}, "five orders have both, and eight persons went either way"


_TURNS = (("a", 100, "p"), ("a", 90, "q"), ("b", 100, "q"), ("b", 90, "p"))


def test_orders_of_an_occasion_are_counted_by_themselves() -> None:
    pairs = found([("anna", 1, "ab"), ("bert", 2, "ac"), ("bert", 3, "ac")], small(), occasion=[2, 3])
    assert {key[1:]: value[:2] for key, value in pairs.items() if key[1] == "feast"} == {
        ("feast", "a", "c"): (2, 2),
        ("feast", "c", "a"): (2, 2),
    }


def test_of_a_basket_the_dearest_products_count() -> None:
    pairs = found([("anna", 1, "abcd")], small(most_products=2))
    assert {key[2:] for key in pairs} == {("a", "b"), ("b", "a")}


def test_where_pairs_would_be_too_many_a_sample_of_orders_speaks_for_all() -> None:
    orders = [(f"c{n}", n % 20 + 1, "abcdefghij") for n in range(100)]
    pairs = found(orders, small(most_pairs=2_000))
    orders_drawn = {value[1] for key, value in pairs.items()}
    assert len(orders_drawn) == 1 and 20 <= orders_drawn.pop() <= 70, "45 pairs in each of 100 orders, 2,000 allowed"
    assert {value[2:4] for value in pairs.values()} == {(1.0, 1.0)}
