"""How often a customer comes into the stores, and into which one."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined, most_frequent, total
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SOURCE = "store_visits"
_MONTH, _RECENT, _YEAR = Trailing(_SOURCE, 30), Trailing(_SOURCE, 90), Trailing(_SOURCE, 365)


def _features(config: Config) -> tuple[Feature, ...]:
    visited = (f"{_SOURCE}.visited_at",)
    never = "no visit known"

    def count(name: str, description: str, unit: str, needs: tuple[str, ...] = visited) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, unit, minimum=0), needs)

    return (
        Feature(Column("last_store_visit_date", Type.DAY, "Day of the latest visit to a store.", "day", never), visited),
        Feature(
            Column("store_visit_recency_days", Type.INTEGER, "Days from the latest visit to as_of.", "days", never, minimum=0),
            visited,
        ),
        count("store_visits_30d", "Visits to stores in the last 30 days.", "visits"),
        count("store_visits_90d", "Visits to stores in the last 90 days.", "visits"),
        count("store_seconds_90d", "Time in stores in the last 90 days.", "seconds", (f"{_SOURCE}.duration_seconds",)),
        count("store_order_visits_90d", "Visits of the last 90 days with an order.", "visits", (f"{_SOURCE}.orders",)),
        Feature(
            Column(
                "favourite_store",
                Type.TEXT,
                "Store of most visits of the last 365 days; the first by name wins a tie.",
                null_means="no visit in 365 days",
            ),
            (f"{_SOURCE}.store_id",),
        ),
    )


def _build(inputs: Inputs) -> ir.Table:
    visits = inputs.sources[_SOURCE]
    recent = inputs.inside(_RECENT, visits)
    made = visits.group_by("customer_id").agg(
        last_store_visit_date=visits.event_date.max(),
        store_visits_30d=visits.count(where=inputs.inside(_MONTH, visits)),
        store_visits_90d=visits.count(where=recent),
        store_seconds_90d=total(visits.duration_seconds, recent),
        store_order_visits_90d=visits.count(where=recent & (visits.orders > 0)),
    )
    favourites = most_frequent(visits.filter(inputs.inside(_YEAR, visits)), "store_id")
    return joined(made, favourites.rename(favourite_store="store_id"))


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"store_visit_recency_days": days_since(row.last_store_visit_date, as_of)}


STORE_VISITS = Family(
    name="store visits",
    description="Visits to stores of the last 30 and 90 days, and the favourite store.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    as_of_columns=_as_of_columns,
    windows=(_MONTH, _RECENT, _YEAR),
    off=needs_source(_SOURCE),
)
