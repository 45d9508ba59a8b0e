"""The example's segmentations of purchase behaviour, lifecycle and value, on customers worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.rules.parse import parse_rule
from segmentation_pipeline.segmentations.assign import assign
from segmentation_pipeline_tests.end_to_end.project import ROOT

CONFIG = load_config(ROOT / "examples" / "every_source" / "config")
COLUMNS = feature_columns(CONFIG)
AS_OF = date(2026, 6, 30)
Customer = dict[str, object]

CASES: dict[str, list[tuple[str | None, Customer]]] = {
    "buying_rhythm": [
        ("one_time", {"rhythm_type": "one_time", "frequency": 2}),
        ("seasonal", {"rhythm_type": "seasonal", "frequency": 4}),
        ("regular", {"rhythm_type": "regular", "frequency": 9}),
        ("sporadic", {"rhythm_type": "sporadic", "frequency": 9}),
        ("too_few_orders", {"frequency": 3}),
        (None, {"frequency": 0}),
    ],
    "lifecycle_own_rhythm": [
        ("prospect", {"frequency": 0}),
        ("new", {"frequency": 2, "tenure_days": 60, "recency_days": 50}),
        ("on_rhythm", {"frequency": 9, "tenure_days": 900, "recency_days": 270, "gaps_overdue": 1.5}),  # twice a year
        ("slipping_away", {"frequency": 99, "tenure_days": 900, "recency_days": 32, "gaps_overdue": 4.6}),  # weekly
        (
            "on_rhythm",
            {"frequency": 99, "tenure_days": 900, "recency_days": 30, "gaps_overdue": 30.0},
        ),  # but never within a month
        ("late", {"frequency": 9, "tenure_days": 900, "recency_days": 90, "gaps_overdue": 3.0}),
        ("lost", {"frequency": 9, "tenure_days": 900, "recency_days": 152, "gaps_overdue": 5.1}),
        ("late", {"frequency": 1, "tenure_days": 180, "recency_days": 180}),
        ("slipping_away", {"frequency": 1, "tenure_days": 365, "recency_days": 365}),
        ("lost", {"frequency": 2, "tenure_days": 900, "recency_days": 366}),
    ],
    "price_sensitivity": [
        ("too_few_orders", {"frequency": 2, "discount_order_share": 1.0}),
        ("discount_only", {"frequency": 5, "discount_order_share": 0.6}),
        ("discount_mix", {"frequency": 10, "discount_order_share": 0.3}),
        ("full_price", {"frequency": 3, "discount_order_share": 0.0}),
        (None, {"frequency": 0}),
    ],
    "basket_size": [
        ("too_few_orders", {"frequency": 1, "units_per_order": 9.0}),
        ("large", {"frequency": 3, "units_per_order": 3.5}),
        ("medium", {"frequency": 3, "units_per_order": 2.0}),
        ("small", {"frequency": 3, "units_per_order": 1.9}),
        (None, {"frequency": 3}),  # no lines
    ],
    "brand_loyalty": [
        ("too_few_orders", {"frequency": 2, "top_brand_share": 1.0, "brand_count": 1}),
        ("loyal", {"frequency": 3, "top_brand_share": 0.75, "brand_count": 2}),
        ("leaning", {"frequency": 3, "top_brand_share": 0.5, "brand_count": 2}),
        ("switcher", {"frequency": 3, "top_brand_share": 0.4, "brand_count": 3}),
        (None, {"frequency": 3, "brand_count": 0}),
    ],
    "purchase_time": [
        ("too_few_orders", {"frequency": 2, "weekend_order_share": 1.0}),
        ("weekend", {"frequency": 5, "weekend_order_share": 0.6, "evening_order_share": 1.0}),
        ("morning", {"frequency": 5, "weekend_order_share": 0.2, "morning_order_share": 0.6}),
        ("afternoon", {"frequency": 5, "weekend_order_share": 0.2, "afternoon_order_share": 0.8}),
        ("evening", {"frequency": 5, "weekend_order_share": 0.2, "evening_order_share": 0.8}),
        ("night", {"frequency": 5, "weekend_order_share": 0.2, "night_order_share": 0.8}),
        ("any_time", {"frequency": 5, "weekend_order_share": 0.2, "morning_order_share": 0.4, "night_order_share": 0.4}),
        ("any_time", {"frequency": 3, "weekend_order_share": 0.0}),  # days alone are known
    ],
    "return_behaviour": [
        ("too_few_orders", {"frequency": 2, "return_count": 3, "return_rate": 0.9}),
        ("serial_returner", {"frequency": 9, "return_count": 3, "return_rate": 0.25}),
        ("occasional_returner", {"frequency": 3, "return_count": 2, "return_rate": 0.9}),
        ("occasional_returner", {"frequency": 99, "return_count": 3, "return_rate": 0.02}),
        ("keeper", {"frequency": 3, "return_count": 0, "return_rate": 0.0}),
        (None, {"frequency": 0, "return_count": 0}),
    ],
    "revenue_trend": [
        ("too_young", {"frequency": 9, "tenure_days": 729, "monetary_365d": 500, "monetary_previous_365d": 10}),
        ("stopped", {"frequency": 9, "tenure_days": 730, "monetary_365d": 0, "monetary_previous_365d": 10}),
        ("declining", {"frequency": 9, "tenure_days": 730, "monetary_365d": 75, "monetary_previous_365d": 100}),
        ("stable", {"frequency": 9, "tenure_days": 730, "monetary_365d": 124, "monetary_previous_365d": 100}),
        ("growing", {"frequency": 9, "tenure_days": 730, "monetary_365d": 125, "monetary_previous_365d": 100}),
        ("growing", {"frequency": 2, "tenure_days": 999, "monetary_365d": 9, "monetary_previous_365d": 0}),
        ("long_gone", {"frequency": 1, "tenure_days": 999, "monetary_365d": 0, "monetary_previous_365d": 0}),
        (None, {"frequency": 0, "monetary_365d": 0, "monetary_previous_365d": 0}),
    ],
    "category_affinity": [("books", {"top_category": "Books"})] * 20 + [("other", {"top_category": "Toys"}), (None, {})],
    "revenue_decile": [(f"decile_{10 - tenth}", {"monetary": tenth}) for tenth in range(10)],
    "margin_tier": [("top", {"margin": 9}), ("high", {"margin": 8}), ("high", {"margin": 7})]
    + [("middle", {"margin": margin}) for margin in (6, 5, 4, 3)]
    + [("low", {"margin": margin}) for margin in (2, 1, -1)]
    + [(None, {})],  # nothing of a known cost bought
}


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


@pytest.mark.parametrize("name", CASES)
def test_customers_are_where_they_belong(engine: DuckDBEngine, name: str) -> None:
    customers = [_with_growth(customer) for _, customer in CASES[name]]
    known = dict.fromkeys(column for customer in customers for column in customer)
    values = {column: [_value(COLUMNS[column], customer.get(column)) for customer in customers] for column in known}
    schema = {"customer_id": "string"} | {column: COLUMNS[column].type.ibis for column in known}
    scored = engine.memtable({"customer_id": [f"{n:02d}" for n in range(len(customers))], **values}, schema)
    segmentation = {name: CONFIG.segmentations[name]}
    profile = assign(engine, scored, segmentation, lambda text, table: parse_rule(text, COLUMNS).bind(table, AS_OF)).profile
    found = [row[name] for row in engine.rows(profile.select("customer_id", name).order_by("customer_id"))]
    assert found == [segment for segment, _ in CASES[name]]


def _value(column: Column, value: object) -> object:
    return Decimal(str(value)) if column.type is Type.MONEY and value is not None else value


def _with_growth(customer: Customer) -> Customer:
    before = customer.get("monetary_previous_365d")
    if before is None:
        return customer
    now = float(str(customer["monetary_365d"]))
    return customer | {"monetary_growth_365d": now / float(str(before)) - 1 if before else None}
