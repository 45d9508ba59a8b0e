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


def fit_gamma_gamma(x: ArrayLike, mean_value: ArrayLike) -> GammaGamma:
    """Maximum likelihood for customers with ``x`` orders (at least 1) of mean value ``mean_value`` (above 0).

    Raises ValueError for other input; a fit that fails says so in ``converged``.
    """
    orders, values = np.asarray(x, dtype=float), np.asarray(mean_value, dtype=float)
    if not orders.size or not (orders >= 1).all() or not (values > 0).all() or not np.isfinite(values).all():
        raise ValueError("Gamma-Gamma: needs customers, each with at least one order and a mean value above 0")
    canonical = np.lexsort((values, orders))
    unit = float(np.mean(values[canonical]))
    orders, values = orders[canonical], values[canonical] / unit
    bounds = [SHAPE_BOUNDS, SHAPE_BOUNDS, SCALE_BOUNDS]
    summit = climb(lambda parameters: log_likelihood(parameters, orders, values), [2.0, 3.0, 1.0], bounds, orders.size)
    p, q, v = summit.parameters
    likelihood = summit.log_likelihood - float(orders.size * np.log(unit))
    return GammaGamma(p, q, v * unit, likelihood, summit.converged, summit.iterations)


def log_likelihood(parameters: Vector, x: Vector, mean_value: Vector) -> tuple[float, Vector]:
    """The log-likelihood at (p, q, v) and its gradient; equation (1a) of the note in logarithms."""
    p, q, v = parameters
    total = x * mean_value
    log_all = np.log(v + total)
    log_own, log_prior = np.log(total) - log_all, np.log(v) - log_all
    value = np.sum(gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * log_prior + p * x * log_own - np.log(mean_value))
    both = psi(p * x + q)
    gradient = np.array(
        [
            np.sum(x * (both - psi(p * x) + log_own)),
            np.sum(both - psi(q) + log_prior),
            np.sum(q / v - (p * x + q) / (v + total)),
        ]
    )
    return float(value), gradient
