"""Pareto/NBD drawn towards what is typical of shops, for those with too few customers or too short a history to test a model.

The prior is weak: lognormal, centred near the published fit of CDNOW in days, and wide enough that some hundred customers
outweigh it.  It keeps the parameters that little data cannot tell, above all how customers leave, at believable values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation_pipeline.models.maximum_likelihood import climb
from segmentation_pipeline.models.pareto_nbd import ParetoNbd, log_likelihood, search_bounds
from segmentation_pipeline.models.purchase_history import History, Vector

MIN_CUSTOMERS, MIN_REPEATERS, MIN_DAYS = 20, 5, 28
"""Customers, those among them with a second order day, and days of history below which nothing is said at all."""

_CENTRES = np.log([0.8, 90.0, 0.7, 180.0])
_WIDTHS = np.array([0.7, 1.2, 0.5, 1.0])
"""Of r, the mean gap alpha / r in days, s and beta in days: medians, and standard deviations of the logarithm."""


@dataclass(frozen=True, slots=True)
class PriorParetoNbd(ParetoNbd):
    """The same model, fitted with the prior; ``log_likelihood`` has the logarithm of the prior in it."""


def fit_pareto_nbd_prior(history: History) -> PriorParetoNbd:
    """The most likely parameters given histories in days and the prior."""

    def posterior(parameters: Vector) -> tuple[float, Vector]:
        value, gradient = log_likelihood(parameters, history)
        of_prior, slopes = _log_prior(parameters)
        return value + of_prior, gradient + slopes

    start = [0.8, 72.0, 0.7, 180.0]
    summit = climb(posterior, start, search_bounds(max(history.time_unit, 365.0)), history.customers)
    r, alpha, s, beta = summit.parameters
    return PriorParetoNbd(r, alpha, s, beta, summit.log_likelihood, summit.converged, summit.iterations)


def _log_prior(parameters: Vector) -> tuple[float, Vector]:
    """Its logarithm at (r, alpha, s, beta), and its gradient."""
    r, alpha, s, beta = parameters
    distances = (np.log([r, alpha / r, s, beta]) - _CENTRES) / _WIDTHS
    pull = distances / _WIDTHS
    return float(-0.5 * np.sum(distances**2)), np.array(
        [(pull[1] - pull[0]) / r, -pull[1] / alpha, -pull[2] / s, -pull[3] / beta]
    )
