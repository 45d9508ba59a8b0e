"""Who the customer is: the attributes that ``privacy.yaml`` allows, and nothing else.

Birth dates stay in schema ``pii``; age in whole years and month of birth leave it only when allowed.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source

_PLAIN = (
    "gender",
    "city",
    "region",
    "country",
    "language",
    "age_band",
    "income_band",
    "household_size",
    "household_type",
    "occupation",
    "education",
)
_UNKNOWN = "not known"


def _features(config: Config) -> tuple[Feature, ...]:
    from segmentation_pipeline.contracts.sources import CUSTOMERS

    born = ("customers.birth_date",)
    possible = {
        "age_years": Feature(
            Column("age_years", Type.INTEGER, "Age in whole years at as_of.", "years", _UNKNOWN, minimum=0, maximum=130), born
        ),
        "birth_month": Feature(
            Column("birth_month", Type.INTEGER, "Month of birth, 1 to 12.", "month", _UNKNOWN, minimum=1, maximum=12), born
        ),
        **{
            name: Feature(
                Column(name, Type.TEXT, CUSTOMERS.column(name).description, null_means=_UNKNOWN), (f"customers.{name}",)
            )
            for name in _PLAIN
        },
    }
    signed_up = ("customers.signed_up_at",)
    return (
        *(possible[name] for name in possible if name in config.privacy.attributes),
        Feature(Column("signed_up_date", Type.DAY, "Day of registration.", "day", _UNKNOWN), signed_up),
        Feature(Column("signup_days", Type.INTEGER, "Days from registration to as_of.", "days", _UNKNOWN, minimum=0), signed_up),
    )


def _build(inputs: Inputs) -> ir.Table:
    customers, pii = inputs.customers, inputs.pii
    assert customers is not None and pii is not None
    as_of = inputs.as_of
    born = pii.select("customer_id", "birth_date")
    table = joined(customers, born)
    had_birthday = (table.birth_date.month() * 100 + table.birth_date.day()) <= as_of.month * 100 + as_of.day
    made: dict[str, ir.Value] = {
        "age_years": (as_of.year - table.birth_date.year() - ibis.ifelse(had_birthday, 0, 1)).cast("int64"),
        "birth_month": table.birth_date.month().cast("int64"),
        **{name: table[name] for name in _PLAIN},
    }
    return table.select(
        "customer_id",
        **{name: value for name, value in made.items() if name in inputs.config.privacy.attributes},
        signed_up_date=table.event_date,
    )


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    if "signed_up_date" not in row.columns:  # no source maps it
        return {}
    return {"signup_days": days_since(row.signed_up_date, as_of)}


def _expired_between(inputs: Inputs, earlier: date, later: date) -> ir.Table:
    """Those whose birthday lies between the days: their birth dates do not leave schema ``pii``, so their age is stored."""
    pii = inputs.pii
    assert pii is not None
    day_of_year = pii.birth_date.month() * 100 + pii.birth_date.day()
    start, end = (day.month * 100 + day.day for day in (earlier, later))
    if "age_years" not in inputs.config.privacy.attributes:
        between: ir.BooleanValue = ibis.literal(False)
    elif (later - earlier).days > 365:
        between = pii.birth_date.notnull()
    elif start <= end:
        between = (day_of_year > start) & (day_of_year <= end)
    else:
        between = (day_of_year > start) | (day_of_year <= end)
    return pii.filter(between.fill_null(False)).select("customer_id")


DEMOGRAPHICS = Family(
    name="demographics",
    description="Personal attributes that the privacy configuration allows, and time since registration.",
    features=_features,
    build=_build,
    as_of_columns=_as_of_columns,
    expired_between=_expired_between,
    off=needs_source("customers"),
    is_behaviour=False,
)
