"""NBD: how often a customer buys where nobody ever leaves (Ehrenberg 1959).

Each customer buys at a rate of his own (gamma over customers, r and alpha).  It is what BG/NBD becomes where
no customer leaves after a purchase: the edge of its search range, at which it has no summit of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, psi

from segmentation_pipeline.models.maximum_likelihood import climb
from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import SHAPE_BOUNDS, History, Vector


@dataclass(frozen=True, slots=True)
class Nbd(Parameters):
    """Fitted parameters; alpha is in the time unit of the data.

    ``converged``: the likelihood is flat at a point inside the search range.
    """

    r: float
    alpha: float
    log_likelihood: float
    converged: bool
    iterations: int

    @property
    def rate_prior(self) -> tuple[float, float]:
        """Shape and scale of the gamma distribution of purchase rates before a customer's own purchases are known."""
        return self.r, self.alpha

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """1: nobody leaves."""
        return np.ones(np.broadcast_shapes(np.shape(x), np.shape(t_x), np.shape(T)))

    def probability_alive_expression(self, x: ir.NumericValue, t_x: ir.NumericValue, T: ir.NumericValue) -> ir.FloatingValue:
        """``probability_alive`` as table arithmetic; null where the history is."""
        return ibis.ifelse(x.notnull(), ibis.literal(1.0), ibis.null("float64"))

    def expected_while_alive(self, horizon: float, x: ArrayLike, T: ArrayLike) -> Vector:
        """Expected purchases in the next ``horizon``: the mean of the customer's own rate and everybody's."""
        return horizon * (self.r + np.asarray(x, dtype=float)) / (self.alpha + np.asarray(T, dtype=float))


def fit_nbd(history: History) -> Nbd:
    """Maximum likelihood over log parameters; a fit that fails says so in ``converged``.

    The log-likelihood is on the scale of ``bgnbd.log_likelihood``, so that the two can be compared.
    """
    bounds = [SHAPE_BOUNDS, (1e-6 * history.time_unit, 1e3 * history.time_unit)]
    start = [0.5, 0.2 * history.time_unit]
    summit = climb(lambda parameters: log_likelihood(parameters, history), start, bounds, history.customers)
    r, alpha = summit.parameters
    return Nbd(r, alpha, summit.log_likelihood, summit.converged, summit.iterations)


def log_likelihood(parameters: Vector, history: History) -> tuple[float, Vector]:
    """The log-likelihood at (r, alpha) and its gradient."""
    r, alpha = parameters
    x, T, weights = history.x, history.T, history.weights
    counts, customers = history.counts.values, history.counts.customers
    log_T = np.log(alpha + T)
    of_x = gammaln(r + counts) - gammaln(r) + r * np.log(alpha)
    value = np.sum(customers * of_x) - np.sum(weights * (r + x) * log_T)
    of_r = np.sum(customers * (psi(r + counts) - psi(r) + np.log(alpha))) - np.sum(weights * log_T)
    of_alpha = np.sum(weights * (r / alpha - (r + x) / (alpha + T)))
    return float(value), np.array([of_r, of_alpha])
