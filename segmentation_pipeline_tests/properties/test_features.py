"""Every feature column against a plain Python reading of its description, on random histories."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import mean, stdev

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import AS_OF, config
from segmentation_pipeline_tests.features.project import features

CHANNELS, CATEGORIES = ("web", "store"), ("Shoes", "Hats")
CONFIG = config(
    {"orders": {}, "order_items": {}, "products": {}, "returns": {}}, features={"channels": CHANNELS, "categories": CATEGORIES}
)
ENGINE = DuckDBEngine(None)
Row = dict[str, object]

days = st.sampled_from([0, 1, 29, 30, 31, 89, 90, 364, 365, 366]) | st.integers(0, 800)
money = st.integers(0, 9_999).map(lambda cents: Decimal(cents) / 100)
products, categories = st.sampled_from(["p1", "p2", "p9", None]), st.sampled_from(["Hats", "Socks", None])
lines = st.lists(st.tuples(products, categories, money), max_size=3)
orders = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["anna", "bert", "carl"]),
        "days_ago": days,
        "amount": money,
        "discount_amount": st.none() | money,
        "channel": st.sampled_from(["web", "WEB", "store", "phone", None]),
        "category": st.sampled_from(["Bags", None]),
        "status": st.sampled_from(["completed", None, "cancelled"]),
        "lines": lines,
        "returns": st.lists(st.tuples(days, money), max_size=2),
    }
)
PRODUCTS = {"p1": "Shoes", "p2": None}


def _write(name: str, rows: list[Row]) -> None:
    schema = {c.name: c.type.ibis for c in SOURCES[name].columns} | {"event_date": "date"}
    ENGINE.write(tables.clean(name), ENGINE.memtable({column: [row.get(column) for row in rows] for column in schema}, schema))


def _store(history: list[Row]) -> None:
    _write("orders", [{**order, "order_id": f"o{n}", "event_date": _day(order["days_ago"])} for n, order in enumerate(history)])
    _write(
        "order_items",
        [
            {"order_id": f"o{n}", "line_number": str(m), "product_id": product, "category": category, "amount": amount}
            for n, order in enumerate(history)
            for m, (product, category, amount) in enumerate(order["lines"])  # type: ignore[arg-type]
        ],
    )
    _write(
        "returns",
        [
            {"return_id": f"r{n}-{m}", "order_id": f"o{n}", "event_date": _day(ago), "amount": amount}
            for n, order in enumerate(history)
            for m, (ago, amount) in enumerate(order["returns"])  # type: ignore[arg-type]
        ],
    )
    _write("products", [{"product_id": product, "category": category} for product, category in PRODUCTS.items()])


def _day(ago: object) -> date:
    return AS_OF - timedelta(days=int(str(ago)))


def _half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def expected(history: list) -> dict[str, Row]:
    """The features by their descriptions, one customer at a time."""
    found = {}
    bought = [order for order in history if order["status"] != "cancelled"]
    for customer in {order["customer_id"] for order in bought}:
        own = [order for order in bought if order["customer_id"] == customer]
        back = [(_day(ago), amount) for order in own for ago, amount in order["returns"]]
        on = sorted({_day(order["days_ago"]) for order in own})
        gaps = [(later - earlier).days for earlier, later in pairwise(on)]
        gross, returned = sum((o["amount"] for o in own), Decimal(0)), sum((amount for _, amount in back), Decimal(0))
        discount = sum((o["discount_amount"] or Decimal(0) for o in own), Decimal(0))
        row: Row = {
            "first_order_date": on[0],
            "last_order_date": on[-1],
            "recency_days": (AS_OF - on[-1]).days,
            "tenure_days": (AS_OF - on[0]).days,
            "frequency": len(own),
            "gross_revenue": gross,
            "monetary": gross - returned,
            "average_order_value": _half_up(gross / len(own)),
            "discount_share": float(discount / (gross + discount)) if gross + discount else None,
            "order_days": len(on),
            "gap_mean_days": mean(gaps) if gaps else None,
            "gap_std_days": stdev(gaps) if gaps[1:] else None,
            "last_gap_days": gaps[-1] if gaps else None,
            "return_count": len(back),
            "returned_amount": returned,
            "return_rate": float(min(returned / gross, 1)) if gross else None,
        }
        for n in (30, 90, 365):
            since = AS_OF - timedelta(days=n)
            row[f"frequency_{n}d"] = sum(_day(o["days_ago"]) > since for o in own)
            paid = sum((o["amount"] for o in own if _day(o["days_ago"]) > since), Decimal(0))
            row[f"monetary_{n}d"] = paid - sum((amount for day, amount in back if day > since), Decimal(0))
        through = Counter((o["channel"] or "").lower() for o in own)
        best = max(CHANNELS, key=lambda channel: (through[channel], -CHANNELS.index(channel)))
        row["main_channel"] = best if through[best] else None
        row |= {f"channel_share_{channel}": through[channel] / len(own) for channel in CHANNELS}
        found[customer] = row | _categories(own)
    return found


def _categories(own: list) -> Row:
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for order in own:
        for product, category, amount in order["lines"]:
            spent[PRODUCTS.get(product) or category or order["category"] or "unknown"] += amount
    total = sum(spent.values())
    shares = {f"category_share_{c.lower()}": float(spent.get(c, 0) / total) if total else None for c in CATEGORIES}
    top = min(spent, key=lambda category: (-spent[category], category)) if spent else None
    return {"top_category": top, "category_count": len(spent), **shares}


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(orders, max_size=8))
def test_features_are_what_their_descriptions_say(history):
    _store(history)
    found = features(ENGINE, CONFIG)
    wanted = expected(history)
    assert set(found) == set(wanted)
    for customer, row in wanted.items():
        assert set(found[customer]) == set(row)
        for name, value in row.items():
            if isinstance(value, float):
                assert found[customer][name] == pytest.approx(value, abs=1e-6), name
            elif name == "average_order_value":
                assert abs(found[customer][name] - value) <= Decimal("0.01"), name
            else:
                assert found[customer][name] == value, name
