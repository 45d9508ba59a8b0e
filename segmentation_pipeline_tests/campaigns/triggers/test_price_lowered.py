"""Prices that fell, as the versions of products tell them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.values.states import CLEAN, FUTURE_DATED, SUPERSEDED
from segmentation_pipeline_tests.campaigns.triggers.world import at, happened, trigger, write_profile
from segmentation_pipeline_tests.clean import project
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
FIRST = date(2026, 3, 1)
LIKES = [
    {"customer_id": who, "top_category": category} for who, category in (("anna", "shoes"), ("bert", "hats"), ("cora", None))
]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def write_versions(engine: Engine, versions: list[tuple[str, str, int, int]], on: int) -> None:
    """Product, category, cents, from which day: all versions but the last one known on a day are superseded."""
    schema = {column.name: column.type.ibis for column in SOURCES["products"].columns} | {
        "_file": "string",
        "_row": "int64",
        "_state": "int8",
    }
    newest = {product: max((n, at_) for n, (p, _, _, at_) in enumerate(versions) if p == product) for product, *_ in versions}
    rows = [
        {
            "product_id": product,
            "category": category,
            "price": Decimal(cents) / 100,
            "updated_at": at(day(n)),
            "_file": "p.csv",
            "_row": row,
            "_state": FUTURE_DATED if n > on else CLEAN if (row, n) == newest[product] else SUPERSEDED,
        }
        for row, (product, category, cents, n) in enumerate(versions)
    ]
    engine.write(tables.validated("products"), engine.memtable({name: [r.get(name) for r in rows] for name in schema}, schema))
    write_profile(engine, LIKES, top_category="string")


def test_below_all_of_the_days_before_and_not_risen_since(any_engine: Engine) -> None:
    lowered = trigger(on="price_lowered", days_after=1)
    versions = [("s1", "shoes", 1000, 0), ("s1", "shoes", 900, 40), ("h1", "hats", 1000, 0), ("h1", "hats", 950, 40)]
    write_versions(any_engine, versions, 41)
    assert happened(any_engine, lowered, day(41)) == {"anna": day(40)}, "hats fell by less than a tenth"
    assert happened(any_engine, lowered, day(40)) == {}
    write_versions(any_engine, [("s1", "shoes", 900, 0), ("s1", "shoes", 1000, 30), ("s1", "shoes", 900, 40)], 41)
    assert happened(any_engine, lowered, day(41)) == {}, "raised to be lowered"
    write_versions(any_engine, [("s1", "shoes", 900, 0), ("s1", "shoes", 1000, 9), ("s1", "shoes", 900, 40)], 41)
    assert happened(any_engine, lowered, day(41)) == {"anna": day(40)}
    write_versions(any_engine, [("s1", "shoes", 1000, 0), ("s1", "shoes", 900, 40), ("s1", "shoes", 950, 41)], 41)
    assert happened(any_engine, lowered, day(41)) == {}, "risen since"
    write_versions(any_engine, [("s1", "shoes", 900, 40)], 41)
    assert happened(any_engine, lowered, day(41)) == {}, "what it was before is not known"


def test_versions_come_from_files_and_what_is_not_yet_known_does_not_count(tmp_path: Path) -> None:
    configured = project.config({"orders": {}, "products": {}}, business={"timezone": "Europe/Berlin"})
    project.write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount,category", "o1,anna,2026-03-01,5,shoes")
    project.write(
        tmp_path,
        "products_1",
        "product_id,category,price,updated_at",
        "s1,shoes,10,2026-03-01 08:00",
        "s1,shoes,11,2026-05-01 08:00",
    )
    project.write(tmp_path, "products_2", "product_id,category,price,updated_at", "s1,shoes,8,2026-04-09 23:30")
    project.clean_all(ENGINE, tmp_path, configured, date(2026, 4, 9))
    write_profile(ENGINE, LIKES, top_category="string")
    assert happened(ENGINE, trigger(on="price_lowered"), date(2026, 4, 9), configured) == {"anna": date(2026, 4, 9)}


VERSIONS = st.lists(
    st.tuples(st.sampled_from([("s1", "shoes"), ("s2", "shoes"), ("h1", "hats")]), st.integers(80, 100), st.integers(0, 60)),
    max_size=12,
    unique_by=lambda v: (v[0], v[2]),
)


@given(VERSIONS, st.integers(0, 60), st.sampled_from([0, 5]))
@examples(30, 80)
def test_as_a_clerk_finds_it(drawn, on, within) -> None:
    write_versions(ENGINE, [(*what, cents, n) for what, cents, n in drawn], on)
    expected: dict[str, date] = {}
    for who, category in (("anna", "shoes"), ("bert", "hats")):
        for what in {what for what, *_ in drawn if what[1] == category}:
            card = {n: cents for each, cents, n in drawn if each == what and n <= on}

            def price(n: int, card: dict[int, int] = card) -> int | None:
                known = [m for m in card if m <= n]
                return card[max(known)] if known else None

            for n in range(on - within, on + 1):
                before = [seen for m in range(n - 30, n) if (seen := price(m)) is not None]
                if n in card and before and card[n] * 10 <= min(before) * 9 and (price(on) or 0) <= card[n]:
                    expected[who] = max(day(n), expected.get(who, date.min))
    assert happened(ENGINE, trigger(on="price_lowered", within_days=within), day(on)) == expected
