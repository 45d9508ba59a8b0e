"""When something bought again and again is due."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from statistics import median_high, median_low

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import at, happened, trigger, write
from segmentation_pipeline_tests.clean.project import config
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
FIRST = date(2026, 1, 1)

Line = tuple[str, int, str] | tuple[str, int, str, str]
"""Who, on which day, which product, and the status of the line where it is not completed."""


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def write_lines(engine: Engine, lines: list[Line]) -> None:
    """An order of one line each; products c1, c2 are coffee and all others tea."""
    orders = [
        {"order_id": f"o{n}", "customer_id": line[0], "ordered_at": at(day(line[1])), "amount": 10}
        for n, line in enumerate(lines)
    ]
    write(engine, "orders", *orders)
    items = [
        {"order_id": f"o{n}", "line_number": "1", "product_id": product, "amount": 10, "status": next(iter(status), None)}
        for n, (_, _, product, *status) in enumerate(lines)
    ]
    write(engine, "order_items", *items)
    products = sorted({line[2] for line in lines})
    write(engine, "products", *({"product_id": p, "category": "coffee" if p.startswith("c") else "tea"} for p in products))


def test_the_last_purchase_and_the_usual_gap(any_engine: Engine) -> None:
    write_lines(
        any_engine,
        [
            *(("anna", on, "c1") for on in (0, 10, 30)),  # gaps 10 and 20: 15 days after day 30
            *(
                ("bert", on, product) for on, product in ((0, "c1"), (10, "c2"), (20, "c1"), (35, "c1"), (35, "c2"))
            ),  # gaps 10, 10, 15
            *(("cora", on, "c1") for on in (0, 30)),  # too few
            *(("dora", on, "t1") for on in (0, 15, 30)),
            *(("emil", on, "c1") for on in (0, 15, 30)),
            ("emil", 40, "c1", "returned"),  # was never sold
        ],
    )
    coffee = trigger(on="replenishment_due", of="category", only=["Coffee"])
    assert happened(any_engine, coffee, day(45)) == dict.fromkeys(["anna", "bert", "emil"], day(45))
    assert set(happened(any_engine, trigger(on="replenishment_due", of="category", days_before=3), day(42))) == {
        "anna",
        "bert",
        "dora",
        "emil",
    }
    products = trigger(on="replenishment_due", of="product", only=["c1"])
    assert happened(any_engine, products, day(45)) == dict.fromkeys(["anna", "emil"], day(45))
    assert happened(any_engine, products, day(53)) == {"bert": day(53)}, "of c1 alone: gaps 20 and 15, half a day rounded up"


def test_it_needs_lines_or_categories() -> None:
    bare = config({"orders": {"columns": {"order_id": "a", "customer_id": "b", "ordered_at": "c", "amount": "d"}}})
    assert trigger(on="replenishment_due", of="product").why_off(bare) == "source 'order_items' is not configured"
    assert "needs source 'order_items'" in str(trigger(on="replenishment_due", of="category").why_off(bare))


LINES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.sampled_from(["c1", "c2", "t1"])), max_size=14)


@given(LINES, st.integers(0, 45), st.sampled_from(["category", "product"]), st.sampled_from([(0, 0), (4, 0), (0, 3), (2, 5)]))
@examples(30, 80)
def test_as_a_clerk_finds_it(lines, on, of, offset) -> None:
    before, within = offset
    known = [line for line in lines if line[1] <= on]
    write_lines(ENGINE, known)
    expected: dict[str, date] = {}
    for who in "ab":
        for thing in ("coffee", "tea") if of == "category" else ("c1", "c2", "t1"):
            bought = sorted(
                {
                    n
                    for name, n, product in known
                    if name == who and (product == thing or (product[0] == thing[0] and of == "category"))
                }
            )
            gaps = [later - earlier for earlier, later in itertools.pairwise(bought)]
            if len(gaps) >= 2:
                due = bought[-1] + (median_low(gaps) + median_high(gaps) + 1) // 2
                if due - before <= on <= due - before + within:
                    expected[who] = max(day(due), expected.get(who, date.min))
    what = trigger(on="replenishment_due", of=of, days_before=before, within_days=within)
    assert happened(ENGINE, what, day(on)) == expected
