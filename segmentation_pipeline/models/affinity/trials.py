"""Every send whose response is known by now: to whom, by which channel or at which hour, and whether it was responded to.

Opens are not read: mail programs open by themselves (Apple Mail Privacy Protection), whoever the reader is.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.business_clock import business_time
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.models.affinity.settings import AffinityConfig

HOUR, CHANNEL = "hour", "channel"
SOURCES = {HOUR: ("email_events",), CHANNEL: ("campaign_contacts", "orders")}


def dimensions(config: Config) -> tuple[str, ...]:
    """Those of hour and channel whose sources the configuration has."""
    return tuple(name for name, sources in SOURCES.items() if all(config.has(source) for source in sources))


def trials(engine: Engine, config: Config, dimension: str, as_of: date, settings: AffinityConfig) -> ir.Table:
    """One row per send: customer_id, day, ``value`` (a channel, or an hour of two digits by the clock of the business) and
    ``responded`` (0 or 1), of sends whose days to respond are over at the end of ``as_of``."""
    if dimension == HOUR:
        mailings = rows_by_customer(engine, config, "email_events")
        return sent_mailings(mailings, config, as_of, settings)
    contacts = rows_by_customer(engine, config, "campaign_contacts")
    orders = completed_orders(rows_by_customer(engine, config, "orders"), config)
    return contacted(contacts, orders, as_of, settings)


def sent_mailings(events: ir.Table, config: Config, as_of: date, settings: AffinityConfig) -> ir.Table:
    """A mailing to a customer, with the hour it was sent at; one that bounced, or whose time of day is not known, is none."""
    is_sent = events.event.isin(("sent", "delivered"))
    each = events.group_by("customer_id", "message_id").agg(
        sent_at=events.occurred_at.min(where=is_sent),
        day=events.event_date.min(where=is_sent),
        bounced=(events.event == "bounce").any(),
    )
    each = each.filter(each.sent_at.notnull(), ~each.bounced, each.day <= as_of - timedelta(days=settings.click_days))
    business, quality = config.pipeline.business, config.pipeline.quality
    local = business_time(each.sent_at, business.zone, quality.earliest_date, as_of)
    # Files that know no time say midnight, of the business or in UTC.
    day_only = (local == each.day.cast("timestamp")) | (each.sent_at == each.sent_at.date().cast("timestamp"))
    timed = each.mutate(hour=local.hour().cast("string")).filter(~day_only)
    clicks = events.filter(events.event == "click").select("customer_id", "message_id", clicked="event_date")
    after = timed.inner_join(clicks, ["customer_id", "message_id"])
    waited = after.clicked.delta(after.day, unit="day")
    answered = after.filter(waited >= 0, waited <= settings.click_days)
    answered = answered.select("customer_id", "message_id", answered=ibis.literal(1)).distinct()
    rows = timed.left_join(answered, ["customer_id", "message_id"])
    return rows.select("customer_id", "day", value=rows.hour.lpad(2, "0"), responded=rows.answered.fill_null(0).cast("int64"))


def contacted(contacts: ir.Table, orders: ir.Table, as_of: date, settings: AffinityConfig) -> ir.Table:
    """A contact by a known channel; those held out were not contacted."""
    reached = contacts.filter(
        contacts.arm != Arm.HOLDOUT.value,
        contacts.channel.notnull(),
        contacts.event_date <= as_of - timedelta(days=settings.order_days),
    )
    sends = reached.select("customer_id", "campaign", "contacted_at", day=reached.event_date, value=reached.channel.lower())
    bought = orders.select(buyer="customer_id", bought_on="event_date").distinct()
    after = sends.inner_join(bought, sends.customer_id == bought.buyer)
    waited = after.bought_on.delta(after.day, unit="day")
    key = ("customer_id", "campaign", "contacted_at")
    answered = after.filter(waited >= 1, waited <= settings.order_days).select(*key).distinct().mutate(answered=ibis.literal(1))
    rows = sends.left_join(answered, [*key])
    return rows.select("customer_id", "day", "value", responded=rows.answered.fill_null(0).cast("int64"))
