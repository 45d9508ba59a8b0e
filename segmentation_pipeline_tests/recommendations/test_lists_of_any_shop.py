"""What holds of the lists of every shop."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.recommendations.ranking import Blend
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.recommendations.shop import Order
from segmentation_pipeline_tests.recommendations.test_lists import lists

PRICES = {name: ("tea" if name < "d" else "mug", float(ord(name) % 3)) for name in "abcdef"}
order = st.tuples(
    st.sampled_from(["anna", "bert", "cora"]),
    st.integers(min_value=0, max_value=120),
    st.text("abcdef", min_size=1, max_size=4).map(lambda text: "".join(dict.fromkeys(text))),
)
BLEND = Blend(half_life=30, new_weight=0.5, not_due_weight=0.5)


@pytest.mark.slow
@examples(few=4, many=100)
@given(orders=st.lists(order, min_size=1, max_size=12), seed=st.integers(0, 1_000))
def test_no_list_has_a_product_twice_and_the_order_of_rows_does_not_matter(orders: list[Order], seed: int) -> None:
    engine = DuckDBEngine(None)
    found = lists(engine, orders, BLEND, PRICES)
    for rows in found.values():
        products = [row["product_id"] for row in rows]
        assert len(products) == len({*products}) and [row["rank"] for row in rows] == [*range(1, len(rows) + 1)]
        scores = [row["score"] for row in rows]
        assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    bought = {(who, product) for who, _, products in orders for product in products}
    assert all((row["kind"] == "repeat") == ((who, row["product_id"]) in bought) for who, rows in found.items() for row in rows)
    shuffled = random.Random(seed).sample(orders, len(orders))
    assert lists(engine, shuffled, BLEND, PRICES) == found
    engine.close()
