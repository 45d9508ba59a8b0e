"""The events whose windows are compared, by metric: those of orders always, of visits and clicks where a source has them."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.identity.canonical import rows_by_customer

SOURCES = {"orders": "orders", "visits": "web_sessions", "clicks": "email_events"}
"""By metric the source it is counted in.  Not opens: mail programs open by themselves."""


def metrics(config: Config) -> dict[str, str]:
    """By metric the source, of those the configuration has."""
    return {name: source for name, source in SOURCES.items() if config.has(source)}


def events_by_metric(engine: Engine, config: Config) -> Mapping[str, ir.Table]:
    """By metric a row per event: customer_id, event_date and, of orders, amount.  A mailing is clicked once."""
    found = {}
    for name, source in metrics(config).items():
        rows = rows_by_customer(engine, config, source)
        if name == "orders":
            found[name] = completed_orders(rows, config).select("customer_id", "event_date", "amount")
            continue
        if name == "clicks":
            clicks = rows.filter(rows.event == "click")
            rows = clicks.group_by("customer_id", "message_id").agg(event_date=clicks.event_date.min())
        known = rows.filter(rows.customer_id.notnull())
        found[name] = known.select("customer_id", "event_date", amount=ibis.null(Type.MONEY.ibis))
    return found
