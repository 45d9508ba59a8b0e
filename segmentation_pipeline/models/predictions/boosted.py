"""Gradient-boosted trees, few and small: for what a sum of features cannot say.

Trees are kept as plain numbers.  A row goes where the tree learned to send it, unknown values included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from segmentation_pipeline.models.predictions.design import Matrix, number
from segmentation_pipeline.models.predictions.learner import Learner

TREES, LEAVES, RATE = 60, 8, 0.08
LEAF_SHARE, FEWEST_IN_LEAF = 0.005, 20

Node = tuple[int, float, bool, int, int, float]
"""The place of the number, the threshold, whether unknown goes left, the places of left and right, and the value: of a leaf what
it adds to the link (place -1), of a branch the mean of what its rows get."""


@dataclass(frozen=True, slots=True)
class Boosted(Learner):
    """``start`` and, of each tree, its nodes, the root first."""

    kind = "boosted"
    told = 3  # each takes a pass over all trees

    start: float
    trees: tuple[tuple[Node, ...], ...]
    gains: tuple[float, ...]

    @classmethod
    def fit(cls, numbers: Matrix, outcomes: Matrix, *, is_probability: bool) -> Self:
        fewest = max(FEWEST_IN_LEAF, int(LEAF_SHARE * len(numbers)))
        said: dict[str, Any] = {
            "max_iter": TREES,
            "max_leaf_nodes": LEAVES,
            "learning_rate": RATE,
            "min_samples_leaf": fewest,
            "early_stopping": False,
            "random_state": 0,
        }
        model = (
            HistGradientBoostingClassifier(**said) if is_probability else HistGradientBoostingRegressor(loss="poisson", **said)
        )
        # Threads would spin on a busy machine, and add up in another order on each.
        with threadpool_limits(1, user_api="openmp"):
            model.fit(numbers, outcomes)
        trees = tuple(tuple(_nodes(stage[0].nodes)) for stage in model._predictors)
        gains = np.zeros(numbers.shape[1])
        for stage in model._predictors:
            branches = stage[0].nodes[stage[0].nodes["is_leaf"] == 0]
            np.add.at(gains, branches["feature_idx"].astype(int), branches["gain"])
        return cls(float(np.ravel(model._baseline_prediction)[0]), trees, tuple(map(float, gains)))

    def link(self, numbers: Matrix) -> Matrix:
        made = np.full(len(numbers), self.start)
        for tree in self.trees:
            made += np.array([node[5] for node in tree])[_leaves(tree, numbers)]
        return made

    def link_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        return reduce(add, (_expression(tree, numbers) for tree in self.trees), number(self.start))

    def contributions(self, numbers: Sequence[ir.FloatingValue]) -> Iterator[tuple[int, ir.FloatingValue]]:
        """Along the way of a row through each tree, how much every branch on the number moved the mean (Saabas, 2014): the parts
        of all numbers add up to the link less that of an average customer."""
        for place in map(int, np.argsort(-np.asarray(self.gains), kind="stable")):
            if self.gains[place] > 0:
                parts = [_expression(_moved_by(tree, place), numbers) for tree in self.trees if any(n[0] == place for n in tree)]
                yield place, reduce(add, parts)

    def importances(self) -> Sequence[float]:
        return self.gains

    def to_parameters(self) -> dict[str, Any]:
        return {"start": self.start, "trees": [[list(node) for node in tree] for tree in self.trees], "gains": list(self.gains)}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        trees = tuple(
            tuple((int(n[0]), float(n[1]), bool(n[2]), int(n[3]), int(n[4]), float(n[5])) for n in tree)
            for tree in parameters["trees"]
        )
        return cls(parameters["start"], trees, tuple(parameters["gains"]))


def _nodes(found: NDArray[Any]) -> Iterator[Node]:
    counts, values = found["count"].astype(float), found["value"].astype(float)
    for at in range(len(found) - 1, -1, -1):  # children stand behind their branch
        if not found[at]["is_leaf"]:
            left, right = int(found[at]["left"]), int(found[at]["right"])
            values[at] = (counts[left] * values[left] + counts[right] * values[right]) / (counts[left] + counts[right])
    for at, node in enumerate(found):
        if node["is_leaf"]:
            yield (-1, 0.0, False, 0, 0, float(values[at]))
        else:
            # Everything known goes left where only unknown was parted from known.
            threshold = min(float(node["num_threshold"]), float(np.finfo(float).max))
            left, right = int(node["left"]), int(node["right"])
            yield (int(node["feature_idx"]), threshold, bool(node["missing_go_to_left"]), left, right, float(values[at]))


def _leaves(tree: Sequence[Node], numbers: Matrix) -> NDArray[np.int64]:
    """The place of the leaf each row ends in."""
    at = np.zeros(len(numbers), dtype=np.int64)
    place, threshold, unknown_left, left, right = (np.array([node[k] for node in tree]) for k in range(5))
    while (moving := place[at] >= 0).any():
        values = numbers[np.arange(len(numbers)), np.maximum(place[at], 0)]
        goes_left = np.where(np.isnan(values), unknown_left[at], values <= threshold[at])
        at = np.where(moving, np.where(goes_left, left[at], right[at]), at)
    return at


def _expression(tree: Sequence[Node], numbers: Sequence[ir.FloatingValue], at: int = 0) -> ir.FloatingValue:
    place, threshold, unknown_left, left, right, value = tree[at]
    if place < 0:
        return number(value)
    goes_left = (numbers[place] <= number(threshold)).fill_null(ibis.literal(unknown_left))
    return goes_left.ifelse(_expression(tree, numbers, left), _expression(tree, numbers, right))


def _moved_by(tree: Sequence[Node], place: int) -> list[Node]:
    """The tree whose leaves hold what branches on the number at ``place`` moved on the way to them."""
    made = list(tree)

    def walk(at: int, moved: float) -> None:
        branch, threshold, unknown_left, left, right, value = tree[at]
        made[at] = (branch, threshold, unknown_left, left, right, moved)
        if branch >= 0:
            for child in (left, right):
                walk(child, moved + (tree[child][5] - value if branch == place else 0.0))

    walk(0, 0.0)
    return made
