"""What the models of purchases are fitted on: histories, and how many customers share each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmentation_pipeline.models.distinct_counts import DistinctCounts

Vector = NDArray[np.float64]

SHAPE_BOUNDS = (1e-3, 1e3)
"""Where parameters without a unit are searched; those in time are searched in a wider range relative to the longest T."""


@dataclass(frozen=True, slots=True)
class History:
    """Purchase histories and how many customers share each.

    x: repeat purchases; t_x: time from first to last purchase; T: time from first purchase to the
    end of observation; counts: the distinct x.  The order of rows is canonical, so sums do not depend on the order given.
    """

    x: Vector
    t_x: Vector
    T: Vector
    weights: Vector
    counts: DistinctCounts

    @classmethod
    def of(cls, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weights: ArrayLike) -> History:
        """Raises ValueError for histories no customer can have."""
        columns = [np.asarray(values, dtype=float) for values in (x, t_x, T, weights)]
        if not columns[0].size:
            raise ValueError("purchase histories: none given, at least one is needed")
        if not all(np.isfinite(values).all() for values in columns) or any((values < 0).any() for values in columns):
            raise ValueError("purchase histories: x, t_x, T and weights must be finite and not negative")
        if (columns[1] > columns[2]).any():
            raise ValueError("purchase histories: t_x is longer than T: a last purchase lies after the end of observation")
        order = np.lexsort(columns[::-1])
        x, t_x, T, weights = (values[order] for values in columns)
        return cls(x, t_x, T, weights, DistinctCounts.of(x, weights))

    @property
    def customers(self) -> float:
        return float(self.weights.sum())

    @property
    def time_unit(self) -> float:
        """The longest T, at least 1: parameters in time are searched relative to it."""
        return max(float(self.T.max()), 1.0)
