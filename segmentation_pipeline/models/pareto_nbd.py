"""Pareto/NBD: how often a customer buys and whether he still does (Schmittlein, Morrison & Colombo 1987).

While alive a customer buys at a rate of his own (gamma over customers, r and alpha) and leaves at any moment, at a rate of
his own too (gamma over customers, s and beta).  Unlike under BG/NBD he need not have bought again to leave, so silence
after the first purchase counts as well.  Derivations: Fader & Hardie, "A Note on Deriving the Pareto/NBD Model and Related
Expressions" (2005).

Belongs here: the likelihood, its fit and the two predictions.  Does not belong here: tables and money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, exprel, gammaln, psi

from segmentation_pipeline.models.maximum_likelihood import climb
from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.purchase_history import SHAPE_BOUNDS, History, Vector

_LEGENDRE = np.polynomial.legendre.leggauss(12)
NODES, NODE_WEIGHTS = ((_LEGENDRE[0] + 1.0) / 2.0).tolist(), (_LEGENDRE[1] / 2.0).tolist()
"""Gauss-Legendre points between 0 and 1: with twelve, P(alive) has eight right digits over the whole search range."""

_NEGLIGIBLE, _LARGEST_EXPONENT = 20.0, 700.0
"""The exponent below which an integrand is left out, and the largest one a double takes."""


@dataclass(frozen=True, slots=True)
class ParetoNbd(Parameters):
    """Fitted parameters; alpha and beta are in the time unit of the data.

    ``converged``: the likelihood is flat at a point inside the search range.
    """

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float
    converged: bool
    iterations: int

    @property
    def rate_prior(self) -> tuple[float, float]:
        """Shape and scale of the gamma distribution of purchase rates before a customer's own purchases are known."""
        return self.r, self.alpha

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Vector:
        """The probability that a customer with this history has not left."""
        x, t_x, T = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (x, t_x, T)))
        parameters = np.array([self.r, self.alpha, self.s, self.beta])
        return cast(Vector, expit(-_odds_gone(parameters, x.ravel(), t_x.ravel(), T.ravel())[0]).reshape(x.shape))

    def probability_alive_expression(self, x: ir.NumericValue, t_x: ir.NumericValue, T: ir.NumericValue) -> ir.FloatingValue:
        """``probability_alive`` as table arithmetic: the same points of the same integral."""
        count, last, end = (value.cast("float64") for value in (x, t_x, T))
        r, alpha, s, beta, least = self.r, self.alpha, self.s, self.beta, min(self.alpha, self.beta)
        start = last + least
        slope = start / (last + alpha) * (count + r) + start / (last + beta) * (s + 1.0) - 1.0
        length = ((end + least) / start).ln()
        reach = ibis.ifelse(slope * length > _NEGLIGIBLE, _NEGLIGIBLE / slope, length)
        total: ir.FloatingValue = ibis.literal(0.0)
        for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
            moved = start * (reach * node).exp()
            bought = (end + alpha) / (moved + (alpha - least))
            lived = (end + beta) / (moved + (beta - least))
            exponent = (count + r) * bought.ln() + s * lived.ln()
            total = total + ibis.least(exponent, _LARGEST_EXPONENT).exp() * moved / (moved + (beta - least)) * weight
        return 1.0 / (1.0 + total * reach * s)

    def expected_while_alive(self, horizon: float, x: ArrayLike, T: ArrayLike) -> Vector:
        """Expected purchases in the next ``horizon`` of a customer who is alive at ``T``, who may leave within it; equation (41)
        of the note without its first factor, which has its limit at s = 1."""
        x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
        longer = np.log1p(horizon / (self.beta + T))
        return cast(Vector, (self.r + x) * (self.beta + T) / (self.alpha + T) * longer * exprel(-(self.s - 1.0) * longer))


def fit_pareto_nbd(history: History) -> ParetoNbd:
    """Maximum likelihood over log parameters; a fit that fails says so in ``converged``.

    The log-likelihood is on the scale of ``bgnbd.log_likelihood``, so that the two can be compared.
    """
    unit = history.time_unit
    start = [0.5, 0.2 * unit, 0.5, 0.2 * unit]
    summit = climb(lambda parameters: log_likelihood(parameters, history), start, search_bounds(unit), history.customers)
    r, alpha, s, beta = summit.parameters
    return ParetoNbd(r, alpha, s, beta, summit.log_likelihood, summit.converged, summit.iterations)


def search_bounds(unit: float) -> list[tuple[float, float]]:
    """Where r, alpha, s and beta are searched if times are about ``unit``."""
    time_bounds = (1e-6 * unit, 1e3 * unit)
    return [SHAPE_BOUNDS, time_bounds, SHAPE_BOUNDS, time_bounds]


def log_likelihood(parameters: Vector, history: History) -> tuple[float, Vector]:
    """The log-likelihood at (r, alpha, s, beta) and its gradient.

    A customer's likelihood is that of having bought so and being alive, times one over P(alive).
    """
    r, alpha, s, beta = parameters
    x, T, weights = history.x, history.T, history.weights
    log_odds, slopes = _odds_gone(parameters, x, history.t_x, T)
    log_bought, log_lived = np.log(alpha) - np.log(alpha + T), np.log(beta) - np.log(beta + T)
    alive = gammaln(r + x) - gammaln(r) + r * log_bought - x * np.log(alpha + T) + s * log_lived
    value = np.sum(weights * (alive + np.logaddexp(0.0, log_odds)))
    of_alive = (
        psi(r + x) - psi(r) + log_bought,
        r / alpha - (r + x) / (alpha + T),
        log_lived,
        s / beta - s / (beta + T),
    )
    gone = weights * expit(log_odds)
    gradient = [np.sum(weights * own + gone * slope) for own, slope in zip(of_alive, slopes, strict=True)]
    return float(value), np.array(gradient)


def _odds_gone(parameters: Vector, x: Vector, t_x: Vector, T: Vector) -> tuple[Vector, list[Vector]]:
    """The log odds of having left since the last purchase against being alive, and their slopes in the parameters.

    The odds are the integral over the moment u of leaving, t_x to T, of
    s / (beta + u) * ((alpha + T) / (alpha + u)) ^ (r + x) * ((beta + T) / (beta + u)) ^ s.
    The closed form is a difference of hypergeometric terms that cancel.  Over v = log(min(alpha, beta) + u) the integrand
    is smooth and its logarithm concave: it is left out where it has certainly become negligible, and a few points do for
    the rest.
    """
    r, alpha, s, beta = parameters
    least = min(alpha, beta)
    start = t_x + least
    slope = start / (t_x + alpha) * (x + r) + start / (t_x + beta) * (s + 1.0) - 1.0
    length = np.log((T + least) / start)
    reach = np.where(slope * length > _NEGLIGIBLE, _NEGLIGIBLE / np.where(slope > 0, slope, 1.0), length)
    moved = start[:, None] * np.exp(reach[:, None] * np.array(NODES))
    to_alpha, to_beta = moved + (alpha - least), moved + (beta - least)
    log_bought, log_lived = np.log((T + alpha)[:, None] / to_alpha), np.log((T + beta)[:, None] / to_beta)
    exponent = (x + r)[:, None] * log_bought + s * log_lived
    largest = exponent.max(axis=1)
    shares = np.exp(exponent - largest[:, None]) * (moved / to_beta * np.array(NODE_WEIGHTS))
    total = shares.sum(axis=1)
    with np.errstate(divide="ignore"):  # nobody has left between a purchase and the same day
        log_odds = np.log(s * reach) + largest + np.log(total)
    shares /= total[:, None]
    slopes = [
        np.sum(shares * log_bought, axis=1),
        (x + r) * np.sum(shares * (1.0 / (T + alpha)[:, None] - 1.0 / to_alpha), axis=1),
        1.0 / s + np.sum(shares * log_lived, axis=1),
        np.sum(shares * (s / (T + beta)[:, None] - (s + 1.0) / to_beta), axis=1),
    ]
    return log_odds, slopes
