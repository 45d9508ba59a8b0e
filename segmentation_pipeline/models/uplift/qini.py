"""How much more is won by writing to the people a model ranks first than to as many drawn by lot?

The curve (Radcliffe, 2007): by the share of people written to, the best first, the further orders per person of all.  Both arms
are weighted by how likely a person was to be in theirs, so that days with other shares of people kept out do no harm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from segmentation_pipeline.models.intervals import Z
from segmentation_pipeline.models.predictions.design import Matrix
from segmentation_pipeline.models.uplift.people import SEED, People

DRAWS = 400
TENTHS = tuple(range(1, 11))


class Interval(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def curve(uplift: Matrix, people: People, weights: Matrix | None = None) -> tuple[Matrix, Matrix]:
    """Shares of people and what is won by writing to them, both from 0 on; equal scores are one step.

    ``weights`` says how often each person counts.
    """
    order = np.argsort(-uplift, kind="stable")
    counts = np.ones(len(people)) if weights is None else weights
    of_contacted = counts * people.contacted / people.share
    of_others = counts * (1.0 - people.contacted) / (1.0 - people.share)
    ends = np.append(np.flatnonzero(np.diff(uplift[order]) != 0), len(people) - 1)
    sums = [np.cumsum(each[order])[ends] for each in (counts, of_contacted, of_others)]
    ordered = [np.cumsum((each * people.ordered)[order])[ends] for each in (of_contacted, of_others)]
    rates = [np.divide(y, n, out=np.zeros(len(ends)), where=n > 0) for y, n in zip(ordered, sums[1:], strict=True)]
    both = (sums[1] > 0) & (sums[2] > 0)
    share = sums[0] / max(float(sums[0][-1]), 1e-12)
    won = np.where(both, share * (rates[0] - rates[1]), 0.0)
    return np.append(0.0, share), np.append(0.0, won)


def qini(uplift: Matrix, people: People, weights: Matrix | None = None) -> float:
    """The area between the curve and what people drawn by lot would bring: further orders per person, on average over how
    many are written to.  0 for a ranking that knows nothing."""
    if not len(people):
        return 0.0
    share, won = curve(uplift, people, weights)
    return float(np.sum(np.diff(share) * (won[1:] + won[:-1])) / 2.0 - won[-1] / 2.0)


def qini_interval(uplift: Matrix, people: People) -> Interval:
    """With the interval of what other people would have given: each draw counts each person as often as chance has it."""
    draw = np.random.default_rng(SEED)
    found = [qini(uplift, people, draw.poisson(1.0, len(people)).astype(float)) for _ in range(DRAWS)]
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(qini(uplift, people), float(low), float(high))


def gains(uplift: Matrix, people: People) -> dict[str, float]:
    """The curve at each tenth of people: further orders per hundred of all."""
    share, won = curve(uplift, people)
    return {f"gain_at_{10 * tenth}": 100.0 * float(np.interp(tenth / 10.0, share, won)) for tenth in TENTHS}


def effect(people: People) -> Interval:
    """What the message changed on average: the difference of the shares that ordered."""
    value, variance = 0.0, 0.0
    for sign, share in ((1.0, people.share), (-1.0, 1.0 - people.share)):
        inside = people.contacted if sign > 0 else 1.0 - people.contacted
        weights = inside / share
        total = max(float(weights.sum()), 1e-12)
        mean = float((weights * people.ordered).sum()) / total
        value += sign * mean
        variance += float((weights**2 * (people.ordered - mean) ** 2).sum()) / total**2
    half = Z * float(np.sqrt(variance))
    return Interval(value, value - half, value + half)
