"""Whose holidays count for a customer, and what is observed where they live or in the language they stated.

Nothing is told from a name, and nothing is said of what a customer believes.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, Observance
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.calendar import Calendar, holiday_regions, regions_off
from segmentation_pipeline.features.events import joined
from segmentation_pipeline.features.family import Family, Feature, Inputs

_NO_PLACE = "no country with known holidays"


def _features(config: Config) -> tuple[Feature, ...]:
    country = ("customers.country",)
    observances = config.pipeline.features.observances
    return (
        Feature(
            Column(
                "holiday_region",
                Type.TEXT,
                "Country, or part of it with holidays of its own, whose holidays count where the customer lives (ISO 3166).",
                null_means=_NO_PLACE,
            ),
            country,
        ),
        Feature(
            Column("next_holiday", Type.TEXT, "The next public holiday there, as_of included.", null_means=_NO_PLACE), country
        ),
        Feature(
            Column("days_to_next_holiday", Type.INTEGER, "Days from as_of to that holiday.", "days", _NO_PLACE, minimum=0),
            country,
        ),
        *(
            Feature(
                Column(
                    observance_column(name),
                    Type.BOOLEAN,
                    f"Whether {name} is observed where the customer lives or in the language the customer stated.",
                    null_means="neither place nor language known",
                ),
                country,
            )
            for name in observances
        ),
    )


def observance_column(name: str) -> str:
    return f"observance_{name}"


def _build(inputs: Inputs) -> ir.Table:
    customers, calendar = inputs.customers, inputs.calendar
    assert customers is not None and calendar is not None
    language_allowed = "language" in inputs.config.privacy.attributes
    spoken = customers.language.strip().lower() if language_allowed else ibis.null("string")
    table = joined(customers.select("customer_id", spoken=spoken), holiday_regions(customers, calendar.regions))
    observances = inputs.config.pipeline.features.observances
    return table.select(
        "customer_id",
        "holiday_region",
        **{observance_column(name): _concerns(observance, table) for name, observance in observances.items()},
    )


def _concerns(observance: Observance, table: ir.Table) -> ir.BooleanValue:
    """Whether the customer lives in one of the places, a part of a country included, or stated one of the languages."""
    place, spoken = table.holiday_region, table.spoken
    lives = ibis.or_(*(((place == each) | place.startswith(f"{each}-")) for each in observance.places))
    speaks = ibis.or_(*(((spoken == each) | spoken.startswith(f"{each}-")) for each in observance.languages))
    known = (place.notnull() if observance.places else ibis.literal(False)) | (
        spoken.notnull() if observance.languages else ibis.literal(False)
    )
    return ibis.ifelse(known, lives.fill_null(False) | speaks.fill_null(False), ibis.null("boolean"))


def _as_of_join(rows: ir.Table, as_of: date, config: Config, calendar: Calendar | None) -> ir.Table:
    if "holiday_region" not in rows.columns or calendar is None:  # no source maps the country
        return rows
    today = calendar.days.filter(calendar.days.day == ibis.literal(as_of))
    ahead = today.select("place", "next_holiday", "next_holiday_date")
    found = rows.left_join(ahead, rows.holiday_region == ahead.place).drop("place")
    days = found.next_holiday_date.delta(ibis.literal(as_of), unit="day").cast("int64")
    return found.mutate(days_to_next_holiday=days).drop("next_holiday_date")


CULTURE = Family(
    name="culture",
    description="The holidays of where a customer lives, and what is observed there or in the customer's language.",
    features=_features,
    build=_build,
    as_of_join=_as_of_join,
    off=regions_off,
    is_behaviour=False,
)
