"""What a customer asks the support, and how satisfied the answers leave them."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since
from segmentation_pipeline.features.family import Family, Feature, Inputs, is_mapped, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SOURCE = "support"
_RECENT, _YEAR = Trailing(_SOURCE, 90), Trailing(_SOURCE, 365)
_NOT_SETTLED = Trailing(_SOURCE, 0, "closed_at")


def _features(config: Config) -> tuple[Feature, ...]:
    opened, closed, satisfaction, answered = (
        f"{_SOURCE}.{name}" for name in ("opened_at", "closed_at", "satisfaction", "answered_at")
    )

    def tickets(name: str, description: str, *needs: str) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, "requests", minimum=0), (opened, *needs))

    none = "no request known"
    return (
        tickets("tickets_90d", "Requests of the last 90 days."),
        tickets("tickets_365d", "Requests of the last 365 days."),
        tickets("open_tickets", "Requests not settled at the end of as_of.", closed),
        Feature(Column("last_ticket_date", Type.DAY, "Day of the latest request.", "day", none), (opened,)),
        Feature(
            Column("ticket_recency_days", Type.INTEGER, "Days from the latest request to as_of.", "days", none, minimum=0),
            (opened,),
        ),
        Feature(
            Column(
                "support_satisfaction_365d",
                Type.NUMBER,
                "Mean satisfaction with requests of the last 365 days, as said by the end of as_of: an answer counts from its "
                "own time (answered_at), without one from when the request was settled (closed_at).",
                "1 not at all to 5 very",
                "not said of any request of 365 days",
                minimum=1,
                maximum=5,
            ),
            (satisfaction, answered if is_mapped(config, answered) else closed),
        ),
    )


def _build(inputs: Inputs) -> ir.Table:
    tickets = inputs.sources[_SOURCE]
    year = inputs.inside(_YEAR, tickets)
    said = year & tickets.satisfaction.notnull()
    is_open = tickets.closed_at.isnull() | inputs.inside(_NOT_SETTLED, tickets)
    made = tickets.group_by("customer_id").agg(
        tickets_90d=tickets.count(where=inputs.inside(_RECENT, tickets)),
        tickets_365d=tickets.count(where=year),
        open_tickets=tickets.count(where=is_open),
        last_ticket_date=tickets.event_date.max(),
        total=tickets.satisfaction.sum(where=said),
        answers=tickets.count(where=said),
    )
    mean = made.total.cast("float64") / made.answers.nullif(0)
    return made.mutate(support_satisfaction_365d=mean.round(6)).drop("total", "answers")


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"ticket_recency_days": days_since(row.last_ticket_date, as_of)}


SUPPORT = Family(
    name="support",
    description="Requests to the support and satisfaction with them.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    as_of_columns=_as_of_columns,
    windows=(_RECENT, _YEAR, _NOT_SETTLED),
    off=needs_source(_SOURCE),
)
