"""What a customer does with the e-mails of the shop."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SOURCE = "email_events"
_RECENT = Trailing(_SOURCE, 90)


def _features(config: Config) -> tuple[Feature, ...]:
    def mailings(name: str, description: str) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, "mailings", minimum=0), (f"{_SOURCE}.event",))

    def day(name: str, description: str, null_means: str) -> Feature:
        return Feature(Column(name, Type.DAY, description, "day", null_means), (f"{_SOURCE}.event",))

    def share(name: str, description: str) -> Feature:
        column = Column(name, Type.NUMBER, description, "share 0-1", "no mailing arrived in 90 days", minimum=0, maximum=1)
        return Feature(column, (f"{_SOURCE}.event",))

    never = "never opened one"
    return (
        mailings("email_received_90d", "Mailings with any event in the last 90 days that did not bounce."),
        mailings("email_opened_90d", "Of the mailings of the last 90 days, those opened or clicked."),
        mailings("email_clicked_90d", "Of the mailings of the last 90 days, those clicked."),
        mailings("email_bounced_90d", "Mailings of the last 90 days that bounced."),
        share("email_open_rate_90d", "Share of the mailings of the last 90 days that was opened or clicked."),
        share("email_click_rate_90d", "Share of the mailings of the last 90 days that was clicked."),
        day("last_email_open_date", "Day an e-mail was last opened or clicked.", never),
        Feature(
            Column("email_recency_days", Type.INTEGER, "Days from the latest open or click to as_of.", "days", never, minimum=0),
            (f"{_SOURCE}.event",),
        ),
        day("last_email_unsubscribe_date", "Day of the latest unsubscription by e-mail.", "never unsubscribed by e-mail"),
        day("last_email_complaint_date", "Day an e-mail was last reported as spam.", "never complained"),
    )


def _build(inputs: Inputs) -> ir.Table:
    events = inputs.sources[_SOURCE]
    of_late = events.filter(inputs.inside(_RECENT, events))
    opens = ("open", "click")
    mailing = of_late.group_by("customer_id", "message_id").agg(
        bounced=(of_late.event == "bounce").any(),
        opened=of_late.event.isin(opens).any(),
        clicked=(of_late.event == "click").any(),
    )
    arrived = ~mailing.bounced
    counts = mailing.group_by("customer_id").agg(
        email_received_90d=mailing.count(where=arrived),
        email_opened_90d=mailing.count(where=arrived & mailing.opened),
        email_clicked_90d=mailing.count(where=arrived & mailing.clicked),
        email_bounced_90d=mailing.count(where=mailing.bounced),
    )
    days = events.group_by("customer_id").agg(
        last_email_open_date=events.event_date.max(where=events.event.isin(opens)),
        last_email_unsubscribe_date=events.event_date.max(where=events.event == "unsubscribe"),
        last_email_complaint_date=events.event_date.max(where=events.event == "complaint"),
    )
    made = joined(days, counts)
    received = made.email_received_90d.nullif(0).cast("float64")
    return made.mutate(
        email_open_rate_90d=(made.email_opened_90d / received).round(6),
        email_click_rate_90d=(made.email_clicked_90d / received).round(6),
    )


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"email_recency_days": days_since(row.last_email_open_date, as_of)}


EMAIL = Family(
    name="email",
    description="Mailings received, opened, clicked and bounced in the last 90 days; unsubscriptions and complaints.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    as_of_columns=_as_of_columns,
    windows=(_RECENT,),
    off=needs_source(_SOURCE),
)
