"""What a customer spends per order day: Gamma-Gamma, or the population mean when that is not credible or foretells worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.config.schema import ClvConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.clv_holdout import Holdout, Spending, poisson_deviance
from segmentation_pipeline.models.gamma_gamma import GammaGamma, fit_gamma_gamma
from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import Vector

MIN_REPEATERS = 30
"""Customers with a second order day below which no spread within or between customers is fitted."""


@dataclass(frozen=True, slots=True)
class MeanValue(Parameters):
    """The fallback: the mean over all order days counts as much as ``prior_orders`` order days of the customer's own."""

    population_mean: float
    prior_orders: float = 1.0


OrderValue = GammaGamma | MeanValue
ValueMetrics = dict[str, float | None]


def fit_order_value(
    engine: Engine, features: ir.Table, config: ClvConfig, salt: str, holdouts: Sequence[Holdout] = ()
) -> tuple[OrderValue, ValueMetrics, str]:
    """The value model, its metrics and, when Gamma-Gamma was refused, the reason (else '').

    ``features`` needs customer_id, order_days and monetary.  Gamma-Gamma sees a hash sample of at
    most about ``config.sample_size`` customers with net revenue above 0, and must foretell what was spent in ``holdouts`` at
    least as well as the mean does.
    """
    payers = features.filter((features.order_days > 0) & (features.monetary > 0))
    sample = bounded_sample(payers, "customer_id", salt, config.sample_size, engine.count(payers))
    columns = arrays(engine, sample.select("order_days", monetary=sample.monetary.cast("float64")))
    orders = columns["order_days"].astype(float)
    values = columns["monetary"].astype(float) / np.maximum(orders, 1.0)
    metrics: ValueMetrics = {
        "value_customers": orders.size,
        "frequency_value_correlation": _correlation(orders, values),
    }
    repeaters = int((orders > 1).sum())
    if orders.size < config.min_customers:
        return mean_value(engine, features), metrics, f"{orders.size} paying customers, at least {config.min_customers} needed"
    if repeaters < MIN_REPEATERS:
        return mean_value(engine, features), metrics, f"{repeaters} repeat customers, at least {MIN_REPEATERS} needed"
    fitted = fit_gamma_gamma(orders, values)
    metrics["gamma_gamma_log_likelihood"] = round(fitted.log_likelihood, 3)
    reason = _unfit(fitted) or _foretells_worse(holdouts, metrics)
    return (mean_value(engine, features) if reason else fitted), metrics, reason


def mean_value(engine: Engine, features: ir.Table) -> MeanValue:
    """Net revenue per order day over all customers with orders; 0 without any."""
    buyers = features.filter(features.order_days > 0)
    paid = ibis.greatest(buyers.monetary, ibis.literal(0).cast(buyers.monetary.type()))
    row = engine.rows(buyers.aggregate(total=paid.sum().cast("float64"), days=buyers.order_days.sum()))[0]
    return MeanValue(float(row["total"]) / float(row["days"]) if row["days"] else 0.0)


def expected_order_value(model: OrderValue, order_days: ir.NumericValue, spent: ir.NumericValue) -> ir.FloatingValue:
    """The mean of the customer's own order days and of the population, weighted by ``order_days`` against
    ``prior_orders``: for Gamma-Gamma this is its conditional expectation.  ``spent`` is not negative."""
    prior = model.prior_orders
    return (spent.cast("float64") + prior * model.population_mean) / (order_days.cast("float64") + prior)


def expected_values(model: OrderValue, spending: Spending) -> Vector:
    """``expected_order_value`` of customers as they were before a holdout."""
    prior = model.prior_orders
    return (spending.spent + prior * model.population_mean) / (spending.order_days + prior)


def calibrated_value(spending: Spending, kind: type[OrderValue]) -> OrderValue:
    """The value model of a kind, fitted on what was spent before a holdout; the mean where Gamma-Gamma is not to be had."""
    paid = spending.spent > 0
    if kind is GammaGamma and paid.any():
        fitted = fit_gamma_gamma(spending.order_days[paid], spending.spent[paid] / spending.order_days[paid])
        if not _unfit(fitted):
            return fitted
    return MeanValue(float(spending.spent.sum() / spending.order_days.sum()))


def _unfit(fitted: GammaGamma) -> str:
    """Why a fit is not to be believed whatever it foretells, or ''."""
    if not fitted.converged:
        return "the likelihood has no summit inside the search range"
    if fitted.q <= 1.0:
        return f"q is {fitted.q:.3f}, and a mean order value exists only above 1"
    return ""


def _foretells_worse(holdouts: Sequence[Holdout], metrics: ValueMetrics) -> str:
    """That the mean foretold better what the order days of the holdouts brought, given how many they were; else empty."""
    deviances = {
        name: round(float(np.mean([_deviance(holdout.spending, kind) for holdout in holdouts])), 6)
        for name, kind in (("gamma_gamma", GammaGamma), ("mean_value", MeanValue))
        if holdouts
    }
    metrics |= {f"{name}_holdout_deviance": deviance for name, deviance in deviances.items()}
    if deviances and deviances["gamma_gamma"] > deviances["mean_value"]:
        return "it foretold what later orders were worth less well"
    return ""


def _deviance(spending: Spending, kind: type[OrderValue]) -> float:
    """Mean deviance of money per customer who bought in the holdout, 0 where nobody did."""
    bought = spending.order_days_in > 0
    if not bought.any():
        return 0.0
    expected = expected_values(calibrated_value(spending, kind), spending) * spending.order_days_in
    return poisson_deviance(expected[bought], spending.spent_in[bought], np.ones(int(bought.sum())))


def _correlation(orders: np.ndarray, values: np.ndarray) -> float | None:
    """Gamma-Gamma assumes that how often and how much are independent; None where one of them does not vary."""
    if orders.size < 2 or np.ptp(orders) == 0 or np.ptp(values) == 0:
        return None
    order = np.lexsort((values, orders))
    return round(float(np.corrcoef(orders[order], values[order])[0, 1]), 6)
