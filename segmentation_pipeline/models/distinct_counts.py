"""Customers by a count of theirs: what depends on the count alone is evaluated once per count, and there are few of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DistinctCounts:
    """The distinct ``values`` of a count, in order, and how many ``customers`` have each."""

    values: NDArray[np.float64]
    customers: NDArray[np.float64]

    @classmethod
    def of(cls, counts: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> DistinctCounts:
        """Of rows with these counts, each standing for as many customers as its weight says, one where none is given."""
        values, position = np.unique(counts, return_inverse=True)
        return cls(values, np.bincount(position, weights).astype(float))
