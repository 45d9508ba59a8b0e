"""The interval of a mean over customers, which every model that is judged on them is told with."""

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
