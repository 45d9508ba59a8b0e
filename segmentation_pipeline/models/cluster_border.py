"""How far a customer is from the border of their cluster, and by which features the cluster is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_features import UNKNOWN, NumericFeature
from segmentation_pipeline.models.cluster_model import ClusterModel

SHOWN = 3
NOTABLE = 0.2
"""Differences of fewer standard deviations go unmentioned (Cohen 1988 calls 0.2 small)."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One coordinate: where the cluster's mean lies and where the customer, in standard deviations from the mean of all."""

    name: str
    cluster: float
    customer: float


@dataclass(frozen=True, slots=True)
class Border:
    """A customer between two clusters: the nearest and the second nearest.

    ``own`` and ``next`` are distances to the centres (``is_distance``: standard deviations, less is
    nearer) or probabilities of the components (more is nearer).  ``outside`` is how much more remote
    than its fence allows an outlier is; None for everybody else.
    """

    cluster: str
    other: str
    own: float
    next: float
    is_distance: bool
    apart: tuple[Contrast, ...]
    outside: float | None = None

    @property
    def margin(self) -> float:
        """The difference of both: 0 on the border."""
        return abs(self.next - self.own)

    def words(self) -> tuple[str, ...]:
        """What sets the cluster apart and how near the border is, a line each."""
        listed = ", ".join(f"{c.name} {c.cluster:+.1f} sd (customer {c.customer:+.1f})" for c in self.apart)
        lines = [f"{self.cluster} is set apart by {listed}"] if listed else []
        if self.outside is not None:
            lines.append(f"an outlier, {self.outside:.3g} farther than the model allows")
        if self.is_distance:
            both = f"{self.own:.3g} from the centre of {self.cluster}, {self.next:.3g} from that of {self.other}"
            lines.append(f"{self.margin:.3g} from the border to {self.other}: {both}")
        else:
            lines.append(f"{self.cluster} with probability {self.own:.1%}, next {self.other} with {self.next:.1%}")
        return tuple(lines)


def border(model: ClusterModel, customer: Mapping[str, Any]) -> Border | None:
    """The border nearest to the customer, whose row has the model's features; None when there is one cluster only."""
    if model.is_single:
        return None
    columns = {
        feature.name: np.array(
            [_number(customer[feature.name]) if isinstance(feature, NumericFeature) else _text(customer[feature.name])]
        )
        for feature in model.features
    }
    point = model.points(columns)
    is_distance = isinstance(model.shape, Centres)
    near = (model.shape.distances(point) if isinstance(model.shape, Centres) else model.shape.probabilities(point))[0]
    ranked = np.argsort(near if is_distance else -near, kind="stable")
    first, second = int(ranked[0]), int(ranked[1])
    remoteness = float(model.shape.assigned(point)[1][0])
    outside = None if model.fence is None or remoteness <= model.fence else remoteness - model.fence
    names = [name for feature in model.features for name in feature.names]
    spreads = [spread for feature in model.features for spread in feature.spreads]
    contrasts = [
        Contrast(name, float(cluster), float(place) / spread if spread else 0.0)
        for name, cluster, place, spread in zip(names, model.contrasts[first], point[0], spreads, strict=True)
    ]
    notable = sorted((c for c in contrasts if abs(c.cluster) >= NOTABLE), key=lambda c: -abs(c.cluster))
    return Border(
        model.names[first],
        model.names[second],
        float(near[first]),
        float(near[second]),
        is_distance,
        tuple(notable[:SHOWN]),
        outside,
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _text(value: object) -> str:
    """As the engine writes it: truth values in lower case."""
    if value is None:
        return UNKNOWN
    return str(value).lower() if isinstance(value, bool) else str(value)
