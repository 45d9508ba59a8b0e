"""Segmentations that divide the customers nearly as another one does, and so say nothing new.

Belongs here: the contingency tables of all pairs, counted in the engine over a bounded sample, and
two measures of agreement on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.cluster import expected_mutual_information

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.guards import Guard

MAX_AGREEMENT = 0.9
"""From here on, on either measure, one of the two segmentations would do."""

_NOWHERE = ""
"""Being in no segment, as a group of its own; no segment has this name."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contingency:
    """Customers by segment of one segmentation (rows) and of another (columns)."""

    counts: Counts
    rows: tuple[str, ...]
    columns: tuple[str, ...]


def contingencies(engine: Engine, assigned: ir.Table, names: Sequence[str]) -> dict[tuple[str, str], Contingency]:
    """The table of every pair of the exclusive segmentations ``names``, from one pass over ``assigned``.

    ``assigned`` has a row per customer and a column per segmentation; it is read whole and paired with
    itself, so give it a sample.  Customers in no segment are a group of their own, named "".
    """
    each = [ibis.struct({"name": ibis.literal(name), "segment": assigned[name].fill_null(_NOWHERE)}) for name in names]
    with engine.staged(assigned.select("customer_id", each=ibis.array(each).unnest()).unpack("each")) as one:
        other = one.select(customer="customer_id", other_name="name", other_segment="segment")
        pairs = one.join(other, [one.customer_id == other.customer, one.name < other.other_name])
        counted = pairs.group_by("name", "other_name", "segment", "other_segment").agg(customers=pairs.count())
        rows = engine.rows(counted)
    cells: dict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(dict)
    for row in rows:
        pair = str(row["name"]), str(row["other_name"])
        cells[pair][str(row["segment"]), str(row["other_segment"])] = cast(int, row["customers"])
    return {pair: _matrix(cells[pair]) for pair in sorted(cells)}


def guard_duplicates(engine: Engine, assigned: ir.Table, names: Sequence[str]) -> list[Guard]:
    """``near_duplicate`` for every one of ``names``: how like the other that is most like it (ties by name)."""
    tables = contingencies(engine, assigned, names) if len(names) > 1 else {}
    guards = []
    for name in names:
        others = {(set(pair) - {name}).pop(): table for pair, table in tables.items() if name in pair}
        if not others:
            guards.append(Guard(name, "near_duplicate", True, "there is no other to be like", {}))
            continue
        other = min(others, key=lambda o: (-normalised_information(others[o].counts), o))
        agreement = round(adjusted_information(others[other].counts), 4)
        overlap = round(best_jaccard(others[other]), 4)
        passed = max(agreement, overlap) < MAX_AGREEMENT
        message = (
            f"most like {other}: adjusted mutual information {agreement:.2f}, best matching segments overlap by {overlap:.0%}"
            + ("" if passed else f", which is {MAX_AGREEMENT:.0%} or more: one of the two would do")
        )
        numbers = {"adjusted_mutual_information": agreement, "best_jaccard": overlap, "limit": MAX_AGREEMENT}
        guards.append(Guard(name, "near_duplicate", passed, message, numbers))
    return guards


def normalised_information(counts: Counts) -> float:
    """Mutual information over the mean of both entropies, 0 to 1; never below ``adjusted_information``."""
    shared, mean = _information(counts), _mean_entropy(counts)
    return shared / mean if mean > 0 else 0.0


def adjusted_information(counts: Counts) -> float:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010): 0 is chance, 1 the same partition.

    0 where neither side divides anybody.
    """
    mean = _mean_entropy(counts)
    if mean <= 0:
        return 0.0
    expected = float(expected_mutual_information(counts, int(counts.sum())))
    return (_information(counts) - expected) / max(mean - expected, float(np.finfo(float).eps))


def best_jaccard(table: Contingency) -> float:
    """Mean over the segments of both sides of the share (0 to 1) each has in common with its best match."""
    rows = [position for position, name in enumerate(table.rows) if name != _NOWHERE]
    columns = [position for position, name in enumerate(table.columns) if name != _NOWHERE]
    if not rows or not columns:
        return 0.0
    union = table.counts.sum(axis=1, keepdims=True) + table.counts.sum(axis=0, keepdims=True) - table.counts
    shared = (table.counts / union)[np.ix_(rows, columns)]
    return float((shared.max(axis=1).mean() + shared.max(axis=0).mean()) / 2)


def _matrix(cells: Mapping[tuple[str, str], int]) -> Contingency:
    rows, columns = (tuple(sorted({key[side] for key in cells})) for side in (0, 1))
    counts = np.array([[cells.get((row, column), 0) for column in columns] for row in rows], dtype=np.int64)
    return Contingency(counts, rows, columns)


def _information(counts: Counts) -> float:
    joint = counts / counts.sum()
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float(np.sum(joint[seen] * np.log(joint[seen] / expected[seen])))


def _mean_entropy(counts: Counts) -> float:
    return (_entropy(counts.sum(axis=1)) + _entropy(counts.sum(axis=0))) / 2


def _entropy(sizes: Counts) -> float:
    share = sizes[sizes > 0] / sizes.sum()
    return float(-np.sum(share * np.log(share)))
