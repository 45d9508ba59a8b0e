"""Customers who order at a rate of their own that wavers, drawn; and some who suddenly do otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.unusual_change.customers import with_change
from segmentation_pipeline.models.unusual_change.fit import FittedChange, fit_change
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change.windows import by_customer, by_window

AS_OF = date(2026, 6, 30)
WINDOW, MONTHS = 30, 14
Event = tuple[str, int, float]
"""Customer, days before ``AS_OF``, amount."""


def drawn(
    seed: int,
    customers: int = 200,
    changed: int = 0,
    to: float = 0.0,
    wavering: float = 0.0,
    paid: float = 1.0,
    rate: float = 3.0,
) -> list[Event]:
    """Orders over 14 windows; the first ``changed`` customers, who order 15 times a window, do so ``to`` times as often in the
    latest, and pay ``paid`` times as much."""
    chance = np.random.default_rng(seed)
    events: list[Event] = []
    for number in range(customers):
        is_changed = number < changed
        own = 15.0 if is_changed else chance.gamma(1.2, rate / 1.2)
        began, usual = chance.integers(240, MONTHS * WINDOW), chance.normal(3.5, 0.6)
        for window in range(MONTHS):
            factor = chance.gamma(1 / wavering, wavering) if wavering else 1.0
            of_now = is_changed and window == 0
            for _ in range(chance.poisson(own * factor * (to if of_now else 1.0))):
                ago = int(chance.integers(0, WINDOW)) + window * WINDOW
                if ago <= began:
                    amount = float(np.exp(chance.normal(usual, 0.5))) * (paid if of_now else 1.0)
                    events.append((f"c{number:04}", ago, max(round(amount, 2), 0.01)))
    return events


def table(engine: Engine, events: Sequence[Event]) -> ir.Table:
    columns = {
        "customer_id": [who for who, _, _ in events],
        "event_date": [AS_OF - timedelta(days=ago) for _, ago, _ in events],
        "amount": [Decimal(str(amount)) for _, _, amount in events],
    }
    return engine.memtable(columns, {"customer_id": "string", "event_date": "date", "amount": "decimal(18, 2)"})


def fitted(
    engine: Engine, events: Sequence[Event], settings: UnusualChangeConfig | None = None
) -> tuple[FittedChange, dict[str, tuple[str | None, float | None]]]:
    """The day's model, and by customer what changed and its probability."""
    settings = settings or UnusualChangeConfig()
    with engine.staged(table(engine, events)) as orders:
        customers = orders.select("customer_id").distinct()
        made = fit_change(engine, {"orders": orders}, customers, AS_OF, settings)
        windows = {"orders": by_customer(by_window(orders, AS_OF, settings))}
        rows = engine.rows(with_change(customers, windows, made.model, settings, "what", "p"))
    return made, {row["customer_id"]: (row["what"], row["p"]) for row in rows}
