"""Every feature column against a plain Python reading of its description, on random histories."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from itertools import pairwise
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import AS_OF, config
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.features.project import Features, features

CHANNELS, CATEGORIES = ("web", "store"), ("Shoes", "Hats")
CONFIG = config(
    {"orders": {}, "order_items": {}, "products": {}, "returns": {}}, features={"channels": CHANNELS, "categories": CATEGORIES}
)
ENGINE = DuckDBEngine(None)
Row = dict[str, object]

days = st.sampled_from([0, 1, 29, 30, 31, 89, 90, 364, 365, 366]) | st.integers(0, 800)
money = st.integers(0, 9_999).map(lambda cents: Decimal(cents) / 100)
products, categories = st.sampled_from(["p1", "p2", "p9", None]), st.sampled_from(["Hats", "Socks", None])
quantities = st.sampled_from([None, 0.0, 1.0, 2.5])
lines = st.lists(st.tuples(products, categories, money, quantities), max_size=3)
orders = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["anna", "bert", "carl"]),
        "days_ago": days,
        "hour": st.sampled_from([None, 0, 4, 5, 11, 12, 16, 17, 21, 22]),
        "amount": money,
        "discount_amount": st.none() | money,
        "channel": st.sampled_from(["web", "WEB", "store", "phone", None]),
        "category": st.sampled_from(["Bags", None]),
        "status": st.sampled_from(["completed", None, "cancelled"]),
        "lines": lines,
        "returns": st.lists(st.tuples(days, money), max_size=2),
    }
)
PRODUCTS: dict[str, tuple[str | None, str | None, Decimal | None]] = {
    "p1": ("Shoes", "Acme", Decimal("3.33")),
    "p2": (None, "Best", None),
}
DAYPARTS = {"morning": range(5, 12), "afternoon": range(12, 17), "evening": range(17, 22), "night": (22, 23, 0, 1, 2, 3, 4)}


def _write(name: str, rows: list[Row]) -> None:
    schema = {c.name: c.type.ibis for c in SOURCES[name].columns} | {"event_date": "date"}
    ENGINE.write(tables.clean(name), ENGINE.memtable({column: [row.get(column) for row in rows] for column in schema}, schema))


def _store(history: list[Row]) -> None:
    _write(
        "orders",
        [
            {**order, "order_id": f"o{n}", "event_date": _day(order["days_ago"]), "ordered_at": _moment(order)}
            for n, order in enumerate(history)
        ],
    )
    _write(
        "order_items",
        [
            {
                "order_id": f"o{n}",
                "line_number": str(m),
                "product_id": product,
                "category": category,
                "amount": amount,
                "quantity": quantity,
            }
            for n, order in enumerate(history)
            for m, (product, category, amount, quantity) in enumerate(order["lines"])  # type: ignore[arg-type]
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
    names = ("category", "brand", "unit_cost")
    _write("products", [{"product_id": product} | dict(zip(names, known, strict=True)) for product, known in PRODUCTS.items()])


def _day(ago: object) -> date:
    return AS_OF - timedelta(days=int(str(ago)))


def _moment(order: Row) -> datetime:
    """Half past the hour; midnight to the second where only the day is known."""
    clock = time() if order["hour"] is None else time(int(str(order["hour"])), 30)
    return datetime.combine(_day(order["days_ago"]), clock)


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
            "return_count": sum(amount > 0 for _, amount in back),
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
        net = partial(_net, own, back)
        row["monetary_previous_365d"] = before = net(730) - net(365)
        row["monetary_growth_365d"] = float(net(365) / before - 1) if before > 0 else None
        found[customer] = row | _categories(own) | _rhythm(on, gaps) | _times(own) | _discounts(own) | _goods(own)
    return found


def _categories(own: list) -> Row:
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for order in own:
        for product, category, amount, _ in order["lines"]:
            spent[PRODUCTS.get(product, (None,))[0] or category or order["category"] or "unknown"] += amount
    total = sum(spent.values())
    shares = {f"category_share_{c.lower()}": float(spent.get(c, 0) / total) if total else None for c in CATEGORIES}
    top = min(spent, key=lambda category: (-spent[category], category)) if spent else None
    return {"top_category": top, "category_count": len(spent), **shares}


def _net(own: list, back: list, window: int) -> Decimal:
    since = AS_OF - timedelta(days=window)
    paid = sum((order["amount"] for order in own if _day(order["days_ago"]) > since), Decimal(0))
    return paid - sum((amount for day, amount in back if day > since), Decimal(0))


def _rhythm(on: list[date], gaps: list[int]) -> Row:
    turns = np.exp(2j * np.pi / 365.25 * np.array([day.timetuple().tm_yday for day in on]))
    concentration = float(abs(turns.mean())) if len(on) >= 4 else None
    seasonal = concentration is not None and concentration >= 0.85 and (on[-1] - on[0]).days >= 300
    of_several = "seasonal" if seasonal else None
    if of_several is None and len(on) >= 7:
        of_several = "regular" if stdev(gaps) <= 0.5 * mean(gaps) else "sporadic"
    return {
        "season_concentration": concentration,
        "rhythm_type": "one_time" if len(on) == 1 else of_several,
        "gaps_overdue": (AS_OF - on[-1]).days / mean(gaps) if len(on) >= 3 else None,
    }


def _times(own: list) -> Row:
    hours = [order["hour"] for order in own if order["hour"] is not None]
    counts = {part: sum(hour in inside for hour in hours) for part, inside in DAYPARTS.items()}
    weekend = sum(_day(order["days_ago"]).isoweekday() >= 6 for order in own)
    return {
        "usual_daypart": max(counts, key=lambda part: (counts[part], -list(counts).index(part))) if hours else None,
        **{f"{part}_order_share": counts[part] / len(hours) if hours else None for part in DAYPARTS},
        "weekend_order_share": weekend / len(own),
    }


def _discounts(own: list) -> Row:
    with_one = [order for order in own if order["discount_amount"]]
    given = sum(order["discount_amount"] for order in with_one)
    return {
        "discount_orders": len(with_one),
        "discount_order_share": len(with_one) / len(own),
        "discount_depth": float(given / (given + sum(order["amount"] for order in with_one))) if with_one else None,
    }


def _goods(own: list) -> Row:
    baskets = [order["lines"] for order in own if order["lines"]]
    lines = [line for basket in baskets for line in basket]
    quantities = [quantity for *_, quantity in lines if quantity is not None]
    costed = [(amount, cost) for product, _, amount, quantity in lines if (cost := _cost(product, quantity)) is not None]
    margin = sum((amount - cost for amount, cost in costed), Decimal(0))
    paid, paid_with_cost = sum(line[2] for line in lines), sum(amount for amount, _ in costed)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for product, _, amount, _ in lines:
        if product in PRODUCTS:
            spent[str(PRODUCTS[product][1])] += amount
    top = min(spent, key=lambda brand: (-spent[brand], brand)) if spent else None
    branded = sum(spent.values())
    return {
        "lines_per_order": len(lines) / len(baskets) if baskets else None,
        "units_per_order": sum(quantities) / len(baskets) if quantities else None,
        "margin": margin if costed else None,
        "margin_rate": float(margin / paid_with_cost) if paid_with_cost else None,
        "cost_known_share": float(paid_with_cost / paid) if paid else None,
        "top_brand": top,
        "top_brand_share": float(spent[top] / branded) if top and branded else None,
        "brand_count": len(spent),
    }


def _cost(product: str | None, quantity: float | None) -> Decimal | None:
    unit_cost = PRODUCTS.get(str(product), (None, None, None))[2]
    return None if unit_cost is None or quantity is None else _half_up(unit_cost * Decimal(quantity))


@pytest.mark.slow
@examples(10, 150)
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
    _adds_up(history, found)


def _adds_up(history: list, found: Features) -> None:
    """What is told of customers is, over all of them, what the orders and their lines say."""
    bought = [order for order in history if order["status"] != "cancelled"]
    lines = [line for order in bought for line in order["lines"]]

    def total(column: str, table: str | None = None) -> object:
        rows = ENGINE.rows(ENGINE.table(table)) if table else list(found.values())
        return sum(row[column] or 0 for row in rows)  # type: ignore[misc]

    assert total("gross_revenue") == sum(order["amount"] for order in bought)
    assert total("discount_orders") == sum(bool(order["discount_amount"]) for order in bought)
    assert total("revenue", tables.CUSTOMER_BASKETS) == sum(line[2] for line in lines)
    assert total("line_count", tables.CUSTOMER_BASKETS) == len(lines)
    assert total("order_count", tables.CUSTOMER_BASKETS) == sum(bool(order["lines"]) for order in bought)
    assert total("revenue", tables.CUSTOMER_BRANDS) == sum(line[2] for line in lines if line[0] in PRODUCTS)
    assert total("revenue", tables.CUSTOMER_CATEGORIES) == sum(line[2] for line in lines)
    known = total("revenue_with_cost", tables.CUSTOMER_BASKETS)
    assert total("margin") == known - total("cost", tables.CUSTOMER_BASKETS)  # type: ignore[operator]
