"""The search every fit by maximum likelihood shares: over the logarithms of positive parameters, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from segmentation_pipeline.models.purchase_history import Vector

LogLikelihood = Callable[[Vector], tuple[float, Vector]]
"""Parameters to the log-likelihood there and its gradient."""

GRADIENT_TOLERANCE = 1e-5
"""Largest slope of the mean log-likelihood, per unit of a log parameter, that counts as a summit."""


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
    found = minimize(objective, np.log(start), jac=True, method="L-BFGS-B", bounds=limits, options=options)
    inside = bool(np.all((found.x > limits[:, 0] + 1e-6) & (found.x < limits[:, 1] - 1e-6)))
    flat = bool(np.abs(found.jac).max() < GRADIENT_TOLERANCE)
    return Summit(
        tuple(float(value) for value in np.exp(found.x)), float(-found.fun * customers), inside and flat, int(found.nit)
    )
