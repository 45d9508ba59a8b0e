"""Fitting a cluster model on a bounded sample: the features, the number of clusters, the names, the fence.

Belongs here: reading the sample and putting the parts together.  Each part has its own file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.contracts.labels import OUTLIER
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.hash_sampling import bounded_sample, in_half, in_sample
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_count import SHAPES, Count, Mask, Shape, count_clusters
from segmentation_pipeline.models.cluster_features import Matrix, learnt, points, text
from segmentation_pipeline.models.cluster_model import BANDS, SCORE_DIGITS, ClusterModel
from segmentation_pipeline.models.cluster_names import name_clusters
from segmentation_pipeline.models.cluster_reference import compare
from segmentation_pipeline.models.global_kmeans import grow_clusters

CUSTOMERS_PER_CLUSTER = 10
"""Sampled customers a cluster needs on average; below it centres describe persons, not groups."""

CANDIDATES = 400
"""About so many sampled customers are looked at for a place where a further cluster may start."""

HALVINGS = 2
"""How often the compared customers are halved to see whether both halves find the same clusters."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Sampled customers with orders, sorted by id: ``columns`` by name, numbers as doubles with NaN for null.

    ``compared``: those who are looked at where all pairs are compared; ``candidate``: those at whose
    place a cluster may start; ``halves``: one half of all, another for each halving.
    """

    columns: Mapping[str, NDArray[Any]]
    compared: Mask
    candidate: Mask
    halves: tuple[Mask, ...]

    @property
    def size(self) -> int:
        return self.compared.size


def settings_of(config: ClustersConfig, wanted: Sequence[str]) -> dict[str, object]:
    """What the configuration decides about a model; a model fitted with other settings is another model."""
    settings = config.model_dump(mode="json", exclude={"refit", "features"})
    return settings | {"features": list(wanted)}


def read_sample(engine: Engine, features: ir.Table, wanted: Sequence[str], config: ClustersConfig, salt: str) -> Sample:
    """A hash sample of customers with orders: numbers and categories of ``wanted``, and net revenue.

    Raises ValueError for a feature that does not exist or is of a kind the model cannot take.
    """
    _check_features(features, wanted, config.kind)
    buyers = features.filter(features.frequency > 0)
    count = engine.count(buyers)
    sample = bounded_sample(buyers, "customer_id", salt, config.sample_size, count).order_by("customer_id")
    # Parts of the sample, by the same draw as the sample itself: they hardly change from day to day.
    parts = {"_compared": config.silhouette_sample_size, "_candidate": CANDIDATES}
    marks = {name: in_sample(sample.customer_id, salt, size / max(count, 1)) for name, size in parts.items()}
    marks |= {f"_half{i}": in_half(sample.customer_id, salt, i) for i in range(HALVINGS)}
    columns = arrays(
        engine,
        sample.select(
            "customer_id",
            **{name: mark.cast("int64") for name, mark in marks.items()},
            **{name: _read(sample[name]) for name in dict.fromkeys((*wanted, "monetary"))},
        ),
    )
    order = np.argsort(columns["customer_id"])
    columns = {name: values[order] for name, values in columns.items()}
    compared, candidate, *halves = (columns.pop(name) > 0 for name in marks)
    everybody = np.ones(compared.size, bool)
    return Sample(columns, compared if compared.any() else everybody, candidate if candidate.any() else everybody, tuple(halves))


def fit_sample(sample: Sample, wanted: Sequence[str], config: ClustersConfig) -> ClusterModel:
    """Choose the number of clusters by silhouette (k-means) or BIC (mixture) and stability, and fit.

    Clusters are numbered by mean net revenue, highest first.  Too few customers, or none that
    differ, give one cluster and a note.  Where clusters do not part customers better than a cloud without groups, they are
    bands, not types; with ``min_clusters: 1`` the answer is then one cluster.
    """
    prepared = [(name, learnt(name, sample.columns[name])) for name in wanted]
    kept = tuple(feature for _, feature in prepared if feature is not None)
    notes = [f"{name} left out: it is the same for all customers" for name, feature in prepared if feature is None]
    settings = settings_of(config, wanted)
    placed = points(kept, sample.columns)
    fewest = max(config.min_clusters, 2)
    if _largest(placed, config) < fewest:
        distinct = len(np.unique(placed, axis=0)) if kept else 1
        needed = max(fewest * CUSTOMERS_PER_CLUSTER, fewest + 1)
        notes.append(f"one cluster: {sample.size} customers, {distinct} of them different; at least {needed} needed")
        return _everybody(config, settings, sample.size, "; ".join(notes))

    method = SHAPES[config.kind]
    with threadpool_limits(limits=1):  # threads add up in the order they finish: the last digits would differ from run to run
        inside = np.ones(sample.size, bool)
        count, fitted = _fitted(placed, sample, inside, config)
        while (fewer := inside & ~_too_few(fitted.assigned(placed)[0], inside, config)).sum() < inside.sum():
            if _largest(placed[fewer], config) < fewest:
                break
            inside = fewer
            count, fitted = _fitted(placed, sample, inside, config)
        labels, remoteness = fitted.assigned(placed)
        reference = compare(placed[sample.compared & inside], method, count.number)
    if not reference.is_beaten:
        found = (
            f"{method.criterion} {reference.observed:.4g} of {count.number} clusters is not above the {reference.best:.4g} of one"
        )
        notes.append(f"{BANDS}: {found} correlated Gaussian with the same moments")
        if config.min_clusters == 1:
            return _everybody(config, settings, sample.size, "; ".join(["one cluster", *notes]), types=False)
    numbers = range(len(fitted.means))
    revenue = [float(np.mean(sample.columns["monetary"][labels == k])) if (labels == k).any() else 0.0 for k in numbers]
    ranked = sorted(numbers, key=lambda k: (-revenue[k], fitted.means[k]))
    fence = _fence(remoteness, config.outlier_fence)
    if count.stability < config.min_stability:
        notes.append(f"not stable: agreement between halves {count.stability:.2f}, below {config.min_stability:g}")
    metrics: dict[str, float | None] = {
        "clusters": len(ranked),
        **_counted(count, method.criterion),
        **{f"share_{i}": round(float(np.mean(labels == k)), 6) for i, k in enumerate(ranked, 1)},
        "structure": reference.observed,
        "structure_reference": reference.best,
        "set_aside": int((~inside).sum()),
        "share_outlier": 0.0 if fence is None else round(float(np.mean(remoteness.round(SCORE_DIGITS) > fence)), 6),
    }
    ids = tuple(range(1, len(ranked) + 1))
    model = ClusterModel(
        kept, fitted.ranked(ranked), ids, (), fence, settings, sample.size, metrics, "; ".join(notes), reference.is_beaten
    )
    return replace(model, known=fresh_names(model, range(len(ranked))))


def _counted(count: Count, criterion: str) -> dict[str, float | None]:
    """How well the number of clusters that was chosen, and each that was tried, does."""
    return {
        criterion: count.qualities[count.number],
        "stability": count.stability,
        **{f"{criterion}_{k}": value for k, value in count.qualities.items()},
        **{f"stability_{k}": value for k, value in count.stabilities.items()},
    }


def _fitted(placed: Matrix, sample: Sample, inside: Mask, config: ClustersConfig) -> tuple[Count, Shape]:
    """The number of clusters and the fit on the customers ``inside``."""
    method, compared = SHAPES[config.kind], sample.compared & inside
    grown = grow_clusters(placed[inside], placed[sample.candidate & inside], _largest(placed[inside], config))
    tried = {
        k: method.fitted(placed[compared], fit.cluster_centers_) for k, fit in grown.items() if k >= max(config.min_clusters, 2)
    }
    halves = [in_half[compared] for in_half in sample.halves]
    count = count_clusters(placed[compared], sample.candidate[compared], halves, tried, config.min_stability)
    return count, method.fitted(placed[inside], grown[count.number].cluster_centers_)


def _largest(placed: Matrix, config: ClustersConfig) -> int:
    """The most clusters there is ground for."""
    distinct = len(np.unique(placed, axis=0)) if placed.size else 1
    return min(config.max_clusters, len(placed) // CUSTOMERS_PER_CLUSTER, distinct - 1)


def _too_few(labels: NDArray[np.int64], inside: Mask, config: ClustersConfig) -> Mask:
    """Who makes a cluster of a few customers, far from all others; set aside for the fit they show as outliers.

    Nobody where no outliers are wanted.
    """
    members = np.bincount(labels[inside], minlength=labels.max() + 1)
    return inside & (members[labels] < CUSTOMERS_PER_CLUSTER) & (config.outlier_fence is not None)


def fresh_names(model: ClusterModel, positions: Sequence[int], taken: Sequence[str] = ()) -> tuple[str, ...]:
    """A name for each of these clusters of ``model.shape`` by what sets it apart, other than those ``taken``."""
    contrasts = [model.contrasts[position] for position in positions]
    return name_clusters(contrasts, [name for feature in model.features for name in feature.names], (OUTLIER, *taken))


def fit_quality(model: ClusterModel, sample: Sample, seen: Matrix) -> float:
    """How well the model fits the compared customers of ``sample``, by its own criterion: more is better.

    ``seen``: the coordinates silhouettes are measured in, the same for all models compared; densities
    are those of the values before scaling, so that models with their own scales can be compared.
    """
    with threadpool_limits(limits=1):
        labels, remoteness = model.shape.assigned(model.points(sample.columns)[sample.compared])
        remoteness = remoteness + sum(feature.log_scale for feature in model.features)
        return model.shape.quality(seen[sample.compared], labels, remoteness)


def _everybody(
    config: ClustersConfig, settings: Mapping[str, object], customers: int, note: str, types: bool = True
) -> ClusterModel:
    shape = SHAPES[config.kind].single()
    return ClusterModel((), shape, (1,), ("all_customers",), None, settings, customers, {"clusters": 1}, note, types)


def _fence(remoteness: Matrix, ranges: float | None) -> float | None:
    """Tukey's outer fence: so many interquartile ranges above the upper quartile."""
    if ranges is None:
        return None
    lower, upper = np.quantile(remoteness, [0.25, 0.75])
    return round(float(upper + ranges * (upper - lower)), SCORE_DIGITS)


def _read(column: ir.Column) -> ir.Value:
    return column.cast("float64") if column.type().is_numeric() else text(column)


def _check_features(features: ir.Table, wanted: Sequence[str], kind: str) -> None:
    schema = features.schema()
    usable = [
        name for name, t in schema.items() if t.is_numeric() or (kind == Centres.kind and (t.is_string() or t.is_boolean()))
    ]
    for name in wanted:
        if name not in schema:
            near = difflib.get_close_matches(name, usable, n=1, cutoff=0.0)
            raise ValueError(f"cluster features: there is no feature '{name}'; the nearest name is '{''.join(near)}'")
        if name not in usable:
            raise ValueError(
                f"cluster features: '{name}' is {schema[name]}, which {kind} cannot take; it can: {', '.join(usable)}"
            )
