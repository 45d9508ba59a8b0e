"""Which cluster of a new model is which of the old one: by the customers they share.

Clusters are matched one to one such that as many customers as possible stay in theirs (Kuhn's
Hungarian method, 1955).  What became of the others is told in the words of MONIC (Spiliopoulou,
Ntoutsi, Theodoridis and Schult, "MONIC: modeling and monitoring cluster transitions", 2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir
import numpy as np
from scipy.optimize import linear_sum_assignment

from segmentation_pipeline.contracts.labels import ClusterChange
from segmentation_pipeline.contracts.model_tables import CLUSTER_CHANGES_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.cluster_model import ClusterModel, with_clusters
from segmentation_pipeline.models.clusters import fresh_names

MOST = 0.5
"""Of the members of a cluster: from this share on they are most of them."""

Overlap = Mapping[tuple[int, int], int]
"""Customers by id in the old and id in the new model; 0 are outliers."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What became of one cluster: the old name, the new name (None where there is none) and the customers it is about."""

    change: ClusterChange
    before: str | None
    after: str | None
    customers: int


def overlap(engine: Engine, features: ir.Table, before: ClusterModel, after: ClusterModel) -> dict[tuple[int, int], int]:
    """How many customers with orders are in which cluster of both models, counted in the engine over everybody."""
    both = with_clusters(with_clusters(_buyers(features, before, after), before, "before"), after, "after")
    counted = both.group_by(["before_cluster_id", "after_cluster_id"]).agg(customers=both.count())
    return {(int(row["before_cluster_id"]), int(row["after_cluster_id"])): int(row["customers"]) for row in engine.rows(counted)}


def beginnings(engine: Engine, features: ir.Table, first: ClusterModel) -> list[Transition]:
    """The births of the clusters of a model before which there was none."""
    placed = with_clusters(_buyers(features, first), first, "first")
    counted = engine.rows(placed.group_by("first_cluster_id").agg(customers=placed.count()))
    sizes = {int(row["first_cluster_id"]): int(row["customers"]) for row in counted}
    return [Transition(ClusterChange.BORN, None, first.known[i - 1], sizes.get(i, 0)) for i in first.ids]


def _buyers(features: ir.Table, *models: ClusterModel) -> ir.Table:
    """Customers with orders, with what the models read alone: the other columns only lengthen the query."""
    read = dict.fromkeys(feature.name for model in models for feature in model.features)
    return features.filter(features.frequency > 0).select(*dict.fromkeys(("frequency", *read)))


def with_identity(before: ClusterModel, after: ClusterModel, shared: Overlap) -> tuple[ClusterModel, list[Transition]]:
    """``after`` with the ids and names of ``before``'s clusters where they are the same, and what became of each.

    Two matched clusters are the same when they share most of the smaller one's members: it is
    ``kept``.  Another new cluster most of whose members come from one old cluster was ``split`` off it,
    else it is ``born``; another old cluster most of whose members went to one new cluster was
    ``merged`` into it, else it ``died``.  The one cluster of all customers is the same as nothing but itself.
    """
    counts = np.array([[shared.get((old, new), 0) for new in after.ids] for old in before.ids])
    old_sizes = [sum(n for (old, _), n in shared.items() if old == i) for i in before.ids]
    new_sizes = [sum(n for (_, new), n in shared.items() if new == i) for i in after.ids]
    comparable = before.is_single == after.is_single
    matched = {
        int(new): int(old)
        for old, new in zip(*linear_sum_assignment(counts, maximize=True), strict=True)
        if comparable and counts[old, new] > 0 and counts[old, new] >= MOST * min(old_sizes[old], new_sizes[new])
    }
    ids, known = _numbered(before, after, matched)
    changes = [
        Transition(ClusterChange.KEPT, before.names[old], before.names[old], int(counts[old, new]))
        for new, old in matched.items()
    ]
    for new, i in enumerate(ids):
        if new not in matched:
            source = int(counts[:, new].argmax())
            split = comparable and new_sizes[new] > 0 and counts[source, new] >= MOST * new_sizes[new]
            change, origin = (ClusterChange.SPLIT, before.names[source]) if split else (ClusterChange.BORN, None)
            changes.append(Transition(change, origin, known[i - 1], int(counts[source, new]) if split else new_sizes[new]))
    for old, name in enumerate(before.names):
        if old not in matched.values():
            target = int(counts[old].argmax())
            merged = comparable and old_sizes[old] > 0 and counts[old, target] >= MOST * old_sizes[old]
            change, into = (ClusterChange.MERGED, known[ids[target] - 1]) if merged else (ClusterChange.DIED, None)
            changes.append(Transition(change, name, into, int(counts[old, target]) if merged else old_sizes[old]))
    return replace(after, ids=ids, known=known), sorted(changes, key=lambda c: (c.change, c.before or "", c.after or ""))


def _numbered(before: ClusterModel, after: ClusterModel, matched: Mapping[int, int]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The ids of ``after``'s clusters and all names: new clusters get the ids and names nobody had before."""
    new = [position for position in range(len(after.ids)) if position not in matched]
    names = after.names if after.is_single else fresh_names(after, new, before.known)
    ids = {position: before.ids[old] for position, old in matched.items()}
    ids |= {position: number for number, position in enumerate(new, len(before.known) + 1)}
    return tuple(ids[position] for position in range(len(after.ids))), (*before.known, *names[: len(new)])


def changes_table(engine: Engine, changes: Mapping[str, Sequence[Transition]], as_of: date) -> ir.Table:
    """A row is what became of a cluster of a model on ``as_of``; the published ``cluster_changes``."""
    rows = [
        (as_of, model, change.change.value, change.before, change.after, change.customers)
        for model, found in changes.items()
        for change in found
    ]
    return engine.memtable(
        {column.name: [row[i] for row in rows] for i, column in enumerate(CLUSTER_CHANGES_COLUMNS)},
        {column.name: column.type.ibis for column in CLUSTER_CHANGES_COLUMNS},
    )
