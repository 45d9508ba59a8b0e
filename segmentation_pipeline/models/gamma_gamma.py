"""Gamma-Gamma: what a customer spends per order (Fader & Hardie 2013).

A customer's orders vary around a mean of his own (gamma, p); means vary over customers (q, v).
Source: "The Gamma-Gamma Model of Monetary Value", brucehardie.com/notes/025; v is its gamma.

Belongs here: the likelihood, its fit and the expected value.  Does not belong here: tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, psi

from segmentation_pipeline.models.distinct_counts import DistinctCounts
from segmentation_pipeline.models.maximum_likelihood import climb
from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import Vector

SHAPE_BOUNDS = (1e-3, 1e4)
SCALE_BOUNDS = (1e-6, 1e6)
"""The search range of p and q, and of v in units of the mean order value."""


@dataclass(frozen=True, slots=True)
class GammaGamma(Parameters):
    """Fitted parameters; v is in the currency of the data.

    ``converged``: the likelihood is flat at a point inside the search range.
    """

    p: float
    q: float
    v: float
    log_likelihood: float
    converged: bool
    iterations: int

    @property
    def population_mean(self) -> float:
        """The mean order value over all customers; exists for q > 1."""
        return self.p * self.v / (self.q - 1.0)

    @property
    def prior_orders(self) -> float:
        """How many orders of his own weigh as much as the population in a customer's expectation."""
        return (self.q - 1.0) / self.p

    def expected_value(self, x: ArrayLike, mean_value: ArrayLike) -> Vector:
        """The expected mean order value of customers with ``x`` orders of mean ``mean_value``; equation (5) of the note."""
        x, mean_value = np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float)
        return cast(Vector, self.p * (self.v + x * mean_value) / (self.p * x + self.q - 1.0))


@dataclass(frozen=True, slots=True)
class OrderValues:
    """What customers spent: a row each with the ``count`` of orders and their ``total``, and sums that no parameter changes."""

    count: Vector
    total: Vector
    counts: DistinctCounts
    of_logs: Vector
    """The sums of ln(total) weighted by the count, and of ln(mean)."""

    @classmethod
    def of(cls, x: ArrayLike, mean_value: ArrayLike) -> OrderValues:
        """Customers with ``x`` orders (at least 1) of mean value ``mean_value`` (above 0); ValueError for others."""
        orders, values = np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float)
        if not orders.size or not (orders >= 1).all() or not (values > 0).all() or not np.isfinite(values).all():
            raise ValueError("Gamma-Gamma: needs customers, each with at least one order and a mean value above 0")
        canonical = np.lexsort((values, orders))
        orders, values = orders[canonical], values[canonical]
        total = orders * values
        of_logs = np.array([np.sum(orders * np.log(total)), np.sum(np.log(values))])
        return cls(orders, total, DistinctCounts.of(orders), of_logs)


def fit_gamma_gamma(x: ArrayLike, mean_value: ArrayLike) -> GammaGamma:
    """Maximum likelihood for customers with ``x`` orders (at least 1) of mean value ``mean_value`` (above 0).

    Raises ValueError for other input; a fit that fails says so in ``converged``.
    """
    given = np.asarray(mean_value, dtype=float)
    unit = (float(np.mean(np.sort(given))) if given.size else 0.0) or 1.0
    with np.errstate(invalid="ignore"):  # what is not finite is refused
        values = OrderValues.of(x, given / unit)
    bounds = [SHAPE_BOUNDS, SHAPE_BOUNDS, SCALE_BOUNDS]
    customers = values.count.size
    summit = climb(lambda parameters: log_likelihood(parameters, values), [2.0, 3.0, 1.0], bounds, customers)
    p, q, v = summit.parameters
    likelihood = summit.log_likelihood - float(customers * np.log(unit))
    return GammaGamma(p, q, v * unit, likelihood, summit.converged, summit.iterations)


def log_likelihood(parameters: Vector, values: OrderValues) -> tuple[float, Vector]:
    """The log-likelihood at (p, q, v) and its gradient; equation (1a) of the note in logarithms."""
    p, q, v = parameters
    x, customers = values.counts.values, values.counts.customers
    everybody = customers.sum()
    spent = v + values.total
    log_spent = np.log(spent)
    of_all, of_orders = float(log_spent.sum()), float(values.count @ log_spent)
    of_totals, of_means = values.of_logs
    own, prior = of_totals - of_orders, everybody * np.log(v) - of_all
    value = customers @ (gammaln(p * x + q) - gammaln(p * x)) - everybody * gammaln(q) + q * prior + p * own - of_means
    both = psi(p * x + q)
    inverse = 1.0 / spent
    gradient = np.array(
        [
            customers @ (x * (both - psi(p * x))) + own,
            customers @ both - everybody * psi(q) + prior,
            everybody * q / v - p * float(values.count @ inverse) - q * float(inverse.sum()),
        ]
    )
    return float(value), gradient
