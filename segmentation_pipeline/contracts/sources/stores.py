"""Where the shop has stores, who comes into them, and where places lie."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import (
    OF_CUSTOMER,
    UPDATED_AT,
    Reference,
    Source,
    count,
    instant,
    key,
    optional_key,
    text,
)


def _degrees(name: str, description: str, most: float, *, required: bool) -> Column:
    null_means = None if required else "not known"
    return Column(name, Type.NUMBER, description, "degrees", null_means, required=required, minimum=-most, maximum=most)


def _position(*, required: bool) -> tuple[Column, Column]:
    return (
        _degrees("latitude", "Degrees north of the equator, WGS 84; negative in the south.", 90.0, required=required),
        _degrees("longitude", "Degrees east of Greenwich, WGS 84; negative in the west.", 180.0, required=required),
    )


STORES = Source(
    name="stores",
    description="A store of the shop, known from the day it opens.",
    columns=(
        key("store_id", "The store."),
        text("name", "Name of the store."),
        text("city", "Town."),
        text("region", "State or region."),
        text("country", "Country, ISO 3166 two letters where known."),
        *_position(required=False),
        Column("opened_at", Type.INSTANT, "When it opened.", unit="UTC", null_means="before the data begins"),
        Column(
            "closed_at", Type.INSTANT, "When it closed for good.", unit="UTC", null_means="still open", known_at=("closed_at",)
        ),
        UPDATED_AT,
    ),
    natural_key=("store_id",),
    event_time="opened_at",
    version="updated_at",
)

PLACES = Source(
    name="places",
    description="A place customers live in: where it lies and how many live there, as in any postal gazetteer.",
    columns=(
        key("place_id", "The place."),
        text("country", "Country, spelled as customers' countries are."),
        text("city", "Town, spelled as customers' towns are; customers without a known postal code are found by it."),
        text("postal_code", "Postal code, spelled as customers' postal codes are."),
        *_position(required=True),
        count("population", "People who live in the town or village.", "people"),
        UPDATED_AT,
    ),
    natural_key=("place_id",),
    version="updated_at",
)

STORE_VISITS = Source(
    name="store_visits",
    description="A visit of a customer to a store, told by a card, an app or the till.",
    columns=(
        key("visit_id", "The visit."),
        optional_key("customer_id", "Who came.", "not recognised"),
        key("store_id", "The store."),
        instant("visited_at", "When the visit began."),
        count("duration_seconds", "How long the visit lasted.", "seconds"),
        count("orders", "Orders placed during the visit.", "orders"),
        UPDATED_AT,
    ),
    natural_key=("visit_id",),
    event_time="visited_at",
    version="updated_at",
    references=(OF_CUSTOMER, Reference("store_id", "stores", "store_id")),
)
