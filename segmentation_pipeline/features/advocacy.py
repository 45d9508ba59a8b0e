"""Would the customer recommend the shop?  The latest answer to the item that asks (Net Promoter Score, Reichheld 2003)."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, latest
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source

_SOURCE = "surveys"


def _features(config: Config) -> tuple[Feature, ...]:
    never = "never asked, or no answer"
    value = (f"{_SOURCE}.value",)
    return (
        Feature(
            Column(
                "nps",
                Type.NUMBER,
                "Latest answer to how likely it is to recommend the shop.",
                "0 to 10",
                never,
                minimum=0,
                maximum=10,
            ),
            value,
        ),
        Feature(Column("nps_date", Type.DAY, "Day of that answer.", "day", never), value),
        Feature(Column("nps_days", Type.INTEGER, "Days from that answer to as_of.", "days", never, minimum=0), value),
    )


def _build(inputs: Inputs) -> ir.Table:
    answers = inputs.sources[_SOURCE]
    asked = answers.item == inputs.config.pipeline.features.nps_item
    known = answers.filter(asked, answers.value.between(0, 10))
    values = latest(known, "answered_at", "value", "response_id")
    days = known.group_by("customer_id").agg(nps_date=known.event_date.max())
    return values.join(days, "customer_id").select("customer_id", "nps_date", nps=values.value)


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    if "nps_date" not in row.columns:  # no source maps the answers' values
        return {}
    return {"nps_days": days_since(row.nps_date, as_of)}


ADVOCACY = Family(
    name="advocacy",
    description="The latest answer to whether the customer would recommend the shop.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    as_of_columns=_as_of_columns,
    off=needs_source(_SOURCE),
    is_behaviour=False,
)
