"""What a customer does on the web: visits, pages, carts left behind."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined, most_frequent, total
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SOURCE = "web_sessions"
_MONTH, _RECENT = Trailing(_SOURCE, 30), Trailing(_SOURCE, 90)
_NO_VISIT = "no visit known"
_MOST = {"category": "web_category", "device": "web_device", "traffic_source": "web_traffic_source"}


def _features(config: Config) -> tuple[Feature, ...]:
    def integer(name: str, description: str, unit: str, *needs: str) -> Feature:
        return Feature(
            Column(name, Type.INTEGER, description, unit, minimum=0), tuple(f"{_SOURCE}.{n}" for n in needs or ("started_at",))
        )

    def text(name: str, description: str, need: str) -> Feature:
        return Feature(Column(name, Type.TEXT, description, null_means="no such visit in 90 days"), (f"{_SOURCE}.{need}",))

    visited = (f"{_SOURCE}.started_at",)
    return (
        Feature(Column("last_web_session_date", Type.DAY, "Day of the latest visit.", "day", _NO_VISIT), visited),
        Feature(
            Column("web_recency_days", Type.INTEGER, "Days from the latest visit to as_of.", "days", _NO_VISIT, minimum=0),
            visited,
        ),
        integer("web_sessions_30d", "Visits in the last 30 days.", "visits"),
        integer("web_sessions_90d", "Visits in the last 90 days.", "visits"),
        integer("web_page_views_90d", "Pages looked at in the last 90 days.", "pages", "page_views"),
        integer("web_seconds_90d", "Time on the site in the last 90 days.", "seconds", "duration_seconds"),
        integer("web_cart_sessions_90d", "Visits of the last 90 days with something put into the cart.", "visits", "cart_adds"),
        integer(
            "web_abandoned_carts_90d",
            "Visits of the last 90 days with something put into the cart and no order.",
            "visits",
            "cart_adds",
            "orders",
        ),
        integer("web_order_sessions_90d", "Visits of the last 90 days with an order.", "visits", "orders"),
        text("web_category", "Category of most visits of the last 90 days.", "category"),
        text("web_device", "Kind of device of most visits of the last 90 days.", "device"),
        text("web_traffic_source", "Where most visits of the last 90 days came from.", "traffic_source"),
    )


def _build(inputs: Inputs) -> ir.Table:
    visits = inputs.sources[_SOURCE]
    month, recent = inputs.inside(_MONTH, visits), inputs.inside(_RECENT, visits)
    with_cart = recent & (visits.cart_adds > 0)
    made = visits.group_by("customer_id").agg(
        last_web_session_date=visits.event_date.max(),
        web_sessions_30d=visits.count(where=month),
        web_sessions_90d=visits.count(where=recent),
        web_page_views_90d=total(visits.page_views, recent),
        web_seconds_90d=total(visits.duration_seconds, recent),
        web_cart_sessions_90d=visits.count(where=with_cart),
        web_abandoned_carts_90d=visits.count(where=with_cart & (visits.orders.fill_null(0) == 0)),
        web_order_sessions_90d=visits.count(where=recent & (visits.orders > 0)),
    )
    of_late = visits.filter(recent)
    for column, name in _MOST.items():
        made = joined(made, most_frequent(of_late, column)).rename({name: column})
    return made


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"web_recency_days": days_since(row.last_web_session_date, as_of)}


WEB = Family(
    name="web",
    description="Visits to the web shop or app of the last 30 and 90 days: how many, how long, carts left behind.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    as_of_columns=_as_of_columns,
    windows=(_MONTH, _RECENT),
    off=needs_source(_SOURCE),
)
