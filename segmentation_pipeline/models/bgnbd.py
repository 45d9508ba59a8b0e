"""BG/NBD: how often a customer buys and whether he still does (Fader, Hardie & Lee 2005).

While alive a customer buys at a rate of his own (gamma over customers, r and alpha) and may leave
after any purchase (beta over customers, a and b).  Source: "'Counting Your Customers' the Easy
Way", Marketing Science 24(2), 275-284; P(alive): the authors' note of December 2008.

Belongs here: the likelihood, its fit and the two predictions.  Does not belong here: tables and
money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, expit, gammaln, psi

from segmentation_pipeline.models.maximum_likelihood import climb
from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import SHAPE_BOUNDS, History, Vector

_STEP, _NEGLIGIBLE = 0.1, 40.0
"""Of the numerical mean over p: the distance of its points, and the exponent below which the Beta density ends."""

_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class BgNbd(Parameters):
    """Fitted parameters; alpha is in the time unit of the data.

    ``converged``: the likelihood is flat at a point inside the search range.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    converged: bool
    iterations: int

    @property
    def rate_prior(self) -> tuple[float, float]:
        """Shape and scale of the gamma distribution of purchase rates before a customer's own purchases are known."""
        return self.r, self.alpha

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """The probability that a customer with this history will buy again at all; 1 for x = 0."""
        x, t_x, T = (np.asarray(values, dtype=float) for values in (x, t_x, T))
        return cast(Vector, expit(-_log_odds_gone(np.array([self.r, self.alpha, self.a, self.b]), x, t_x, T)))

    def probability_alive_expression(self, x: ir.NumericValue, t_x: ir.NumericValue, T: ir.NumericValue) -> ir.FloatingValue:
        """``probability_alive`` as table arithmetic."""
        count = x.cast("float64")
        longer = ((T.cast("float64") + self.alpha) / (t_x.cast("float64") + self.alpha)).ln()
        # Repeat purchases of 0 are raised to 1 only so that the logarithm exists; their case is the literal.
        exponent = np.log(self.a) - (ibis.greatest(count, 1.0) + (self.b - 1.0)).ln() + (count + self.r) * longer
        odds_gone = ibis.least(exponent, _LARGEST_EXPONENT).exp()
        return ibis.ifelse(x == 0, ibis.literal(1.0), 1.0 / (1.0 + odds_gone))

    def expected_while_alive(self, horizon: float, x: ArrayLike, T: ArrayLike) -> Vector:
        """Expected purchases in the next ``horizon`` of a customer who is alive at ``T``; when he bought last does not matter.

        Equation (10) of the paper without its denominator.  The printed form is a difference of
        hypergeometric terms that overflow for frequent buyers and divide by zero at a = 1 and
        a + b = 1.  What it stands for has none of that: given p, his chance to leave after a
        purchase, he is expected to buy (1 - (1 + p h)^-(r+x)) / p times, h = horizon / (alpha + T),
        and p is Beta(a, b + x).  The mean over p is a sum over points spaced evenly in u, where
        ln(p / (1 - p)) = centre + width * sinh(u), which converges fast however skew the Beta is:
        9 digits against the printed form wherever that can be computed.
        """
        x, T = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(T, dtype=float))
        pairs, position = np.unique(x + 1j * T, return_inverse=True)  # many customers share (x, T)
        count, ahead = self.r + pairs.real, horizon / (self.alpha + pairs.imag)
        stay = self.b + pairs.real
        centre, width = np.log(self.a / stay), np.minimum(np.sqrt(1.0 / self.a + 1.0 / stay), 1.0)
        reach = np.arcsinh(_NEGLIGIBLE / (min(self.a, self.b, 1.0) * width.min(initial=1.0)))
        total = np.zeros(pairs.shape)
        for u in _STEP * np.arange(-np.ceil(reach / _STEP), np.ceil(reach / _STEP) + 1):
            odds = centre + width * np.sinh(u)
            log_p = -np.logaddexp(0.0, -odds)
            p = np.maximum(np.exp(log_p), 1e-300)  # the purchases are at their limit for p = 0 long before
            weight = np.exp(self.a * log_p + stay * (log_p - odds) - betaln(self.a, stay)) * width * np.cosh(u)
            total -= weight * np.expm1(-count * np.log1p(ahead * p)) / p
        return (_STEP * total)[position].reshape(x.shape)

    def expected_purchases(self, horizon: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """Expected purchases in the next ``horizon`` given the history: E[Y(t) | x, t_x, T]."""
        return self.probability_alive(x, t_x, T) * self.expected_while_alive(horizon, x, T)


def fit_bgnbd(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weights: ArrayLike) -> BgNbd:
    """Maximum likelihood on distinct histories weighted by the number of customers who share them.

    The search runs over log parameters, so the unit of time only shifts its start.  Raises
    ValueError for impossible histories; a fit that fails says so in ``converged``.
    """
    history = History.of(x, t_x, T, weights)
    unit = history.time_unit
    bounds = [SHAPE_BOUNDS, (1e-6 * unit, 1e3 * unit), SHAPE_BOUNDS, SHAPE_BOUNDS]
    summit = climb(lambda parameters: log_likelihood(parameters, history), [0.5, 0.2 * unit, 1.0, 2.0], bounds, history.customers)
    r, alpha, a, b = summit.parameters
    return BgNbd(r, alpha, a, b, summit.log_likelihood, summit.converged, summit.iterations)


def log_likelihood(parameters: Vector, history: History) -> tuple[float, Vector]:
    """The log-likelihood at (r, alpha, a, b) and its gradient; equation (6) of the paper in logarithms."""
    r, alpha, a, b = parameters
    x, weights = history.x, history.weights
    log_T = np.log(alpha + history.T)
    log_odds = _log_odds_gone(parameters, x, history.t_x, history.T)
    gone = expit(log_odds)
    counts, customers = history.counts.values, history.counts.customers

    of_x = (
        gammaln(r + counts)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        + gammaln(b + counts)
        - gammaln(b)
        - gammaln(a + b + counts)
    )
    value = np.sum(customers * of_x) + np.sum(weights * (np.logaddexp(0.0, log_odds) - (r + x) * log_T))

    mean_log = log_T + gone * (np.log(alpha + history.t_x) - log_T)
    mean_inverse = (1.0 - gone) / (alpha + history.T) + gone / (alpha + history.t_x)
    all_gone = np.sum(weights * gone)
    together = psi(a + b) - psi(a + b + counts)
    gradient = np.array(
        [
            np.sum(customers * (psi(r + counts) - psi(r) + np.log(alpha))) - np.sum(weights * mean_log),
            np.sum(weights * (r / alpha - (r + x) * mean_inverse)),
            np.sum(customers * together) + all_gone / a,
            np.sum(customers * (together + psi(b + counts) - psi(b))) - np.sum(weights * gone / (b + np.maximum(x, 1.0) - 1.0)),
        ]
    )
    return float(value), gradient


def _log_odds_gone(parameters: Vector, x: Vector, t_x: Vector, T: Vector) -> Vector:
    """The log odds of having left at the last purchase against being alive; without repeats nobody has left."""
    r, alpha, a, b = parameters
    odds = np.log(a) - np.log(b + np.maximum(x, 1.0) - 1.0) + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
    return np.where(x > 0, odds, -np.inf)
