"""The sources the pipeline understands: one contract per source, only ``orders`` is required.

Belongs here: what a source *means* once it is clean.  Does not belong here: where the files of
one shop lie and how they spell their columns (``config/sources.yaml``).
"""

from __future__ import annotations

from dataclasses import dataclass

from segmentation_pipeline.contracts.columns import Column, Type


@dataclass(frozen=True, slots=True)
class Reference:
    """``column`` of this source must exist as ``to_column`` of the clean table ``to_source``."""

    column: str
    to_source: str
    to_column: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source's contract.

    ``natural_key`` identifies the thing a row describes; of several accepted rows with one key
    the latest by ``version`` (then file name, then row) is kept, the others are superseded.
    ``event_time`` decides what was known at the end of an ``as_of`` day; sources without it are
    plain dimensions, known as received.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    natural_key: tuple[str, ...]
    event_time: str | None = None
    version: str | None = None
    references: tuple[Reference, ...] = ()
    required: bool = False

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def pii_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.pii)


def _key(name: str, description: str) -> Column:
    return Column(name, Type.TEXT, description, required=True, is_key=True)


def _optional_key(name: str, description: str, null_means: str) -> Column:
    return Column(name, Type.TEXT, description, null_means=null_means, is_key=True)


def _text(name: str, description: str, *, pii: bool = False, required: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    null_means = None if required else "not known"
    return Column(name, Type.TEXT, description, null_means=null_means, pii=pii, required=required, allowed=allowed)


_UPDATED_AT = Column(
    "updated_at", Type.INSTANT, "When the row was last changed at its origin.", unit="UTC", null_means="never corrected"
)
_CUSTOMER = Reference("customer_id", "customers", "customer_id")

CUSTOMERS = Source(
    name="customers",
    description="A person or household the shop knows; personal data goes to schema pii.",
    columns=(
        _key("customer_id", "The customer."),
        Column("signed_up_at", Type.INSTANT, "When the customer first registered.", unit="UTC", null_means="not known"),
        _text("first_name", "Given name.", pii=True),
        _text("last_name", "Family name.", pii=True),
        _text("email", "E-mail address.", pii=True),
        _text("phone", "Telephone number, international form where known.", pii=True),
        Column("birth_date", Type.DAY, "Date of birth.", null_means="not known", pii=True),
        _text("street", "Street and house number.", pii=True),
        _text("postal_code", "Postal code.", pii=True),
        _text("gender", "Gender as stated by the customer."),
        _text("city", "Town."),
        _text("region", "State or region."),
        _text("country", "Country, ISO 3166 two letters where known."),
        _text("language", "Preferred language, ISO 639-1 where known."),
        _text("age_band", "Age band, where the source gives a band instead of a birth date."),
        _text("income_band", "Household income band."),
        _text("household_size", "Persons in the household, as stated."),
        _UPDATED_AT,
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
        _key("order_id", "The order."),
        _key("customer_id", "Who ordered."),
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
        _text("channel", "Sales channel, for example web, store, app."),
        _text("store_id", "Store of the purchase."),
        _text("category", "Main category, where the shop has no order items."),
        _text(
            "status", "completed or cancelled; a cancelled order is no order and no revenue.", allowed=("completed", "cancelled")
        ),
        _UPDATED_AT,
    ),
    natural_key=("order_id",),
    event_time="ordered_at",
    version="updated_at",
    references=(_CUSTOMER,),
)

ORDER_ITEMS = Source(
    name="order_items",
    description="A line of an order.",
    columns=(
        _key("order_id", "The order the line belongs to."),
        _key("line_number", "The line within the order."),
        _optional_key("product_id", "The product sold.", "not known"),
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
        _text("category", "Category, where the shop has no products table."),
        _optional_key("customer_id", "Who ordered, where orders are made from items.", "see the order"),
        Column(
            "ordered_at",
            Type.INSTANT,
            "When the order was placed, where orders are made from items.",
            unit="UTC",
            null_means="see the order",
        ),
        _text("channel", "Sales channel, where orders are made from items."),
        _text("store_id", "Store, where orders are made from items."),
        _UPDATED_AT,
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
        _key("product_id", "The product."),
        _text("name", "Name of the product."),
        _text("category", "Category the shop files it under."),
        _text("brand", "Brand."),
        Column("unit_cost", Type.MONEY, "Cost of one unit.", unit="base currency", null_means="not known", minimum=0.0),
        _UPDATED_AT,
    ),
    natural_key=("product_id",),
    version="updated_at",
)

RETURNS = Source(
    name="returns",
    description="Goods sent back; it lowers net revenue on the day it happens.",
    columns=(
        _key("return_id", "The return."),
        _key("order_id", "The order the goods came from."),
        Column("returned_at", Type.INSTANT, "When the goods came back.", unit="UTC", required=True),
        Column("amount", Type.MONEY, "Amount refunded.", unit="base currency", required=True, minimum=0.0, maximum=1_000_000.0),
        _text("reason", "Why the goods came back."),
        _UPDATED_AT,
    ),
    natural_key=("return_id",),
    event_time="returned_at",
    version="updated_at",
    references=(Reference("order_id", "orders", "order_id"),),
)

CONSENTS = Source(
    name="consents",
    description="An event of the consent ledger; the last one up to a day counts.",
    columns=(
        _key("customer_id", "Who gave or withdrew consent."),
        _text("channel", "Channel the consent is for: email, sms, post, ...", required=True),
        _text("purpose", "Purpose the consent is for: marketing, ...", required=True),
        _text("status", "granted or withdrawn.", required=True, allowed=("granted", "withdrawn")),
        Column("occurred_at", Type.INSTANT, "When it was given or withdrawn.", unit="UTC", required=True),
    ),
    natural_key=("customer_id", "channel", "purpose", "status", "occurred_at"),
    event_time="occurred_at",
    references=(_CUSTOMER,),
)

SUPPRESSIONS = Source(
    name="suppressions",
    description="A customer who must not be contacted from a day on, whatever the consent says.",
    columns=(
        _key("customer_id", "Who must not be contacted."),
        _text("reason", "Why: complaint, deceased, legal, bounced, ..."),
        Column("suppressed_at", Type.INSTANT, "From when.", unit="UTC", required=True),
    ),
    natural_key=("customer_id", "suppressed_at"),
    event_time="suppressed_at",
)

CAMPAIGN_CONTACTS = Source(
    name="campaign_contacts",
    description="A customer drawn for a past campaign: which arm, and what happened after.",
    columns=(
        _key("campaign", "The campaign."),
        _key("customer_id", "The customer drawn."),
        Column("contacted_at", Type.INSTANT, "When the campaign went out.", unit="UTC", required=True),
        _text("channel", "Channel of the contact."),
        _text("arm", "treatment (was contacted) or holdout (was kept out).", required=True, allowed=("treatment", "holdout")),
        Column(
            "converted_at", Type.INSTANT, "First order in the outcome window.", unit="UTC", null_means="no order in the window"
        ),
        Column(
            "outcome_amount",
            Type.MONEY,
            "Revenue in the outcome window.",
            unit="base currency",
            null_means="not known",
            minimum=0.0,
        ),
        _UPDATED_AT,
    ),
    natural_key=("campaign", "customer_id", "contacted_at"),
    event_time="contacted_at",
    version="updated_at",
    references=(_CUSTOMER,),
)

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        CUSTOMERS,
        PRODUCTS,
        ORDERS,
        ORDER_ITEMS,
        RETURNS,
        CONSENTS,
        SUPPRESSIONS,
        CAMPAIGN_CONTACTS,
    )
}
"""Every known source by name, in the order they are cleaned: a reference points backwards."""
