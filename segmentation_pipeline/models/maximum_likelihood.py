"""The search every fit by maximum likelihood shares: over the logarithms of positive parameters, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from segmentation_pipeline.models.intervals import Z
from segmentation_pipeline.models.purchase_history import Vector

LogLikelihood = Callable[[Vector], tuple[float, Vector]]
"""Parameters to the log-likelihood there and its gradient."""

GRADIENT_TOLERANCE = 1e-5
"""Largest slope of the mean log-likelihood, per unit of a log parameter, that counts as a summit."""

_STEP = 1e-4
"""Of a log parameter, for slopes of the gradient."""


class Summit(NamedTuple):
    """Where the search ended; ``converged``: the likelihood is flat at a point inside the bounds."""

    parameters: tuple[float, ...]
    log_likelihood: float
    converged: bool
    iterations: int


def climb(
    log_likelihood: LogLikelihood, start: Sequence[float], bounds: Sequence[tuple[float, float]], customers: float
) -> Summit:
    """The maximum of ``log_likelihood``, a sum over ``customers``; a search that fails says so in ``converged``.

    Over log parameters a change of units only shifts the start.
    """
    limits = np.log(bounds)

    def objective(logs: Vector) -> tuple[float, Vector]:
        parameters = np.exp(logs)
        value, gradient = log_likelihood(parameters)
        return -value / customers, -gradient * parameters / customers

    options = {"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9}
    with _libraries().limit(limits=1):  # the same digits on every run, and threads cost more than so few parameters gain
        found = minimize(objective, np.log(start), jac=True, method="L-BFGS-B", bounds=limits, options=options)
    inside = bool(np.all((found.x > limits[:, 0] + 1e-6) & (found.x < limits[:, 1] - 1e-6)))
    flat = bool(np.abs(found.jac).max() < GRADIENT_TOLERANCE)
    return Summit(
        tuple(float(value) for value in np.exp(found.x)), float(-found.fun * customers), inside and flat, int(found.nit)
    )


@cache
def _libraries() -> ThreadpoolController:
    """Those of linear algebra, looked for once: that takes as long as half a fit."""
    return ThreadpoolController()


def parameter_intervals(log_likelihood: LogLikelihood, parameters: Sequence[float]) -> list[tuple[float, float]] | None:
    """Where each parameter lies with 95 %, from the curvature of the log-likelihood at its summit; None where it has none.

    On the logarithmic scale, on which the likelihood of positive parameters is closer to a normal one.
    """
    logs = np.log(parameters)

    def slope(at: Vector) -> Vector:
        point = np.exp(at)
        return log_likelihood(point)[1] * point

    steps = _STEP * np.eye(logs.size)
    curvature = np.array([(slope(logs + step) - slope(logs - step)) / (2.0 * _STEP) for step in steps])
    try:
        variances = np.diag(np.linalg.inv(-(curvature + curvature.T) / 2.0))
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(variances).all() or (variances <= 0).any():
        return None
    reach = Z * np.sqrt(variances)
    return [(float(low), float(high)) for low, high in zip(np.exp(logs - reach), np.exp(logs + reach), strict=True)]
