"""Which columns a configuration offers, and what it takes to have the others."""

from __future__ import annotations

import pytest

from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts.scores import SCORES
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.features.available_columns import ATTRIBUTES
from segmentation_pipeline.features.catalog import (
    FAMILIES,
    behaviour_columns,
    families,
    feature_columns,
    unavailable_columns,
)
from segmentation_pipeline.features.family import is_mapped
from segmentation_pipeline_tests.clean.project import config

REQUIRED = {name: name for name in ("order_id", "customer_id", "ordered_at", "amount")}
ONLY_REQUIRED = {"orders": {"columns": REQUIRED}}
ALWAYS = {
    "first_order_date",
    "last_order_date",
    "recency_days",
    "tenure_days",
    "frequency",
    "gross_revenue",
    "monetary",
    "average_order_value",
    "order_days",
    "gap_mean_days",
    "gap_std_days",
    "last_gap_days",
    "season_concentration",
    "rhythm_type",
    "gaps_overdue",
    "frequency_30d",
    "monetary_30d",
    "frequency_90d",
    "monetary_90d",
    "frequency_365d",
    "monetary_365d",
    "monetary_previous_365d",
    "monetary_growth_365d",
    "usual_daypart",
    "morning_order_share",
    "afternoon_order_share",
    "evening_order_share",
    "night_order_share",
    "weekend_order_share",
}
OF_DISCOUNTS = {"discount_share", "discount_orders", "discount_order_share", "discount_depth"}
OF_BRANDS = {"top_brand", "top_brand_share", "brand_count"}
SCORE_NAMES = {column.name for column in SCORES}


def made(sources: dict[str, dict[str, object]], attributes: tuple[str, ...] = (), **features: object) -> Config:
    settings = config(sources, features=features)
    return settings.model_copy(update={"privacy": PrivacyConfig.model_validate({"attributes": attributes})})


def offered(settings: Config) -> set[str]:
    return set(feature_columns(settings))


def added(settings: Config) -> set[str]:
    """What it offers beyond orders with nothing but what is required."""
    return offered(settings) - offered(made(ONLY_REQUIRED))


def test_orders_alone():
    settings = made(ONLY_REQUIRED)
    assert offered(settings) >= ALWAYS
    assert (
        unavailable_columns(settings).items()
        >= {
            **dict.fromkeys(OF_DISCOUNTS, "needs orders.discount_amount, which no source maps"),
            **dict.fromkeys(OF_BRANDS, "needs order_items.product_id, products.brand, which no source maps"),
            **dict.fromkeys(("lines_per_order", "units_per_order"), "source 'order_items' is not configured"),
            **dict.fromkeys(
                ("margin", "margin_rate", "cost_known_share"),
                "needs order_items.product_id, order_items.quantity, products.unit_cost, which no source maps",
            ),
            **dict.fromkeys(("return_count", "returned_amount", "return_rate"), "source 'returns' is not configured"),
            "main_channel": "features.channels in pipeline.yaml lists no channel",
            **dict.fromkeys(
                ("top_category", "category_count"),
                "needs source 'order_items' with source 'products' (or a 'category' column in order_items or orders)",
            ),
            **dict.fromkeys(("signed_up_date", "signup_days"), "source 'customers' is not configured"),
            **{
                feature.column.name: f"source '{source}' is not configured"
                for family in FAMILIES
                for source in family.reads
                for feature in family.features(settings)
            },
        }.items()
    )


def test_a_listed_channel_needs_the_channel_of_an_order():
    settings = made(ONLY_REQUIRED, channels=["Web Shop"])
    assert unavailable_columns(settings)["channel_share_web_shop"] == "needs orders.channel, which no source maps"
    with_channel = {"orders": {"columns": {**REQUIRED, "channel": "channel"}}}
    assert added(made(with_channel, channels=["Web Shop"])) >= {"main_channel", "channel_share_web_shop"}


ADDED = [
    ("discount", {"orders": {"columns": {**REQUIRED, "discount_amount": "d"}}}, OF_DISCOUNTS),
    ("returns", {**ONLY_REQUIRED, "returns": {}}, {"return_count", "returned_amount", "return_rate"}),
    ("customers", {**ONLY_REQUIRED, "customers": {}}, {"signed_up_date", "signup_days", "age_years", "city"}),
    ("customers without a birth date", {**ONLY_REQUIRED, "customers": {"columns": {"customer_id": "c", "city": "c"}}}, {"city"}),
    (
        "items",
        {**ONLY_REQUIRED, "order_items": {"columns": {"order_id": "o", "line_number": "l", "amount": "a"}}},
        {"lines_per_order"},
    ),
    (
        "items with category",
        {**ONLY_REQUIRED, "order_items": {}},
        {"top_category", "category_count", "category_share_hats", "lines_per_order", "units_per_order"},
    ),
    (
        "items and products",
        {
            **ONLY_REQUIRED,
            "products": {},
            "order_items": {"columns": {"order_id": "o", "line_number": "l", "amount": "a", "product_id": "p"}},
        },
        {"top_category", "category_count", "category_share_hats", "lines_per_order"} | OF_BRANDS,
    ),
    (
        "items and products with what they cost",
        {
            **ONLY_REQUIRED,
            "products": {"columns": {"product_id": "p", "unit_cost": "c"}},
            "order_items": {"columns": {"order_id": "o", "line_number": "l", "amount": "a", "product_id": "p", "quantity": "q"}},
        },
        {"lines_per_order", "units_per_order", "margin", "margin_rate", "cost_known_share"},
    ),
    (
        "products that no line names",
        {**ONLY_REQUIRED, "products": {}, "order_items": {"columns": {"order_id": "o", "line_number": "l", "amount": "a"}}},
        {"lines_per_order"},
    ),
    (
        "orders with category",
        {"orders": {"columns": {**REQUIRED, "category": "c"}}},
        {"top_category", "category_count", "category_share_hats"},
    ),
    ("consents", {**ONLY_REQUIRED, "consents": {}, "suppressions": {}, "campaign_contacts": {}}, set()),
]


SWITCHED = set().union(*(more for *_, more in ADDED))
"""The columns these cases are about: each case has some of them on and all others off."""


@pytest.mark.parametrize(("sources", "more"), [case[1:] for case in ADDED], ids=[case[0] for case in ADDED])
def test_what_each_source_adds(sources, more):
    settings = made(sources, ("age_years", "city"), categories=["Hats"])
    assert added(settings) & SWITCHED == more
    assert not set(unavailable_columns(settings)) & offered(settings), "a column is either on or off"


def test_privacy_decides_on_attributes():
    assert {"gender", "city"} & offered(made({"orders": {}, "customers": {}}, ("city",))) == {"city"}


def test_orders_made_from_items_have_the_columns_of_the_items():
    items = {"columns": {**REQUIRED, "line_number": "l", "discount_amount": "d"}}
    settings = made({"orders": {"derive_from": "order_items"}, "order_items": items})
    assert is_mapped(settings, "orders.discount_amount") and not is_mapped(settings, "orders.channel")
    assert added(settings) & SWITCHED == {"lines_per_order"} | OF_DISCOUNTS


def test_every_feature_is_described_once():
    everything = made(
        {name: {} for name in SOURCES},
        ATTRIBUTES,
        channels=["web"],
        store_channels=["store"],
        region_maps={"sales_region": [{"name": "north", "countries": ["SE"]}]},
        categories=["Hats"],
        public_holidays=True,
        observances={"carnival": {"places": ["DE-NW"]}},
        occasions={"winter": {"kind": "months", "months": [12, 1, 2]}, "birthday": {"kind": "birthday"}},
    )
    assert families(everything) == FAMILIES and unavailable_columns(everything) == {}
    columns = [feature.column for family in FAMILIES for feature in family.features(everything)]
    names = [column.name for column in columns]
    assert len(names) == len(set(names)) and not set(names) & SCORE_NAMES
    for column in columns:
        assert column.description.endswith(".") and column.description[0].isupper(), column.name
        assert not column.pii, column.name


def test_nothing_made_from_who_a_customer_is_counts_as_behaviour() -> None:
    """Nobody is told to become another, nor to be a customer for longer."""
    every = made({name: {} for name in SOURCES}, ATTRIBUTES)
    told = behaviour_columns(every)
    of_persons = {
        feature.column.name
        for family in families(every)
        for feature in family.features(every)
        if any(need.startswith("customers.") for need in feature.needs)
    }
    assert of_persons and not {*told} & {*ATTRIBUTES, *of_persons}
    assert not {"tenure_days", "signup_days", "loyalty_days", "subscribed_days", "days_to_renewal", "survey_days", "nps"} & {
        *told
    }
    assert {"recency_days", "frequency", "return_rate", "email_clicked_90d", "loyalty_member"} <= {*told}
