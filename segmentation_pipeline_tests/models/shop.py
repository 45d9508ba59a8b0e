"""Small shops for tests: orders as inline rows or drawn from BG/NBD, and their features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.cluster_model import ClusterModel, with_clusters
from segmentation_pipeline.models.cluster_scores import CLUSTER_FEATURES
from segmentation_pipeline.models.clusters import fit_sample, read_sample

Order = tuple[str, date, float]

MONEY = "decimal(18, 2)"


def orders_table(engine: DuckDBEngine, orders: Sequence[Order]) -> ir.Table:
    columns: dict[str, list] = {
        "customer_id": [order[0] for order in orders],
        "event_date": [order[1] for order in orders],
        "amount": [Decimal(str(round(order[2], 2))) for order in orders],
    }
    return engine.memtable(columns, {"customer_id": "string", "event_date": "date", "amount": MONEY})


def features_of(orders: ir.Table, as_of: date) -> ir.Table:
    """The columns of customer_features that the models read, for customers with orders."""
    today = ibis.literal(as_of, "date")
    known = orders.filter(orders.event_date <= as_of)
    days = known.select("customer_id", "event_date").distinct()
    days = days.mutate(
        gap=days.event_date.delta(days.event_date.lag().over(group_by="customer_id", order_by="event_date"), unit="day")
    )
    gaps = days.group_by("customer_id").aggregate(gap_mean_days=days.gap.mean(), gap_std_days=days.gap.std())
    grouped = known.group_by("customer_id").aggregate(
        first_order_date=known.event_date.min(),
        last_order_date=known.event_date.max(),
        frequency=known.count(),
        order_days=known.event_date.nunique(),
        monetary=known.amount.sum().cast(MONEY),
    )
    return (
        grouped.left_join(gaps, "customer_id")
        .drop("customer_id_right")
        .mutate(
            recency_days=today.delta(grouped.last_order_date, unit="day"),
            tenure_days=today.delta(grouped.first_order_date, unit="day"),
            average_order_value=(grouped.monetary / grouped.frequency).cast(MONEY),
        )
    )


def drawn_orders(
    customers: int,
    as_of: date,
    days: int,
    seed: int,
    r: float = 0.8,
    alpha: float = 40.0,
    a: float = 0.8,
    b: float = 2.5,
    p: float = 6.0,
    q: float = 4.0,
    v: float = 60.0,
) -> list[Order]:
    """Orders of customers who behave exactly as the two models assume; first orders spread over the first half."""
    chance = np.random.default_rng(seed)
    orders: list[Order] = []
    for number in range(customers):
        rate, leave, mean_rate = chance.gamma(r) / alpha, chance.beta(a, b), chance.gamma(q) / v
        day = float(chance.uniform(0, days / 2))
        repeats = 0
        while day <= days:
            value = float(chance.gamma(p) / mean_rate)
            orders.append((f"c{number:06d}", as_of - timedelta(days=days - int(day)), max(value, 0.01)))
            if repeats and chance.random() < leave:
                break
            repeats += 1
            day += chance.exponential(1 / rate)
    return orders


def fit_clusters(engine: Engine, features: ir.Table, config: ClustersConfig, salt: str) -> ClusterModel:
    """A cluster model of ``features``, of the customary ones there are where the configuration names none."""
    wanted = config.features
    if wanted is None:
        wanted = tuple(name for name in CLUSTER_FEATURES if name in features.columns)
    return fit_sample(read_sample(engine, features, wanted, config, salt), wanted, config)


def score_clusters(features: ir.Table, models: Mapping[str, ClusterModel]) -> ir.Table:
    """One row per customer with orders: customer_id and the columns of each model."""
    scored = features
    for name, model in models.items():
        scored = with_clusters(scored, model, name)
    return scored_only(features, scored)


def scored_only(features: ir.Table, scored: ir.Table) -> ir.Table:
    """Of customers with orders, what was added to their features."""
    added = [name for name in scored.columns if name not in features.columns]
    return scored.filter(scored.frequency > 0).select("customer_id", *added)
