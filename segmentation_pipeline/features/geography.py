"""What kind of place customers live in, and how far from a store.

Shops know town and postal code of a customer; where those lie is said by source ``places``.  So no
position of a home is ever held, and what leaves schema ``pii`` is no finer than whole kilometres.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import joined
from segmentation_pipeline.features.family import Family, Feature, Inputs, is_mapped
from segmentation_pipeline.features.great_circle import kilometres
from segmentation_pipeline.features.trailing import Trailing

_PLACES, _STORES = "places", "stores"
_NOT_CLOSED = Trailing(_STORES, 0, "closed_at")
URBANITY = ((50_000, "city"), (5_000, "town"))
"""Places of at least so many people; all others are rural.

The sizes are those of the degree of urbanisation (Eurostat 2021); density, which it looks at as well,
stands in no gazetteer.
"""
BANDS = ((5, "under_5_km"), (20, "5_to_20_km"), (50, "20_to_50_km"))
"""Distances below so many kilometres; all others are in ``_BEYOND``."""
_BEYOND = "over_50_km"


def _features(config: Config) -> tuple[Feature, ...]:
    nowhere = "no place known for town or postal code"
    no_store = f"{nowhere}, or no store open"
    apart = tuple(f"{source}.{column}" for source in (_PLACES, _STORES) for column in ("latitude", "longitude"))
    features = (
        Feature(
            Column(
                "urbanity",
                Type.TEXT,
                "Kind of place the customer lives in: city (50,000 people or more), town (5,000 or more) or rural.",
                null_means=nowhere,
                allowed=(*(name for _, name in URBANITY), "rural"),
            ),
            (f"{_PLACES}.population",),
        ),
        Feature(Column("nearest_store", Type.TEXT, "Store nearest to the customer's place.", null_means=no_store), apart),
        Feature(
            Column(
                "store_distance_km",
                Type.INTEGER,
                "Whole kilometres from the customer's place to the nearest store as the crow flies.",
                "km",
                no_store,
                minimum=0,
            ),
            apart,
        ),
        Feature(
            Column(
                "store_distance_band",
                Type.TEXT,
                "Band of the distance to the nearest store.",
                null_means=no_store,
                allowed=(*(name for _, name in BANDS), _BEYOND),
            ),
            apart,
        ),
    )
    return tuple(feature for feature in features if feature.column.name in config.privacy.attributes)


def _build(inputs: Inputs) -> ir.Table:
    customers, pii, places = inputs.customers, inputs.pii, inputs.shared[_PLACES]
    assert customers is not None and pii is not None
    homes = customer_places(customers, pii, places)
    lived_in = places.semi_join(homes, "place_id")
    sizes = [(lived_in.population >= least, name) for least, name in URBANITY]
    about = lived_in.select(
        "place_id",
        urbanity=ibis.cases(*sizes, (lived_in.population.notnull(), "rural"), else_=ibis.null("string")),
    )
    homes = homes.left_join(about, "place_id").drop("place_id_right")
    if not inputs.config.has(_STORES):
        return homes
    nearest = nearest_stores(lived_in, _open(inputs))
    return homes.left_join(nearest, "place_id").drop("place_id_right")


def customer_places(customers: ir.Table, pii: ir.Table, places: ir.Table) -> ir.Table:
    """customer_id and place_id of those whose place is known: that of the postal code, else that of the town.

    Country, postal code and town are compared without regard to case; a country left out on both sides is the
    same one.  Of several places the one with most people counts, then the first by place_id.
    """
    people = joined(customers.select("customer_id", "country", "city"), pii.select("customer_id", "postal_code"))
    found = people.select("customer_id", **{name: _spelled(people, name) for name in ("country", "city", "postal_code")})
    for column in ("postal_code", "city"):
        known = _most_populous(places, column)
        found = found.left_join(known, ["country", column]).drop("country_right", f"{column}_right")
    place = ibis.coalesce(found.place_of_postal_code, found.place_of_city)
    return found.select("customer_id", place_id=place).filter(place.notnull())


def _spelled(table: ir.Table, column: str) -> ir.Value:
    text = table[column].lower()
    return text.fill_null("") if column == "country" else text


def _most_populous(places: ir.Table, column: str) -> ir.Table:
    """Per country and value of ``column`` the place with most people, as ``place_of_<column>``."""
    named = places.filter(places[column].notnull())
    named = named.select("place_id", "population", **{name: _spelled(named, name) for name in ("country", column)})
    order = ibis.window(group_by=["country", column], order_by=[named.population.desc(nulls_first=False), named.place_id])
    ranked = named.mutate(rank=ibis.row_number().over(order))
    return ranked.filter(ranked["rank"] == 0).select("country", column, **{f"place_of_{column}": ranked.place_id})


def nearest_stores(places: ir.Table, stores: ir.Table) -> ir.Table:
    """A row per place: place_id, the nearest store, its distance in whole kilometres, rounded down, and the band.

    Distances are compared in whole metres, so that rounding decides nothing; the first store by name wins a tie.
    """
    positions = stores.select("store_id", to_latitude=stores.latitude, to_longitude=stores.longitude)
    pairs = places.select("place_id", "latitude", "longitude").cross_join(positions)
    km = kilometres(pairs.latitude, pairs.longitude, pairs.to_latitude, pairs.to_longitude)
    pairs = pairs.select("place_id", "store_id", metres=(km * 1000).round().cast("int64")).filter(ibis._.metres.notnull())
    order = ibis.window(group_by="place_id", order_by=[pairs.metres, pairs.store_id])
    ranked = pairs.mutate(place=ibis.row_number().over(order), km=(pairs.metres // 1000).cast("int64"))
    bands = [(ranked.km < below, name) for below, name in BANDS]
    return ranked.filter(ranked.place == 0).select(
        "place_id",
        nearest_store=ranked.store_id,
        store_distance_km=ranked.km,
        store_distance_band=ibis.cases(*bands, else_=_BEYOND),
    )


def _open(inputs: Inputs) -> ir.Table:
    """The stores that are open at the end of the day; one that opens later is not known yet."""
    stores = inputs.shared[_STORES]
    return stores.filter(inputs.inside(_NOT_CLOSED, stores).fill_null(True))


def _changed_by_reference(inputs: Inputs, dirty: Mapping[str, ir.Table]) -> ir.Table:
    """Everybody, when a place or store came, went or changed, or a store closed; a row without a key never counted."""
    changed = [dirty[source].rename(key=key) for source, key in ((_PLACES, "place_id"), (_STORES, "store_id")) if source in dirty]
    keys = ibis.union(*(table.select("key") for table in changed)) if len(changed) > 1 else changed[0]
    return _everybody_if(inputs, keys.filter(keys.key.notnull()))


def _everybody_if(inputs: Inputs, rows: ir.Table) -> ir.Table:
    """customer_id of everybody when there are rows, of nobody otherwise."""
    assert inputs.customers is not None
    some = rows.select(some=ibis.literal(True)).distinct()
    return inputs.customers.select("customer_id").cross_join(some).select("customer_id")


def _off(config: Config) -> str | None:
    for source in ("customers", _PLACES):
        if not config.has(source):
            return f"source '{source}' is not configured"
    if any(
        all(is_mapped(config, f"{source}.{column}") for source in ("customers", _PLACES)) for column in ("city", "postal_code")
    ):
        return None
    return "needs customers.city and places.city, or customers.postal_code and places.postal_code, which no source maps"


GEOGRAPHY = Family(
    name="geography",
    description="City, town or country, and the way to the nearest store, as far as the privacy configuration allows.",
    features=_features,
    build=_build,
    shared=(_PLACES, _STORES),
    shared_windows=(_NOT_CLOSED,),
    changed_by_reference=_changed_by_reference,
    off=_off,
    is_behaviour=False,
)
