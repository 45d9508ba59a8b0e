"""Every column of every family on a history small enough to work out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import families, family_columns
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import Features, features, features_of_files

# As of 2025-03-31 the last 30 days begin on 2025-03-02, the last 90 on 2025-01-01, the last 365 on 2024-04-01.
ORDERS = (
    "order_id,customer_id,ordered_at,amount,discount_amount,channel,status",
    "a1,anna,2024-03-31,100.00,0,web,completed",
    "a2,anna,2024-04-01,50.00,10.00,Web,",
    "a3,anna,2025-03-01,40.00,,store,completed",
    "a4,anna,2025-03-02 09:00,30.00,,store,completed",
    "a5,anna,2025-03-02 18:00,30.00,,phone,completed",
    "a6,anna,2025-03-20,999.00,,web,cancelled",
    "b1,bert,2025-03-31 23:59,20.00,,phone,completed",
    "d1,dora,2025-03-30,10.00,,web,cancelled",
    "e1,emil,2025-01-01,0.00,0,store,completed",
    "g1,passer,2024-12-31,5.00,5.00,web,completed",
)
RETURNS = (
    "return_id,order_id,returned_at,amount",
    "r1,a1,2025-03-31,25.00",  # the order is outside every window, its return inside all
    "r2,a6,2025-03-31,5.00",  # of a cancelled order: nothing was bought, nothing comes back
    "r3,b1,2025-03-31,30.00",  # more than was paid
    "r4,e1,2025-01-05,3.00",
)
ITEMS = (
    "order_id,line_number,product_id,amount,category,quantity",
    "a1,1,p1,60.00,,2",
    "a1,2,p2,40.00,,1",
    "a2,1,p1,50.00,Gifts,1",
    "a3,1,p9,40.00,Gifts,4",
    "a4,1,,30.00,,",
    "a5,1,p1,30.00,,1.5",
    "a6,1,p1,999.00,,9",
    "b1,1,p2,10.00,,1",
    "b1,2,p1,10.00,,2",
    "e1,1,p1,0.00,,1",
)
PRODUCTS = ("product_id,category,brand,unit_cost", "p1,Shoes,Acme,20.00", "p2,Hats,Best,", "p3,Unsold,Acme,1.00")
CUSTOMERS = (
    "customer_id,signed_up_at,birth_date,gender,city,country",
    "anna,2024-03-01,1980-03-31,female,Berlin,DE",
    "bert,,1980-04-01,male,,DE",
    "carl,2025-03-31,,,Bonn,",
    "dora,,2000-02-29,,,",
    "emil,,,,,",
)

ANNA = {
    "first_order_date": date(2024, 3, 31),
    "last_order_date": date(2025, 3, 2),
    "recency_days": 29,
    "tenure_days": 365,
    "frequency": 5,
    "gross_revenue": Decimal("250.00"),
    "monetary": Decimal("225.00"),
    "average_order_value": Decimal("50.00"),
    "discount_share": 0.038462,  # 10 / (250 + 10)
    "order_days": 4,
    "gap_mean_days": 112.0,  # gaps of 1, 334 and 1 days
    "gap_std_days": 192.25764,
    "last_gap_days": 1,
    "season_concentration": 0.964627,  # days 91, 92, 60 and 61 of the year
    "rhythm_type": "seasonal",
    "gaps_overdue": 0.258929,  # 29 days of 112
    "frequency_30d": 2,
    "monetary_30d": Decimal("35.00"),  # 30 + 30 - 25
    "frequency_90d": 3,
    "monetary_90d": Decimal("75.00"),
    "frequency_365d": 4,
    "monetary_365d": Decimal("125.00"),
    "monetary_previous_365d": Decimal("100.00"),
    "monetary_growth_365d": 0.25,
    "usual_daypart": "morning",  # of two orders with a time of day, one each
    "morning_order_share": 0.5,
    "afternoon_order_share": 0.0,
    "evening_order_share": 0.5,
    "night_order_share": 0.0,
    "weekend_order_share": 0.8,  # 2024-04-01 was a Monday
    "discount_orders": 1,
    "discount_order_share": 0.2,
    "discount_depth": 0.166667,  # 10 / (50 + 10)
    "return_count": 1,
    "returned_amount": Decimal("25.00"),
    "return_rate": 0.1,
    "main_channel": "web",
    "channel_share_web": 0.4,
    "channel_share_store": 0.4,  # 2 each: web is listed first
    "top_category": "Shoes",
    "category_count": 4,  # Shoes 140, Hats 40, Gifts 40, unknown 30
    "category_share_shoes": 0.56,
    "category_share_hats": 0.16,
    "top_brand": "Acme",
    "top_brand_share": 0.777778,  # 140 of 180
    "brand_count": 2,
    "lines_per_order": 1.2,
    "units_per_order": 1.9,  # 9.5 in 5 orders
    "margin": Decimal("50.00"),  # 140 paid for 4.5 pairs that cost 20
    "margin_rate": 0.357143,
    "cost_known_share": 0.56,
    "age_years": 45,
    "birth_month": 3,
    "city": "Berlin",
    "country": "DE",
    "signed_up_date": date(2024, 3, 1),
    "signup_days": 395,
}
BERT = {
    "first_order_date": date(2025, 3, 31),
    "last_order_date": date(2025, 3, 31),
    "recency_days": 0,
    "tenure_days": 0,
    "frequency": 1,
    "gross_revenue": Decimal("20.00"),
    "monetary": Decimal("-10.00"),
    "average_order_value": Decimal("20.00"),
    "discount_share": 0.0,
    "order_days": 1,
    "gap_mean_days": None,
    "gap_std_days": None,
    "last_gap_days": None,
    "season_concentration": None,
    "rhythm_type": "one_time",
    "gaps_overdue": None,
    "frequency_30d": 1,
    "monetary_30d": Decimal("-10.00"),
    "frequency_90d": 1,
    "monetary_90d": Decimal("-10.00"),
    "frequency_365d": 1,
    "monetary_365d": Decimal("-10.00"),
    "monetary_previous_365d": Decimal(0),
    "monetary_growth_365d": None,
    "usual_daypart": "night",
    "morning_order_share": 0.0,
    "afternoon_order_share": 0.0,
    "evening_order_share": 0.0,
    "night_order_share": 1.0,
    "weekend_order_share": 0.0,
    "discount_orders": 0,
    "discount_order_share": 0.0,
    "discount_depth": None,
    "return_count": 1,
    "returned_amount": Decimal("30.00"),
    "return_rate": 1.0,
    "main_channel": None,
    "channel_share_web": 0.0,
    "channel_share_store": 0.0,
    "top_category": "Hats",
    "category_count": 2,
    "category_share_shoes": 0.5,
    "category_share_hats": 0.5,  # by name
    "top_brand": "Acme",  # by name
    "top_brand_share": 0.5,
    "brand_count": 2,
    "lines_per_order": 2.0,
    "units_per_order": 3.0,
    "margin": Decimal("-30.00"),
    "margin_rate": -3.0,
    "cost_known_share": 0.5,
    "age_years": 44,
    "birth_month": 4,
    "city": None,
    "country": "DE",
    "signed_up_date": None,
    "signup_days": None,
}
NO_ORDERS = {
    "first_order_date": None,
    "last_order_date": None,
    "recency_days": None,
    "tenure_days": None,
    "frequency": 0,
    "gross_revenue": Decimal(0),
    "monetary": Decimal(0),
    "average_order_value": None,
    "discount_share": None,
    "order_days": 0,
    "gap_mean_days": None,
    "gap_std_days": None,
    "last_gap_days": None,
    "season_concentration": None,
    "rhythm_type": None,
    "gaps_overdue": None,
    "frequency_30d": 0,
    "monetary_30d": Decimal(0),
    "frequency_90d": 0,
    "monetary_90d": Decimal(0),
    "frequency_365d": 0,
    "monetary_365d": Decimal(0),
    "monetary_previous_365d": Decimal(0),
    "monetary_growth_365d": None,
    "usual_daypart": None,
    "morning_order_share": None,
    "afternoon_order_share": None,
    "evening_order_share": None,
    "night_order_share": None,
    "weekend_order_share": None,
    "discount_orders": 0,
    "discount_order_share": None,
    "discount_depth": None,
    "return_count": 0,
    "returned_amount": Decimal(0),
    "return_rate": None,
    "main_channel": None,
    "channel_share_web": None,
    "channel_share_store": None,
    "top_category": None,
    "category_count": 0,
    "category_share_shoes": None,
    "category_share_hats": None,
    "top_brand": None,
    "top_brand_share": None,
    "brand_count": 0,
    "lines_per_order": None,
    "units_per_order": None,
    "margin": None,
    "margin_rate": None,
    "cost_known_share": None,
    "age_years": None,
    "birth_month": None,
    "city": None,
    "country": None,
    "signed_up_date": None,
    "signup_days": None,
}
CARL = NO_ORDERS | {"city": "Bonn", "signed_up_date": date(2025, 3, 31), "signup_days": 0}
DORA = NO_ORDERS | {"age_years": 25, "birth_month": 2}  # only a cancelled order; born on a leap day
EMIL = NO_ORDERS | {  # one order, paid nothing
    "first_order_date": date(2025, 1, 1),
    "last_order_date": date(2025, 1, 1),
    "recency_days": 89,
    "tenure_days": 89,
    "frequency": 1,
    "monetary": Decimal("-3.00"),
    "average_order_value": Decimal(0),
    "order_days": 1,
    "frequency_90d": 1,
    "monetary_90d": Decimal("-3.00"),
    "frequency_365d": 1,
    "monetary_365d": Decimal("-3.00"),
    "return_count": 1,
    "returned_amount": Decimal("3.00"),
    "main_channel": "store",
    "channel_share_web": 0.0,
    "channel_share_store": 1.0,
    "top_category": "Shoes",
    "category_count": 1,
    "rhythm_type": "one_time",
    "weekend_order_share": 0.0,
    "discount_order_share": 0.0,
    "top_brand": "Acme",
    "brand_count": 1,
    "lines_per_order": 1.0,
    "units_per_order": 1.0,
    "margin": Decimal("-20.00"),
}
PASSER = NO_ORDERS | {  # in no customer file, and an order without lines; its day is the last outside 90 days
    "first_order_date": date(2024, 12, 31),
    "last_order_date": date(2024, 12, 31),
    "recency_days": 90,
    "tenure_days": 90,
    "frequency": 1,
    "gross_revenue": Decimal("5.00"),
    "monetary": Decimal("5.00"),
    "average_order_value": Decimal("5.00"),
    "discount_share": 0.5,
    "order_days": 1,
    "frequency_365d": 1,
    "monetary_365d": Decimal("5.00"),
    "return_rate": 0.0,
    "main_channel": "web",
    "channel_share_web": 1.0,
    "channel_share_store": 0.0,
    "rhythm_type": "one_time",
    "weekend_order_share": 0.0,
    "discount_orders": 1,
    "discount_order_share": 1.0,
    "discount_depth": 0.5,
}
EXPECTED = {"anna": ANNA, "bert": BERT, "carl": CARL, "dora": DORA, "emil": EMIL, "passer": PASSER}


def shop(*attributes: str) -> Config:
    sources = {"orders": {"unknown_references": "keep"}, "customers": {}, "products": {}, "order_items": {}, "returns": {}}
    made = config(sources, features={"channels": ["web", "store"], "categories": ["Shoes", "hats"]})
    return made.model_copy(update={"privacy": PrivacyConfig.model_validate({"attributes": attributes})})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, lines in (
        ("orders", ORDERS),
        ("returns", RETURNS),
        ("order_items", ITEMS),
        ("products", PRODUCTS),
        ("customers", CUSTOMERS),
    ):
        write(tmp_path, name, *lines)
    return tmp_path


@pytest.mark.slow
def test_every_column_of_every_family(engine, files):
    found = features_of_files(engine, files, shop("age_years", "birth_month", "city", "country"))
    assert found == EXPECTED


def test_columns_and_types_are_the_declared_ones_in_order(engine, files):
    settings = shop("age_years", "gender")
    features_of_files(engine, files, settings)
    declared = [column for family in families(settings) for column in family_columns(family, settings)]
    schema = engine.table(tables.CUSTOMER_FEATURES).schema()
    assert list(schema) == ["customer_id", *(column.name for column in declared)]
    assert [str(schema[c.name]) for c in declared] == [str(c.type.ibis) for c in declared]


def test_values_lie_in_their_declared_range_and_are_null_only_where_declared(engine, files):
    settings = shop("age_years", "birth_month")
    found = features_of_files(engine, files, settings)
    for column in (column for family in families(settings) for column in family_columns(family, settings)):
        values = [row[column.name] for row in found.values()]
        assert column.null_means or None not in values, column.name
        numbers = [float(str(value)) for value in values if value is not None and not isinstance(value, str | date)]
        if column.minimum is not None:
            assert min(numbers) >= column.minimum, column.name
        if column.maximum is not None:
            assert max(numbers) <= column.maximum, column.name


@pytest.mark.slow
def test_attributes_that_privacy_does_not_allow_are_not_there(engine, files):
    none = features_of_files(engine, files, shop())
    assert not {"age_years", "birth_month", "city", "country", "gender"} & set(none["anna"])
    assert "signup_days" in none["anna"]
    assert set(features(engine, shop("gender"))["anna"]) - set(none["anna"]) == {"gender"}


def test_an_earlier_day_sees_nothing_later(engine, files):
    found = features_of_files(engine, files, shop(), date(2025, 3, 1))
    anna = found["anna"]
    assert (anna["frequency"], anna["last_order_date"], anna["recency_days"]) == (3, date(2025, 3, 1), 0)
    assert (anna["return_count"], anna["monetary"], anna["category_count"]) == (0, Decimal("190.00"), 3)
    assert found["bert"]["frequency"] == 0 and "carl" not in found


def test_orders_alone_are_enough(engine, tmp_path):
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,C1,2025-03-01,10", "o2,C1,2025-03-11,10")
    columns = {name: name for name in ("order_id", "customer_id", "ordered_at", "amount")}
    found = features_of_files(engine, tmp_path, config({"orders": {"columns": columns}}))
    assert set(found) == {"C1"}
    assert found["C1"]["gap_mean_days"] == 10.0 and found["C1"]["gap_std_days"] is None
    assert "discount_share" not in found["C1"] and "return_rate" not in found["C1"]


def test_no_orders_at_all(engine, tmp_path):
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount")
    assert features_of_files(engine, tmp_path, config({"orders": {}}, features={"channels": ["web"]})) == {}


def test_a_single_listed_channel(engine, tmp_path):
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount,channel", "o1,C1,2025-03-01,10,WEB", "o2,C2,2025-03-01,10,")
    found = features_of_files(engine, tmp_path, config({"orders": {}}, features={"channels": ["web"]}))
    assert [(found[c]["main_channel"], found[c]["channel_share_web"]) for c in ("C1", "C2")] == [("web", 1.0), (None, 0.0)]


def _categories(found: Features) -> list[object]:
    return [found["C1"][name] for name in ("top_category", "category_count", "category_share_shoes")]


def test_categories_of_orders_serve_without_items_and_for_lines_without_one(engine, tmp_path):
    header = "order_id,customer_id,ordered_at,amount,category"
    write(tmp_path, "orders", header, "o1,C1,2025-03-01,30,Shoes", "o2,C1,2025-03-01,10,")
    write(tmp_path, "order_items", "order_id,line_number,amount", "o1,1,30", "o2,1,10")
    alone = config({"orders": {}}, features={"categories": ["shoes"]})
    assert _categories(features_of_files(engine, tmp_path, alone)) == ["Shoes", 2, 0.75]
    items = {"columns": {name: name for name in ("order_id", "line_number", "amount")}}
    with_items = config({"orders": {}, "order_items": items}, features={"categories": ["shoes"]})
    assert _categories(features_of_files(engine, tmp_path, with_items)) == ["Shoes", 2, 0.75]


@pytest.mark.slow
def test_running_twice_gives_the_same_rows(engine, files):
    settings = shop("age_years")
    clean_all(engine, files, settings)
    assert features(engine, settings) == features(engine, settings)


@pytest.mark.slow
def test_days_go_by_and_a_run_that_builds_on_the_last_one_sees_what_a_run_from_nothing_sees(engine, files):
    settings, before = shop("age_years"), AS_OF
    features_of_files(engine, files, settings)
    for days, changed in ((335, "p1,Shoes,Best,25.00"), (735, None)):
        later, changes, full_refresh = AS_OF + timedelta(days=days), ChangeSet(before), DuckDBEngine(None)
        if changed:
            write(files, "products", PRODUCTS[0], changed, *PRODUCTS[2:])
        clean_all(engine, files, settings, later, changes)
        assert features(engine, settings, later, changes) == features_of_files(full_refresh, files, settings, later), later
        full_refresh.close()
        before = later


def test_the_business_clock_decides_on_the_part_of_the_day(engine, tmp_path):
    """21:30 UTC is 23:30 in Berlin in summer; a day alone has no time."""
    lines = ("o1,C1,2024-07-01T21:30:00Z,10", "o2,C2,2024-07-01,10")
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", *lines)
    for zone, part in (("UTC", "evening"), ("Europe/Berlin", "night")):
        found = features_of_files(engine, tmp_path, config({"orders": {}}, business={"timezone": zone}))
        assert (found["C1"]["usual_daypart"], found["C2"]["usual_daypart"]) == (part, None)


def test_the_business_day_decides_in_which_window_an_order_falls(engine, tmp_path):
    """23:30 UTC on the last day outside the window is the first day inside it in Berlin."""
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,C1,2025-03-01T23:30:00Z,10")
    for zone, inside in (("UTC", 0), ("Europe/Berlin", 1)):
        found = features_of_files(engine, tmp_path, config({"orders": {}}, business={"timezone": zone}))
        assert (found["C1"]["frequency_30d"], found["C1"]["recency_days"]) == (inside, 30 - inside)
        [moment] = engine.rows(engine.table("clean.orders").select("ordered_at"))
        assert moment == {"ordered_at": datetime(2025, 3, 1, 23, 30)}
