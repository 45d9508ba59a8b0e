"""Customer clusters: k-means on a bounded sample, assignment as table arithmetic over everybody.

Belongs here: preparing the features, choosing k, fitting, scoring.  Names are in
``cluster_names.py``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.contracts.scores import CLUSTER_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.chance import bounded_sample, drawn
from segmentation_pipeline.features.catalog import CLUSTER_FEATURES
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.cluster_names import name_clusters
from segmentation_pipeline.models.global_kmeans import grow_clusters

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

CUSTOMERS_PER_CLUSTER = 10
"""Sampled customers a cluster needs on average; below it centres describe persons, not groups."""

AS_GOOD = 0.01
"""Silhouettes this close say the same; then fewer clusters are better, and a day's new orders do not change their number."""

CANDIDATES = 400
"""About so many sampled customers are looked at for a place where a further cluster may start."""

_PARTS = ("judged", "candidate")
"""Parts of the sample, by the same draw as the sample itself: they hardly change from day to day."""

SCORE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ClusterFeature:
    """How one column becomes a coordinate: nulls take ``median``, then the logarithm if ``log``, then
    (value - mean) / std."""

    name: str
    log: bool
    median: float
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class ClusterModel:
    """``centres``: one row per cluster in the order of ``names``, one coordinate per feature; cluster ids count from 1."""

    features: tuple[ClusterFeature, ...]
    centres: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    training_rows: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    note: str = ""

    def to_parameters(self) -> dict[str, Any]:
        return {
            "features": [asdict(feature) for feature in self.features],
            "centres": [list(centre) for centre in self.centres],
            "names": list(self.names),
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ClusterModel:
        """A model that scores like the one the parameters came from."""
        return cls(
            tuple(ClusterFeature(**feature) for feature in parameters["features"]),
            tuple(tuple(centre) for centre in parameters["centres"]),
            tuple(parameters["names"]),
        )


def fit_clusters(engine: Engine, features: ir.Table, config: ClustersConfig, salt: str) -> ClusterModel:
    """Choose k by silhouette and fit k-means on a hash sample of customers with orders.

    Of numbers of clusters that are as good (``AS_GOOD``) the smallest is taken.

    ``config.features`` left out means the customary ones that ``features`` has.  Clusters are
    numbered by mean net revenue, highest first.  Too few customers, or none that
    differ, give one cluster and a note.  Raises ValueError for a configured feature that does not
    exist or is not a number.
    """
    wanted = config.features
    if wanted is None:
        wanted = tuple(name for name in CLUSTER_FEATURES if name in features.columns)
    _check_features(features, wanted)
    buyers = features.filter(features.frequency > 0)
    count = engine.count(buyers)
    sample = bounded_sample(buyers, "customer_id", salt, config.sample_size, count).order_by("customer_id")
    parts = dict(zip(_PARTS, (config.silhouette_sample_size, CANDIDATES), strict=True))
    columns = arrays(
        engine,
        sample.select(
            "customer_id",
            **{name: drawn(sample.customer_id, salt, size / max(count, 1)).cast("int64") for name, size in parts.items()},
            **{name: sample[name].cast("float64") for name in dict.fromkeys((*wanted, "monetary"))},
        ),
    )
    order = np.argsort(columns["customer_id"])
    columns = {name: values[order] for name, values in columns.items()}
    customers = columns["customer_id"].size

    prepared = [(name, _prepare(name, columns[name])) for name in wanted]
    kept = [feature for _, feature in prepared if feature is not None]
    notes = [f"{name} left out: it is the same for all customers" for name, feature in prepared if feature is None]
    points = _coordinates(columns, kept)
    distinct = len(np.unique(points, axis=0)) if kept else 1
    largest = min(config.max_clusters, customers // CUSTOMERS_PER_CLUSTER, distinct - 1)
    if largest < config.min_clusters:
        needed = max(config.min_clusters * CUSTOMERS_PER_CLUSTER, config.min_clusters + 1)
        notes.append(f"one cluster: {customers} customers, {distinct} of them different; at least {needed} needed")
        return ClusterModel((), ((),), ("all_customers",), customers, {"clusters": 1}, "; ".join(notes))

    with threadpool_limits(limits=1):  # threads add up in the order they finish: the last digits would differ from run to run
        # Silhouette compares all pairs, so it sees a part: the same part for every k.
        seen, candidate = (columns[name] > 0 if columns[name].any() else np.ones(customers, bool) for name in _PARTS)
        grown = grow_clusters(points, points[candidate], largest)
        tried = {k: fit for k, fit in grown.items() if k >= config.min_clusters}
        silhouettes = {k: _silhouette(points[seen], fit.labels_[seen]) for k, fit in tried.items()}
    best = min(k for k, silhouette in silhouettes.items() if silhouette >= max(silhouettes.values()) - AS_GOOD)
    fit = tried[best]
    revenue = [float(np.mean(columns["monetary"][fit.labels_ == label])) for label in range(best)]
    ranked = sorted(range(best), key=lambda label: (-revenue[label], tuple(fit.cluster_centers_[label])))
    centres = tuple(tuple(float(value) for value in fit.cluster_centers_[label]) for label in ranked)
    metrics: dict[str, float | None] = {
        "clusters": best,
        "silhouette": silhouettes[best],
        "inertia_per_customer": round(float(fit.inertia_) / customers, 6),
        **{f"silhouette_{k}": value for k, value in silhouettes.items()},
        **{f"share_{position}": round(float(np.mean(fit.labels_ == label)), 6) for position, label in enumerate(ranked, 1)},
    }
    names = name_clusters(centres, [feature.name for feature in kept])
    return ClusterModel(tuple(kept), centres, names, customers, metrics, "; ".join(notes))


def with_clusters(features: ir.Table, model: ClusterModel) -> ir.Table:
    """``features`` with cluster_id, cluster and cluster_distance; null without orders.

    The nearest centre wins, of equally near ones that with the smallest id.  The distance is
    Euclidean over standardised features.
    """
    placed = features.mutate(**{f"_z{i}": _coordinate(features, feature) for i, feature in enumerate(model.features)})
    squares = {
        f"_d{k}": _sum([(placed[f"_z{i}"] - value) * (placed[f"_z{i}"] - value) for i, value in enumerate(centre)])
        for k, centre in enumerate(model.centres, 1)
    }
    measured = placed.mutate(**squares)
    nearest = ibis.least(*(measured[name] for name in squares))
    found = measured.mutate(_nearest=ibis.ifelse(measured.frequency > 0, nearest, ibis.null("float64")))
    found = found.mutate(cluster_id=ibis.cases(*((found[name] == found._nearest, k) for k, name in enumerate(squares, 1))))
    return found.select(
        *features.columns,
        cluster_id=found.cluster_id.cast("int64"),
        cluster=ibis.cases(*((found.cluster_id == k, name) for k, name in enumerate(model.names, 1))),
        cluster_distance=found._nearest.sqrt().round(SCORE_DIGITS),
    )


def score_clusters(features: ir.Table, model: ClusterModel) -> ir.Table:
    """One row per customer with orders: customer_id and what ``with_clusters`` adds."""
    scored = with_clusters(features, model)
    return scored.filter(scored.frequency > 0).select("customer_id", *(column.name for column in CLUSTER_COLUMNS))


def _check_features(features: ir.Table, wanted: Sequence[str]) -> None:
    schema = features.schema()
    numeric = [name for name, kind in schema.items() if kind.is_numeric()]
    for name in wanted:
        if name not in schema:
            near = difflib.get_close_matches(name, numeric, n=1, cutoff=0.0)
            raise ValueError(f"models.clusters.features: there is no feature '{name}'; the nearest name is '{''.join(near)}'")
        if name not in numeric:
            raise ValueError(
                f"models.clusters.features: '{name}' is {schema[name]}, and clusters need numbers; "
                f"numeric features: {', '.join(numeric)}"
            )


def _prepare(name: str, values: Matrix) -> ClusterFeature | None:
    """The coordinate rule learnt from the sample; None when the column does not vary."""
    known = values[~np.isnan(values)]
    if not known.size:
        return None
    median = float(np.median(known))
    log = name in LOG_FEATURES
    scale = _scale(values, median, log)
    mean, std = float(np.mean(scale)), float(np.std(scale))
    return ClusterFeature(name, log, median, mean, std) if std > 1e-9 * max(abs(mean), 1.0) else None


def _scale(values: Matrix, median: float, log: bool) -> Matrix:
    filled = np.where(np.isnan(values), median, values)
    return np.log(1.0 + np.maximum(filled, 0.0)) if log else filled


def _coordinates(columns: Mapping[str, Matrix], features: Sequence[ClusterFeature]) -> Matrix:
    scaled = [(_scale(columns[f.name], f.median, f.log) - f.mean) / f.std for f in features]
    return np.column_stack(scaled) if scaled else np.empty((0, 0))


def _coordinate(table: ir.Table, feature: ClusterFeature) -> ir.FloatingValue:
    """The same arithmetic as ``_scale`` and ``_coordinates``, as an expression."""
    filled = table[feature.name].cast("float64").fill_null(feature.median)
    scaled = (ibis.greatest(filled, 0.0) + 1.0).ln() if feature.log else filled
    return (scaled - feature.mean) / feature.std


def _sum(terms: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
    total = ibis.literal(0.0)
    for term in terms:
        total = total + term
    return total


def _silhouette(points: Matrix, labels: NDArray[np.int32]) -> float:
    """-1 when the part seen shows a single cluster or nothing but singles, which has no silhouette."""
    found = len(np.unique(labels))
    return round(float(silhouette_score(points, labels)), 6) if 2 <= found < len(labels) else -1.0
