"""Lifetime value: the models of purchases and of order values that are published, on the last 90 days they had not seen.

Each is the kind that ``fit_clv`` chose of all history, fitted without those days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

import numpy as np

from benchmarks.exam import cdnow
from benchmarks.exam.row import Gain, Row
from benchmarks.exam.shop import LAST, VALUE, Order, Vector, expected_orders, shop
from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.clv import ClvModel
from segmentation_pipeline.models.clv_fit import fit_clv
from segmentation_pipeline.models.clv_holdout import Holdout, expected_order_days, read_holdouts
from segmentation_pipeline.models.gamma_gamma import GammaGamma
from segmentation_pipeline.models.historical_rate import fit_historical_rate
from segmentation_pipeline.models.intervals import mean_interval
from segmentation_pipeline.models.order_value import MeanValue, calibrated_value, expected_values
from segmentation_pipeline.models.predictions.judge import losses, recalibrated
from segmentation_pipeline.models.purchase_models import CANDIDATES
from segmentation_pipeline_tests.models.shop import features_of, orders_table

HORIZON = 90
CUSTOMERS = 6_000
LEAST = 1e-6


class Forecasts(NamedTuple):
    """Of the same customers, by who foretells; ``possible`` where the truth is known."""

    model: Vector
    same_for_all: Vector
    baseline: Vector
    possible: Vector | None


def rows(engine: Engine) -> list[Row]:
    """Generated customers and those of CDNOW."""
    return [*generated(engine), *_judged(engine, "CDNOW", cdnow.orders(), cdnow.LAST, is_generated=False)]


def generated(engine: Engine, customers: int = CUSTOMERS) -> list[Row]:
    """Customers who buy and spend as the models suppose."""
    return [*_judged(engine, "generated", shop(customers).orders(), LAST, is_generated=True)]


def _judged(engine: Engine, data: str, orders: Iterable[Order], as_of: date, *, is_generated: bool) -> Iterator[Row]:
    listed = [(who, day, float(amount)) for who, day, amount in orders]
    with engine.staged(orders_table(engine, listed)) as table, engine.staged(features_of(table, as_of)) as features:
        made = fit_clv(engine, features, table, as_of, ClvConfig(), salt="exam")
        [holdout] = read_holdouts(engine, table, as_of, HORIZON, 1)
    if made.purchases is None:
        yield Row(data, f"order days in {HORIZON} days", "Poisson deviance", holdout.customers, published=made.kind)
    else:
        yield _purchases(data, made, holdout, is_generated=is_generated)
    yield _values(data, made, holdout, is_generated=is_generated)


def _purchases(data: str, made: ClvModel, holdout: Holdout, *, is_generated: bool) -> Row:
    """The baseline is each customer's own rate, drawn towards everybody's and fading with silence."""
    history = holdout.history
    each: Callable[[Vector], Vector] = lambda values: np.repeat(values, history.weights.astype(int))  # noqa: E731
    model = CANDIDATES[made.kind](history)
    rate = float(np.sum(history.weights * history.x) / np.sum(history.weights * history.T))
    truth = expected_orders(history.x, history.t_x, history.T, HORIZON)[1] if is_generated else None
    forecasts = Forecasts(
        each(expected_order_days(model, holdout)),
        each(np.full(len(history.x), HORIZON * rate)),
        each(expected_order_days(fit_historical_rate(history), holdout)),
        None if truth is None else each(truth),
    )
    return _row(data, f"order days in {HORIZON} days", forecasts, each(holdout.actual), made.kind)


def _values(data: str, made: ClvModel, holdout: Holdout, *, is_generated: bool) -> Row:
    """Of those who bought, what their order days brought, given how many they were."""
    spending = holdout.spending
    bought = spending.order_days_in > 0
    mean = calibrated_value(spending, MeanValue)
    by_day = (
        expected_values(calibrated_value(spending, type(made.value)), spending),
        np.full(len(bought), mean.population_mean),
        expected_values(mean, spending),
        expected_values(VALUE, spending) if is_generated else None,
    )
    forecasts = Forecasts(*(None if each is None else (each * spending.order_days_in)[bought] for each in by_day))
    kind = "gamma_gamma" if isinstance(made.value, GammaGamma) else "mean_value"
    return _row(data, "money of known order days", forecasts, spending.spent_in[bought], kind)


def _row(data: str, what: str, forecasts: Forecasts, came: Vector, kind: str) -> Row:
    lost = [None if each is None else losses(np.maximum(each, LEAST), came, is_probability=False) for each in forecasts]
    model, same_for_all, baseline, possible = (None if each is None else float(np.mean(each)) for each in lost)
    return Row(
        data,
        what,
        "Poisson deviance",
        len(came),
        model,
        same_for_all,
        baseline,
        possible,
        Gain(*mean_interval(lost[2] - lost[0])),
        float(np.mean(forecasts.model)),
        float(np.mean(came)),
        recalibrated(np.log(np.maximum(forecasts.model, LEAST)), came, is_probability=False)[0],
        kind,
    )
