"""What customers did after a day: what a model is to foretell."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.stored import clean_inputs
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.models.predictions.past_features import PastFeatures
from segmentation_pipeline.models.predictions.who import Membership, membership
from segmentation_pipeline.rules.parse import parse_rule
from segmentation_pipeline.rules.windows import event_columns

OUTCOME, DAYS = "outcome", "days_until"


def with_outcome(
    engine: Engine, config: Config, asked: PredictiveModel, rows: ir.Table, day: date, past: PastFeatures
) -> ir.Table:
    """``rows`` (customer_id and more) with ``outcome``: what happened after ``day`` up to ``horizon_days`` later, as a number.

    Of a probability 1 where it happened, else 0; else the completed orders, or what was paid for orders less what was paid
    back, in the base currency, at least 0.  Never null.  Of what happens on days also ``days_until`` the first
    of them, counted from ``day``; null without one.
    """
    last = day + timedelta(days=asked.horizon_days)
    member = membership(config, asked)
    happened = _members(past.on(last, asked.sample_size), member, last) if member else _events(engine, config, asked, day, last)
    joined = rows.left_join(happened, rows.customer_id == happened.of_customer).drop("of_customer")
    made = joined.happened.fill_null(0.0)
    if asked.predicts == "no_order":
        made = ibis.ifelse(made > 0, 0.0, 1.0)
    elif asked.is_probability:
        made = ibis.ifelse(made > 0, 1.0, 0.0)
    return joined.mutate(**{OUTCOME: ibis.greatest(made, 0.0)}).drop("happened")


def _members(features: ir.Table, member: Membership, last: date) -> ir.Table:
    """``of_customer`` and ``happened``: 1 for each who is in the segment at the end of ``last``."""
    found = features.filter(member.bind(features, last))
    return found.select(of_customer="customer_id", happened=ibis.literal(1.0))


def _events(engine: Engine, config: Config, asked: PredictiveModel, day: date, last: date) -> ir.Table:
    """``of_customer``, ``happened``, the rows, or the money, after ``day`` up to ``last``, and ``days_until`` the first."""
    if asked.event is not None:
        source, when = asked.event
        rows = _of_event(engine, config, source, when, last)
    elif asked.predicts == "revenue":
        events = clean_inputs(engine, config, last).order_events
        rows = events.mutate(counts=events.amount - events.returned)
    else:
        orders = completed_orders(rows_by_customer(engine, config, "orders"), config)
        rows = orders.mutate(counts=ibis.literal(1))
    inside = rows.filter((rows.event_date > day) & (rows.event_date <= last))
    first = inside.event_date.min().delta(ibis.literal(day), unit="day").cast("float64")
    return inside.group_by(of_customer="customer_id").agg(happened=inside.counts.sum().cast("float64"), **{DAYS: first})


def _of_event(engine: Engine, config: Config, source: str, when: str | None, last: date) -> ir.Table:
    rows = rows_by_customer(engine, config, source)
    if source == "orders":
        rows = completed_orders(rows, config)
    if when is not None:
        known = event_columns(source)
        rows = rows.filter(parse_rule(when, known).bind({name: rows[name] for name in known}, last))
    return rows.mutate(counts=ibis.literal(1))
