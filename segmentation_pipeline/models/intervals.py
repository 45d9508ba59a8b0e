"""The interval of a mean over customers, which every model that is judged on them is told with, and that of a share."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Z = 1.959963984540054
"""Standard errors on either side of a mean that hold 95 %, by the normal approximation."""


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean and its 95 % interval by its standard error; without two values the interval is the whole line."""
    mean = float(np.mean(values)) if len(values) else 0.0
    if len(values) < 2:
        return mean, -np.inf, np.inf
    error = float(np.std(values, ddof=1)) / sqrt(len(values))
    return mean, mean - Z * error, mean + Z * error


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); trials must be at least 1.

    >>> tuple(round(bound, 4) for bound in wilson(10, 100))
    (0.0552, 0.1744)
    """
    share, square = successes / trials, Z * Z
    middle = share + square / (2 * trials)
    spread = Z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    low, high = (middle - spread) / (1 + square / trials), (middle + spread) / (1 + square / trials)
    return max(low, 0.0), min(high, 1.0)
