"""How columns become coordinates, in which every feature, a number or a category, weighs the same.

A number becomes standard deviations from the mean.  A category becomes one coordinate per common
value, scaled such that their variances together are 1, as that of one number is.  The same
arithmetic is here for the sample (NumPy) and for everybody (expression).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log, sqrt
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.features.family import slug

Matrix = NDArray[np.float64]

LOG_FEATURES = frozenset(
    {
        "recency_days",
        "tenure_days",
        "frequency",
        "order_days",
        "gross_revenue",
        "monetary",
        "average_order_value",
        "gap_mean_days",
        "gap_std_days",
        "last_gap_days",
        "frequency_30d",
        "frequency_90d",
        "frequency_365d",
        "monetary_30d",
        "monetary_90d",
        "monetary_365d",
        "return_count",
        "returned_amount",
        "category_count",
        "expected_orders",
        "expected_order_value",
        "clv",
    }
)
"""Counts, days and money have long right tails: without ``ln(1 + value)`` a few customers would be the clusters.
Values below 0, such as a net revenue after late returns, count as 0."""

UNKNOWN, REST = "unknown", "rest"
MAX_LEVELS = 10
MIN_SHARE = 0.02
"""A value fewer customers have is one of the rest: a rare value would by itself be far from everybody."""


@dataclass(frozen=True, slots=True)
class NumericFeature:
    """Nulls take ``median``, then the logarithm if ``log``, then (value - mean) / std."""

    name: str
    log: bool
    median: float
    mean: float
    std: float

    @classmethod
    def learnt(cls, name: str, values: Matrix) -> NumericFeature | None:
        """From a sample, nulls as NaN; None when the column does not vary."""
        known = values[~np.isnan(values)]
        if not known.size:
            return None
        scale = cls(name, name in LOG_FEATURES, float(np.median(known)), 0.0, 1.0).coordinates(values)
        mean, std = float(np.mean(scale)), float(np.std(scale))
        varies = std > 1e-9 * max(abs(mean), 1.0)
        return cls(name, name in LOG_FEATURES, float(np.median(known)), mean, std) if varies else None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def spreads(self) -> tuple[float, ...]:
        """The standard deviation of each coordinate in the sample."""
        return (1.0,)

    @property
    def log_scale(self) -> float:
        """ln of the scaled unit in the unit before scaling."""
        return log(self.std)

    def coordinates(self, values: NDArray[Any]) -> Matrix:
        filled = np.where(np.isnan(values), self.median, values)
        scaled = np.log(1.0 + np.maximum(filled, 0.0)) if self.log else filled
        return ((scaled - self.mean) / self.std)[:, np.newaxis]

    def expressions(self, table: ir.Table) -> list[ir.Value]:
        filled = table[self.name].cast("float64").fill_null(self.median)
        scaled = (ibis.greatest(filled, 0.0) + 1.0).ln() if self.log else filled
        return [(scaled - self.mean) / self.std]


@dataclass(frozen=True, slots=True)
class CategoricalFeature:
    """``levels``: the common values, most frequent first; ``shares`` of them and, last, of all other values.

    Unknown is a value like any other; values first seen after the fit are of the rest.
    """

    name: str
    levels: tuple[str, ...]
    shares: tuple[float, ...]

    @classmethod
    def learnt(cls, name: str, values: NDArray[Any]) -> CategoricalFeature | None:
        """From a sample of text without nulls; None when the column does not vary."""
        found, counts = np.unique(values.astype(str), return_counts=True)
        if found.size < 2:
            return None
        ranked = sorted(zip(found.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
        common = [(value, count / values.size) for value, count in ranked[:MAX_LEVELS] if count >= MIN_SHARE * values.size]
        shares = [share for _, share in common]
        return cls(name, tuple(value for value, _ in common), (*shares, max(0.0, 1.0 - sum(shares))))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{slug(level) or UNKNOWN}" for level in (*self.levels, REST))

    @property
    def spreads(self) -> tuple[float, ...]:
        return tuple(self._weight * sqrt(share * (1.0 - share)) for share in self.shares)

    @property
    def log_scale(self) -> float:
        return 0.0

    @property
    def _weight(self) -> float:
        return 1.0 / sqrt(1.0 - sum(share * share for share in self.shares))

    def coordinates(self, values: NDArray[Any]) -> Matrix:
        is_level = np.column_stack([values == level for level in self.levels]).astype(float)
        is_rest = 1.0 - is_level.sum(axis=1, keepdims=True)
        return cast(Matrix, (np.hstack([is_level, is_rest]) - np.array(self.shares)) * self._weight)

    def expressions(self, table: ir.Table) -> list[ir.Value]:
        value = text(table[self.name])
        chosen = [value == level for level in self.levels] + [~value.isin(self.levels)]
        # A truth value as a double: of two literals an engine would make decimals, whose products it cannot hold.
        return [(holds.cast("float64") - share) * self._weight for holds, share in zip(chosen, self.shares, strict=True)]


ClusterFeature = NumericFeature | CategoricalFeature


def text(column: ir.Column) -> ir.StringValue:
    """A category as text without nulls."""
    return column.cast("string").fill_null(UNKNOWN)


def learnt(name: str, values: NDArray[Any]) -> ClusterFeature | None:
    """The feature a sampled column makes, by the column's type; None when the column does not vary."""
    kind = NumericFeature if np.issubdtype(values.dtype, np.number) else CategoricalFeature
    return kind.learnt(name, values)


def points(features: Sequence[ClusterFeature], columns: Mapping[str, NDArray[Any]]) -> Matrix:
    """A row per sampled customer, the coordinates of all ``features`` side by side."""
    return np.hstack([feature.coordinates(columns[feature.name]) for feature in features]) if features else np.empty((0, 0))


def to_parameters(features: Sequence[ClusterFeature]) -> list[dict[str, Any]]:
    return [asdict(feature) for feature in features]


def from_parameters(parameters: Sequence[Mapping[str, Any]]) -> tuple[ClusterFeature, ...]:
    return tuple(
        CategoricalFeature(p["name"], tuple(p["levels"]), tuple(p["shares"])) if "levels" in p else NumericFeature(**p)
        for p in parameters
    )
