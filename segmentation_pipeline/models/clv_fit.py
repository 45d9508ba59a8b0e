"""How the lifetime value model of a day comes about: candidates judged on later periods, or a prior where they cannot be.

Belongs here: what is read, what is asked of the history, what the note and the figures tell.  What makes a model of purchases
credible is in ``purchase_models``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import sqrt
from typing import NamedTuple, cast

import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.contracts.labels import ClvModelKind
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.models import pareto_nbd_prior
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.calibration import Bin, calibration_bins
from segmentation_pipeline.models.clv import ClvModel, counted
from segmentation_pipeline.models.clv_holdout import Holdout, expected_order_days, read_holdouts
from segmentation_pipeline.models.forecast_error import (
    TESTED_BEFORE,
    UNTESTED_BEFORE,
    Forecast,
    ForecastErrors,
    forecast_error,
)
from segmentation_pipeline.models.order_value import MIN_REPEATERS, OrderValue, calibrated_value, expected_values, fit_order_value
from segmentation_pipeline.models.pareto_nbd_prior import fit_pareto_nbd_prior
from segmentation_pipeline.models.purchase_history import History
from segmentation_pipeline.models.purchase_models import SANE_RATIO, Metrics, PurchaseData, Purchases, choose
from segmentation_pipeline.models.season import Season, fit_season, read_months


class _Found(NamedTuple):
    """A model of purchases, None where none is credible, with its fits without each holdout, the latest first; and why it is
    not the usual one, '' where it is."""

    purchases: Purchases | None
    calibrated: Sequence[Purchases]
    holdouts: Sequence[Holdout]
    metrics: Metrics
    note: str
    error_before: float = TESTED_BEFORE
    season: Season | None = None


def fit_clv(engine: Engine, features: ir.Table, orders: ir.Table, as_of: date, config: ClvConfig, salt: str) -> ClvModel:
    """Fit on all history up to ``as_of`` the models of purchases and of order values that foretold its last periods best.

    ``features``: customer_id, order_days, recency_days, tenure_days, first_order_date, monetary.
    ``orders``: completed orders with customer_id, event_date and amount.  The models see a hash sample of at most about
    ``config.sample_size`` customers.  A value model that is not credible is replaced by the mean.  Where there is too little to
    judge a model of purchases by, one that is drawn towards what is typical takes its place, with wide intervals; where not
    even that agrees with the last weeks, or models were judged and none is credible, there is none, and ``note`` says why.
    This never raises for sparse data.
    """
    buyers = features.filter(features.order_days > 0)
    sample = bounded_sample(buyers, "customer_id", salt, config.sample_size, engine.count(buyers))
    with engine.staged(
        sample.select("customer_id", "order_days", "recency_days", "tenure_days", "first_order_date")
    ) as customers:
        history, first_day = _history(engine, customers)
        of_them = orders.semi_join(customers, "customer_id")
        holdouts = read_holdouts(engine, of_them, as_of, config.calibration_holdout_days, config.calibration_windows)
        reason = _untestable(holdouts, config)
        found = None
        if history is not None:
            found = (
                _fit_by_prior(engine, of_them, as_of, history, config, reason)
                if reason
                else _judged(history, holdouts, config, as_of, read_months(engine, of_them, as_of))
            )
    value, value_metrics, value_refused = fit_order_value(engine, features, config, salt, found.holdouts if found else ())
    if history is None or found is None:
        return ClvModel(config.horizon_days, None, value, note="no customer has orders")
    forecasts = [_forecasts(model, value, holdout) for model, holdout in zip(found.calibrated, found.holdouts, strict=True)]
    errors, metrics = _errors(found, forecasts, config.horizon_days)
    notes = [found.note, f"order value is the shrunk mean: {value_refused}" if value_refused else ""]
    figures: Metrics = {"customers": int(history.customers), "repeat_customers": int(history.weights[history.x > 0].sum())}
    return ClvModel(
        config.horizon_days,
        found.purchases,
        value,
        errors,
        training_rows=int(history.customers),
        trained_from=first_day,
        trained_to=as_of,
        metrics=figures | found.metrics | value_metrics | metrics,
        note="; ".join(note for note in notes if note),
        season=found.season,
        calibration=_calibration([order_days for order_days, _ in forecasts]),
    )


def _judged(history: History, holdouts: Sequence[Holdout], config: ClvConfig, as_of: date, months: Mapping[int, int]) -> _Found:
    """The best credible candidate."""
    testable = [holdouts[0], *(each for each in holdouts[1:] if not _says_nothing(each, config))]
    plain = PurchaseData(history, testable, float(config.horizon_days))
    chosen = choose(plain, _on_its_clock(plain, as_of, config.horizon_days, months))
    note = ""
    if chosen.purchases is None:
        refused = ", ".join(f"{kind}: {reason}" for kind, reason in chosen.refused.items())
        note = f"no lifetime value, for no model of purchases is credible: {refused}"
    elif chosen.kind not in (ClvModelKind.BG_NBD, ClvModelKind.PARETO_NBD):
        better = f"it foretold held-out periods of {holdouts[0].days} days less well"
        note = f"{chosen.kind} instead of BG/NBD: {chosen.refused.get(ClvModelKind.BG_NBD, better)}"
    judged_by = chosen.data.holdouts if chosen.purchases else ()
    return _Found(chosen.purchases, chosen.calibrated, judged_by, chosen.metrics, note, season=chosen.data.season)


def _on_its_clock(plain: PurchaseData, as_of: date, horizon_days: int, months: Mapping[int, int]) -> PurchaseData | None:
    """The same by the season as it was known on the day and before each holdout; None where one of them did not know any."""
    season = fit_season(months, as_of)
    before = [fit_season(months, holdout.cut) for holdout in plain.holdouts]
    known = [each for each in before if each is not None]
    if season is None or len(known) < len(before):
        return None
    holdouts = [holdout.on_clock(each) for holdout, each in zip(plain.holdouts, known, strict=True)]
    return PurchaseData(season.history(plain.history, as_of), holdouts, float(season.ahead(as_of, horizon_days)), season)


def _fit_by_prior(engine: Engine, orders: ir.Table, as_of: date, history: History, config: ClvConfig, untestable: str) -> _Found:
    """The model with a prior, if its fit without the last days agrees with them: a third of the history, no more than a
    holdout.  Chance is allowed for; that nobody bought in them is not."""
    days = int(min(config.calibration_holdout_days, history.T.max() // 3))
    repeaters = int(history.weights[history.x > 0].sum())
    least = pareto_nbd_prior
    if history.customers < least.MIN_CUSTOMERS or repeaters < least.MIN_REPEATERS or history.T.max() < least.MIN_DAYS:
        small = f"{history.customers:.0f} customers, {repeaters} of them with a second order day, in {history.T.max():.0f} days"
        return _Found(None, (), (), {}, f"no lifetime value, for there is too little history: {small}")
    holdouts = read_holdouts(engine, orders, as_of, days, 1)
    fitted = fit_pareto_nbd_prior(history)
    if not holdouts or not fitted.converged:
        return _Found(None, (), (), {}, f"no lifetime value, for no model could be judged on a later period: {untestable}")
    calibrated = fit_pareto_nbd_prior(holdouts[0].history)
    predicted = float(np.sum(holdouts[0].history.weights * expected_order_days(calibrated, holdouts[0])))
    actual = float(np.sum(holdouts[0].history.weights * holdouts[0].actual))
    metrics: Metrics = {"holdout_days": days, "holdout_predicted": round(predicted, 3), "holdout_actual": actual}
    chance = 2.0 * sqrt(actual)
    if not actual or not (predicted * SANE_RATIO[0] <= actual + chance and actual - chance <= predicted * SANE_RATIO[1]):
        seen = f"it predicts {predicted:.1f} order days of the last {days} days, {actual:.0f} came"
        return _Found(None, (), (), metrics, f"no lifetime value, for no model of purchases is credible: {seen}")
    note = f"drawn towards what is typical of shops, with wide intervals, for no model could be judged: {untestable}"
    return _Found(fitted, (calibrated,), holdouts, metrics, note, UNTESTED_BEFORE)


def _untestable(holdouts: Sequence[Holdout], config: ClvConfig) -> str:
    """Why nothing can be judged, or ''."""
    if not holdouts:
        return f"nobody ordered before the last {config.calibration_holdout_days} days"
    return _says_nothing(holdouts[0], config)


def _says_nothing(holdout: Holdout, config: ClvConfig) -> str:
    """Why a holdout says nothing, or ''."""
    days = config.calibration_holdout_days
    if holdout.longest_tenure < days:
        return f"the history before the last {days} days is shorter than {days} days"
    if holdout.customers < config.min_customers:
        return f"{holdout.customers} customers before the last {days} days, at least {config.min_customers} needed"
    if holdout.repeaters < MIN_REPEATERS:
        return f"{holdout.repeaters} repeat customers before the last {days} days, at least {MIN_REPEATERS} needed"
    return ""


def _history(engine: Engine, buyers: ir.Table) -> tuple[History | None, date | None]:
    """Counts of equal histories of customers with orders, and the first order day of all; None without."""
    described = counted(buyers)
    columns = arrays(engine, described.group_by("x", "t_x", "T").aggregate(weights=described.count()))
    if not columns["x"].size:
        return None, None
    first = engine.rows(buyers.aggregate(first=buyers.first_order_date.min()))[0]["first"]
    return History.of(**columns), cast(date, first)


def _forecasts(model: Purchases, value: OrderValue, holdout: Holdout) -> tuple[Forecast, Forecast]:
    """Order days and money foretold of a holdout without it, beside what came."""
    expected, spending = expected_order_days(model, holdout), holdout.spending
    money = expected[spending.row] * expected_values(calibrated_value(spending, type(value)), spending)
    order_days = Forecast(expected, holdout.actual, holdout.history.weights)
    return order_days, Forecast(money, spending.spent_in, np.ones(money.size))


def _errors(found: _Found, forecasts: Sequence[tuple[Forecast, Forecast]], horizon: int) -> tuple[ForecastErrors | None, Metrics]:
    """The errors of sums of order days and of money, and what the latest holdout brought beside what was foretold of it."""
    if not forecasts:
        return None, {}
    longer = horizon / found.holdouts[0].days
    order_days, money = (forecast_error(each, longer, found.error_before) for each in zip(*forecasts, strict=True))
    latest = forecasts[0][1]
    predicted, actual = float(latest.predicted.sum()), float(latest.actual.sum())
    ratio = round(predicted / actual, 6) if actual else None
    return ForecastErrors(order_days, money), {
        "holdout_revenue_predicted": round(predicted, 2),
        "holdout_revenue_actual": round(actual, 2),
        "holdout_revenue_ratio": ratio,
    }


def _calibration(forecasts: Sequence[Forecast]) -> tuple[Bin, ...]:
    """The bins of all holdouts together."""
    if not forecasts:
        return ()
    return tuple(calibration_bins(*(np.concatenate(column) for column in zip(*forecasts, strict=True))))
