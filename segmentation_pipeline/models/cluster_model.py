"""A cluster model as it is kept and scored: features, shape, and the identity of its clusters.

Belongs here: what the registry holds of a model and the expression that scores everybody with it.
Does not belong here: fitting (``clusters.py``) and which model is champion (``cluster_champion.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.contracts.labels import OUTLIER
from segmentation_pipeline.contracts.scores import CLUSTERS, cluster_columns
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_count import SHAPES, Shape
from segmentation_pipeline.models.cluster_features import ClusterFeature, from_parameters, points, to_parameters

SCORE_DIGITS = 6

OUTLIER_ID = 0

BANDS = "bands, not types"
"""What clusters are called that part customers no better than a cloud without groups is parted."""
SINGLE = "everybody: there is no ground for more than one cluster"


@dataclass(frozen=True, slots=True)
class ClusterModel:
    """``ids``: the id of each cluster of ``shape``; ``known[id - 1]`` is its name.

    ``known`` names every cluster there ever was, so that neither the id nor the name of one that
    died is given again.  Customers with a remoteness above ``fence`` are outliers (None: nobody is).
    ``settings`` is the configuration it was fitted with.  ``types``: whether the customers part better than a cloud
    without groups does; otherwise the clusters are bands of one cloud.
    """

    features: tuple[ClusterFeature, ...]
    shape: Shape
    ids: tuple[int, ...]
    known: tuple[str, ...]
    fence: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    training_rows: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    note: str = ""
    types: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each cluster of ``shape``."""
        return tuple(self.known[number - 1] for number in self.ids)

    @property
    def is_single(self) -> bool:
        """Whether it is the one cluster of all customers, there being no ground for more."""
        return len(self.ids) == 1

    @property
    def stability(self) -> float | None:
        return self.metrics.get("stability")

    @property
    def contrasts(self) -> tuple[tuple[float, ...], ...]:
        """Per cluster the difference of each coordinate's mean from that of all, in the coordinate's standard deviations."""
        spreads = [spread for feature in self.features for spread in feature.spreads]
        return tuple(
            tuple(value / spread if spread else 0.0 for value, spread in zip(mean, spreads, strict=True))
            for mean in self.shape.means
        )

    @property
    def definitions(self) -> dict[str, str]:
        """What each segment is, in words, in the order of their numbers."""
        if self.is_single:
            return {self.names[0]: SINGLE if self.types else f"{SINGLE}, for they part no better than a cloud without groups"}
        kind = "nearest of {} k-means centres" if isinstance(self.shape, Centres) else "most probable of {} Gaussian components"
        rest = "" if self.types else f"; {BANDS}"
        words = {self.known[i - 1]: f"{kind.format(len(self.ids))} is number {i}{rest}" for i in sorted(self.ids)}
        if self.fence is not None:
            far = f"farther than {self.fence:.4g} standard deviations from every centre"
            thin = f"where customers are rare: log density of the mixture below {-self.fence:.4g}"
            words[OUTLIER] = far if isinstance(self.shape, Centres) else thin
        return words

    def points(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The coordinates of sampled customers."""
        return points(self.features, columns)

    def to_parameters(self) -> dict[str, Any]:
        return {
            "kind": self.shape.kind,
            "features": to_parameters(self.features),
            **self.shape.to_parameters(),
            "ids": list(self.ids),
            "known": list(self.known),
            "fence": self.fence,
            "settings": dict(self.settings),
            "types": self.types,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ClusterModel:
        """A model that scores like the one the parameters came from."""
        return cls(
            from_parameters(parameters["features"]),
            SHAPES[parameters["kind"]].from_parameters(parameters),
            tuple(parameters["ids"]),
            tuple(parameters["known"]),
            parameters["fence"],
            parameters["settings"],
            types=parameters.get("types", True),
        )


def with_clusters(features: ir.Table, model: ClusterModel, name: str = CLUSTERS) -> ir.Table:
    """``features`` with the columns ``cluster_columns`` gives the model ``name``; null without orders.

    The nearest centre, or the most probable component, wins; of equally near ones the first.
    Distances are Euclidean over the coordinates, of a mixture in its component's own standard deviations.
    """
    expressions = [expression for feature in model.features for expression in feature.expressions(features)]
    placed = features.mutate(**{f"_z{i}": expression for i, expression in enumerate(expressions)})
    found = model.shape.scored(placed, [f"_z{i}" for i in range(len(expressions))])
    number = ibis.cases(*((found._position == position, ibis.literal(i, "int64")) for position, i in enumerate(model.ids)))
    if model.fence is not None:
        number = ibis.ifelse(found._remoteness.round(SCORE_DIGITS) > model.fence, ibis.literal(OUTLIER_ID, "int64"), number)
    found = found.mutate(_number=ibis.ifelse(found.frequency > 0, number, ibis.null("int64")))
    named = [(i, model.known[i - 1]) for i in model.ids] + ([(OUTLIER_ID, OUTLIER)] if model.fence is not None else [])
    values = [
        found._number,
        ibis.cases(*((found._number == i, word) for i, word in named)),
        *(
            ibis.ifelse(found.frequency > 0, found[measure].round(SCORE_DIGITS), ibis.null("float64"))
            for measure in ("_distance", "_probability")
            if measure in found.columns
        ),
    ]
    columns = cluster_columns(name, model.shape.kind)
    return found.select(*features.columns, **{column.name: value for column, value in zip(columns, values, strict=True)})
