"""Latent class analysis: groups of respondents within which the answers to items tell nothing of each other.

Fitted by expectation maximisation (Goodman, "Exploratory latent structure analysis using both identifiable
and unidentifiable models", 1974).  An item left out is left out of the likelihood.  Nothing is random: each
number of classes starts from the k-means clusters of the answers, grown from one another.  Why not a
library: ADR 0013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.models.global_kmeans import grow_clusters

Matrix = NDArray[np.float64]

PRIOR = 1.0
"""Imagined respondents per class who answer like everybody: no answer is ever impossible (as in Latent GOLD)."""

STRONG = 10.0
"""A difference of BIC that is very strong evidence (Raftery 1995).  A class more must bring it, so a day's new answers
rarely change their number."""

CANDIDATES = 400
_START = 0.9
_MOST_STEPS = 2_000
_STILL = 1e-9
"""EM ends when the log-likelihood of a respondent changes by less."""


@dataclass(frozen=True, slots=True)
class LatentClasses:
    """``shares``: a number per class; ``answers``: per class a row, per item and category the probability of the answer.

    Columns of ``answers`` are those of the indicator matrix the model was fitted to.
    """

    shares: Matrix
    answers: Matrix
    log_likelihood: float
    bic: float


def indicators(columns: Sequence[Matrix], categories: Sequence[Sequence[float]]) -> Matrix:
    """One row per respondent, per item and category 1 where it was the answer; an item not answered has only zeros."""
    return np.column_stack(
        [(column == value).astype(float) for column, values in zip(columns, categories, strict=True) for value in values]
    )


def fit_latent_classes(
    chosen: Matrix, sizes: Sequence[int], largest: int, smallest: int = 1, prior: float = PRIOR
) -> dict[int, LatentClasses]:
    """The model for ``smallest`` to ``largest`` classes (fewer when fewer respondents differ).

    ``chosen`` is an indicator matrix; ``sizes`` is the number of categories of each item in its columns.
    """
    marginal = _normalised(chosen.sum(axis=0)[None, :] + 1e-12, sizes)[0]
    answered = np.repeat(np.column_stack([part.sum(axis=1) for part in _parts(chosen, sizes)]), sizes, axis=1)
    points = np.where(answered > 0, chosen, marginal)
    different = len(np.unique(points, axis=0))
    grown = grow_clusters(points, points[:CANDIDATES], min(largest, different))
    return {k: _fit(chosen, sizes, marginal, fit.labels_, k, prior) for k, fit in grown.items() if k >= smallest}


def best_number(models: dict[int, LatentClasses]) -> int:
    """The smallest number of classes that no other beats by strong evidence."""
    least = min(model.bic for model in models.values())
    return min(k for k, model in models.items() if model.bic <= least + STRONG)


def posterior(model: LatentClasses, chosen: Matrix) -> Matrix:
    """The probability of each class for each respondent."""
    return _expect(chosen, model.shares, model.answers)[0]


def _fit(
    chosen: Matrix, sizes: Sequence[int], marginal: Matrix, labels: NDArray[np.int32], k: int, prior: float
) -> LatentClasses:
    respondents = len(chosen)
    weights = np.full((respondents, k), (1.0 - _START) / max(k - 1, 1))
    weights[np.arange(respondents), labels] = _START if k > 1 else 1.0
    before = -np.inf
    for _ in range(_MOST_STEPS):
        shares = (weights.sum(axis=0) + prior) / (respondents + k * prior)
        answers = _normalised(weights.T @ chosen + prior * marginal + 1e-12, sizes)
        weights, log_likelihood = _expect(chosen, shares, answers)
        if abs(log_likelihood - before) < _STILL * respondents:
            break
        before = log_likelihood
    parameters = (k - 1) + k * sum(size - 1 for size in sizes)
    return LatentClasses(shares, answers, log_likelihood, parameters * log(respondents) - 2.0 * log_likelihood)


def _expect(chosen: Matrix, shares: Matrix, answers: Matrix) -> tuple[Matrix, float]:
    joint = chosen @ np.log(answers).T + np.log(shares)
    highest = joint.max(axis=1, keepdims=True)
    scaled = np.exp(joint - highest)
    total = scaled.sum(axis=1, keepdims=True)
    return scaled / total, float((np.log(total) + highest).sum())


def _normalised(counts: Matrix, sizes: Sequence[int]) -> Matrix:
    return np.hstack([part / part.sum(axis=1, keepdims=True) for part in _parts(counts, sizes)])


def _parts(matrix: Matrix, sizes: Sequence[int]) -> list[Matrix]:
    return np.split(matrix, np.cumsum(sizes)[:-1], axis=1)
