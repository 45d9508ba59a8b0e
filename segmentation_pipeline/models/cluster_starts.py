"""Where k-means starts: at the means of parts cut along the principal axis, never at random customers.

Random starts end at another of several nearly equal solutions as soon as one customer comes or
goes, and then everybody's cluster has changed overnight.  These starts move only as far as the
data moves.  They are the PCA-Part method of Su and Dy, "In search of deterministic methods for
initializing K-means and Gaussian mixture clustering" (2007).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def principal_starts(points: Matrix, largest: int) -> dict[int, Matrix]:
    """The starting centres (one row each) for 1 to at most ``largest`` clusters of ``points``.

    The part with the largest sum of squared distances from its mean is cut in two at the mean,
    across the direction in which it is longest.  Fewer numbers come back when no part can be cut.
    """
    parts = [points]
    starts = {1: _means(parts)}
    while len(parts) < largest:
        widest = max(range(len(parts)), key=lambda part: (_spread(parts[part]), -part))
        lower, upper = _cut(parts[widest])
        if not len(lower) or not len(upper):
            break
        parts[widest : widest + 1] = [lower, upper]
        starts[len(parts)] = _means(parts)
    return starts


def _cut(part: Matrix) -> tuple[Matrix, Matrix]:
    centred = part - part.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    along = centred @ axes[:, -1]
    return part[along <= 0], part[along > 0]


def _spread(part: Matrix) -> float:
    return float(((part - part.mean(axis=0)) ** 2).sum())


def _means(parts: list[Matrix]) -> Matrix:
    return np.array([part.mean(axis=0) for part in parts])
