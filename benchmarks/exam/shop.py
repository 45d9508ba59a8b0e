"""A shop whose customers buy and leave as BG/NBD says and spend as Gamma-Gamma says, and the best forecasts of them there can be.

The best forecast is that of somebody who knows how often each kind of customer buys, leaves and spends, but not of which kind one
is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.models.gamma_gamma import GammaGamma

FIRST, LAST = date(2024, 1, 1), date(2025, 6, 30)
DAYS = (LAST - FIRST).days
SHAPE, SCALE, A, B = 0.9, 25.0, 0.8, 3.0
"""Of BG/NBD: purchases a day are gamma-distributed among customers, chances to leave after one beta-distributed."""
VALUE = GammaGamma(p=6.0, q=4.0, v=60.0, log_likelihood=0.0, converged=True, iterations=0)
"""What a customer's orders are worth, 120 on average."""
KINDS, FUTURES = 4_000, 200
Vector = NDArray[np.float64]
Order = tuple[str, date, str]
"""Who bought, on which day, for how much."""


@dataclass(frozen=True, slots=True)
class Shop:
    """By customer the days with an order, counted from ``FIRST``, and what each order was worth."""

    bought: list[NDArray[np.int64]]
    spent: list[Vector]

    def orders(self) -> Iterator[Order]:
        """One row per order."""
        for who, (days, amounts) in enumerate(zip(self.bought, self.spent, strict=True)):
            for day, amount in zip(days, amounts, strict=True):
                yield f"c{who:05}", FIRST + timedelta(days=int(day)), f"{amount:.2f}"


def shop(customers: int) -> Shop:
    """The same customers each time, who come in the first eight months."""
    draw, money = np.random.default_rng(1), np.random.default_rng(3)
    rates = draw.gamma(SHAPE, 1 / SCALE, customers)
    leaving, starts = draw.beta(A, B, customers), draw.integers(0, 240, customers)
    bought = [_days(draw, *each) for each in zip(starts, rates, leaving, strict=True)]
    scales = VALUE.v / money.gamma(VALUE.q, 1.0, customers)
    spent = [np.maximum(money.gamma(VALUE.p, scale, len(days)), 0.01) for days, scale in zip(bought, scales, strict=True)]
    return Shop(bought, spent)


def _days(draw: np.random.Generator, start: int, rate: float, leaving: float) -> NDArray[np.int64]:
    """The distinct days on which a customer buys: at a rate, until leaving after one of the purchases."""
    at, found = float(start), [start]
    while draw.random() >= leaving:
        at += draw.exponential(1 / rate)
        if at > DAYS:
            break
        found.append(int(at))
    return np.unique(found)


def expected_orders(x: Vector, t_x: Vector, T: Vector, horizon: int) -> tuple[Vector, Vector]:
    """Of each history the probability of no purchase in the horizon and the expected number, under the truth.

    By weights of kinds of customers drawn from what customers were drawn from, each as likely as it makes the history.
    """
    draw = np.random.default_rng(2)
    rate, leaving = draw.gamma(SHAPE, 1 / SCALE, KINDS), draw.beta(A, B, KINDS)
    purchases, stays = draw.poisson(rate * horizon, (FUTURES, KINDS)), draw.geometric(leaving, (FUTURES, KINDS))
    nobody, number = np.exp(-rate * horizon), np.minimum(purchases, stays).astype(float).mean(axis=0)
    made = np.empty((len(x), 2))
    for place, (repeats, last, age) in enumerate(zip(x, t_x, T, strict=True)):
        while_there = repeats * np.log(rate) + repeats * np.log1p(-leaving)
        alive = while_there - rate * age + np.log1p(-leaving)
        left = while_there - rate * last + np.log(leaving)
        top = max(alive.max(), left.max())
        alive, left = np.exp(alive - top), np.exp(left - top)
        total = alive.sum() + left.sum()
        made[place] = (alive @ nobody + left.sum()) / total, alive @ number / total
    return made[:, 0], made[:, 1]
