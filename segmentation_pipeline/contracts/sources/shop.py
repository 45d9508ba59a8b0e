"""Who buys what: customers, products, orders and what came back."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import (
    OF_CUSTOMER,
    UPDATED_AT,
    Reference,
    Source,
    free_text,
    key,
    optional_key,
    text,
)

CUSTOMERS = Source(
    name="customers",
    description="A person or household the shop knows; personal data goes to schema pii.",
    columns=(
        key("customer_id", "The customer."),
        Column("signed_up_at", Type.INSTANT, "When the customer first registered.", unit="UTC", null_means="not known"),
        text("first_name", "Given name.", pii=True),
        text("last_name", "Family name.", pii=True),
        text("email", "E-mail address.", pii=True),
        text("phone", "Telephone number, international form where known.", pii=True),
        Column("birth_date", Type.DAY, "Date of birth.", null_means="not known", pii=True),
        text("street", "Street and house number.", pii=True),
        text("postal_code", "Postal code.", pii=True),
        text("gender", "Gender as stated by the customer."),
        text("city", "Town."),
        text("region", "State or region."),
        text("country", "Country, ISO 3166 two letters where known."),
        text("language", "Preferred language, ISO 639-1 where known."),
        text("age_band", "Age band, where the source gives a band instead of a birth date."),
        text("income_band", "Household income band."),
        text("household_size", "Persons in the household, as stated."),
        text("household_type", "Kind of household, as stated, such as single or family."),
        text("occupation", "Occupation, as stated."),
        text("education", "Highest education, as stated."),
        UPDATED_AT,
    ),
    natural_key=("customer_id",),
    event_time="signed_up_at",
    version="updated_at",
)

ORDERS = Source(
    name="orders",
    description="A completed or cancelled purchase.",
    required=True,
    columns=(
        key("order_id", "The order."),
        key("customer_id", "Who ordered."),
        Column("ordered_at", Type.INSTANT, "When the order was placed.", unit="UTC", required=True),
        Column(
            "amount",
            Type.MONEY,
            "What the customer paid for the goods, after discounts, before returns.",
            unit="base currency",
            required=True,
            minimum=0.0,
            maximum=1_000_000.0,
        ),
        Column(
            "discount_amount",
            Type.MONEY,
            "Discount given on the order.",
            unit="base currency",
            null_means="not known",
            minimum=0.0,
            maximum=1_000_000.0,
        ),
        text("channel", "Sales channel, for example web, store, app."),
        text("store_id", "Store of the purchase."),
        text("category", "Main category, where the shop has no order items."),
        text(
            "status", "completed or cancelled; a cancelled order is no order and no revenue.", allowed=("completed", "cancelled")
        ),
        UPDATED_AT,
    ),
    natural_key=("order_id",),
    event_time="ordered_at",
    version="updated_at",
    references=(OF_CUSTOMER,),
)

ORDER_ITEMS = Source(
    name="order_items",
    description="A line of an order.",
    columns=(
        key("order_id", "The order the line belongs to."),
        key("line_number", "The line within the order."),
        optional_key("product_id", "The product sold.", "not known"),
        Column("quantity", Type.NUMBER, "Units sold.", unit="units", null_means="not known", minimum=0.0, maximum=1_000_000.0),
        Column(
            "amount",
            Type.MONEY,
            "What the customer paid for the line, after discounts.",
            unit="base currency",
            required=True,
            minimum=0.0,
            maximum=1_000_000.0,
        ),
        Column(
            "discount_amount",
            Type.MONEY,
            "Discount given on the line.",
            unit="base currency",
            null_means="not known",
            minimum=0.0,
            maximum=1_000_000.0,
        ),
        text("category", "Category, where the shop has no products table."),
        optional_key("customer_id", "Who ordered, where orders are made from items.", "see the order"),
        Column(
            "ordered_at",
            Type.INSTANT,
            "When the order was placed, where orders are made from items.",
            unit="UTC",
            null_means="see the order",
        ),
        text("channel", "Sales channel, where orders are made from items."),
        text("store_id", "Store, where orders are made from items."),
        UPDATED_AT,
    ),
    natural_key=("order_id", "line_number"),
    event_time="ordered_at",
    version="updated_at",
    references=(Reference("order_id", "orders", "order_id"),),
)

PRODUCTS = Source(
    name="products",
    description="A product the shop sells or sold.",
    columns=(
        key("product_id", "The product."),
        text("name", "Name of the product."),
        text("category", "Category the shop files it under."),
        text("brand", "Brand."),
        Column(
            "unit_cost",
            Type.MONEY,
            "Cost of one unit.",
            unit="base currency",
            null_means="not known",
            minimum=0.0,
            maximum=1_000_000.0,
        ),
        UPDATED_AT,
    ),
    natural_key=("product_id",),
    version="updated_at",
)

RETURNS = Source(
    name="returns",
    description="Goods sent back; it lowers net revenue on the day it happens.",
    columns=(
        key("return_id", "The return."),
        key("order_id", "The order the goods came from."),
        Column("returned_at", Type.INSTANT, "When the goods came back.", unit="UTC", required=True),
        Column("amount", Type.MONEY, "Amount refunded.", unit="base currency", required=True, minimum=0.0, maximum=1_000_000.0),
        free_text("reason", "Why the goods came back."),
        UPDATED_AT,
    ),
    natural_key=("return_id",),
    event_time="returned_at",
    version="updated_at",
    references=(Reference("order_id", "orders", "order_id"),),
)
