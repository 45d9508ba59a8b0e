"""A model of uplift fitted on some of the people who were drawn, and judged on others.

It is published where writing to the people it ranks first wins more than writing to people drawn by lot, beyond the 95 %
interval, where the same fit finds nothing once the arms are shuffled, and where nothing known before tells the arms apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.config.schema import UpliftEntry
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.uplift.balance import Balance, balance
from segmentation_pipeline.models.uplift.learner import UpliftLearner
from segmentation_pipeline.models.uplift.model import LEARNERS, UpliftModel
from segmentation_pipeline.models.uplift.people import JUDGED_SHARE, SEED, People
from segmentation_pipeline.models.uplift.qini import Interval, effect, gains, qini, qini_interval

FEWEST = 125
"""Of fewer people with an order, or without one, in either arm nothing is learnt: so that in the part that judges there are about
as many as an interval by drawing anew needs to hold what it says."""
FEWEST_OF_PART = 50
SHARE_WITHIN = 0.2
"""So near to the share that judges must that be which days make, to part people by."""
FOLDS = 2
PLACEBOS = 2
SLOPES = (0.1, 1.0)
"""Of calibration: never the same for everybody, never bolder than what was learnt."""
Metrics = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """``kind`` is a learner's, or ``NOT_CREDIBLE`` without a ``model``; ``judged`` are the people it was judged by, ``judged_by``
    says which."""

    kind: str
    model: UpliftModel | None
    training_rows: int = 0
    metrics: Metrics = field(default_factory=dict)
    note: str = ""
    judged: People | None = None
    judged_by: str = ""


def fit(asked: UpliftEntry, people: People, columns: Sequence[Column]) -> Candidate:
    """The better learner with the figures that decided, or why there is none.  Sparse data never raises."""
    if why := too_few(people, FEWEST):
        return Candidate(NOT_CREDIBLE, None, len(people), note=why)
    learning, judged, by = parted(people)
    design = Design.learnt(learning.frame, columns)
    if not design.inputs:
        return Candidate(NOT_CREDIBLE, None, len(people), note="no feature varies among them: nobody can be told apart")
    learner = _best(design, learning)
    kept_out = learning.arm(contacted=False)
    learnt = learner.fit(design.matrix(learning.frame), learning)
    raw = UpliftModel(design, learnt, asked.least_uplift, _rate(kept_out))
    won = qini_interval(learnt.uplift(design.matrix(judged.frame)), judged)
    model, slope = _calibrated(raw, judged, people)
    placebos = _placebos(learner, design, learning, judged)
    known_before = balance(design, learning, judged)
    metrics = _metrics(model, learning, judged, won, placebos[0])
    metrics |= {"calibration_slope": round(slope, 6), "arms_auc": round(known_before.value, 6)}
    if why := _why_not(won, placebos, known_before):
        return Candidate(NOT_CREDIBLE, None, len(learning), metrics, why, judged, by)
    return Candidate(learner.kind, model, len(learning), metrics, "", judged, by)


def _why_not(won: Interval, placebos: Sequence[Interval], known_before: Balance) -> str:
    """Why nobody is scored, or ''."""
    if known_before.is_uneven:
        return (
            f"people contacted and kept out differed before the message (of two, features name the one contacted in "
            f"{known_before.value:.0%}): they were not drawn by lot, or some of either are missing"
        )
    if won.low <= 0:
        low, high = 100.0 * won.low, 100.0 * won.high
        return f"the people it ranks first win {low:.2f} to {high:.2f} more orders per hundred than people drawn by lot"
    if all(each.low > 0 for each in placebos):
        return "with shuffled arms it finds as much, which cannot be: look at how people were drawn"
    return ""


def too_few(people: People, fewest: int) -> str:
    """What there is too little of in one of the arms, or ''."""
    for contacted, name in ((False, "kept out"), (True, "contacted")):
        of_arm = people.arm(contacted)
        ordered = int(of_arm.ordered.sum())
        for count, what in ((ordered, "ordered"), (len(of_arm) - ordered, "did not order")):
            if count < fewest:
                return f"of {len(of_arm)} people {name} {count} {what}, at least {fewest} needed"
    return ""


def parted(people: People) -> tuple[People, People, str]:
    """Who teaches and who judges: the people of the last days where both parts have enough, else two parts drawn by lot."""
    laters: list[NDArray[np.bool_]] = [people.wave >= wave for wave in np.unique(people.wave)]
    for later in sorted(laters, key=lambda later: abs(float(later.mean()) - JUDGED_SHARE)):
        learning, judged = people.of(~later), people.of(later)
        far = abs(float(later.mean()) - JUDGED_SHARE) > SHARE_WITHIN
        if not (far or too_few(learning, FEWEST_OF_PART) or too_few(judged, FEWEST_OF_PART)):
            return learning, judged, "people of later days"
    return people.of(~people.others), people.of(people.others), "other people of the same days"


def _best(design: Design, learning: People) -> type[UpliftLearner]:
    """The learner that ranks people it has not seen best, among those to learn from."""
    fold = learning.folds(FOLDS)
    won = []
    for learner in LEARNERS:
        found = []
        for each in range(FOLDS):
            seen, unseen = learning.of(fold != each), learning.of(fold == each)
            found.append(qini(learner.fit(design.matrix(seen.frame), seen).uplift(design.matrix(unseen.frame)), unseen))
        won.append(float(np.mean(found)))
    return LEARNERS[int(np.argmax(won))]


def _calibrated(model: UpliftModel, judged: People, everybody: People) -> tuple[UpliftModel, float]:
    """The model with its differences between people as large as they came true among the judged, never larger than it learnt
    them, and with the mean that the message had for everybody; and the slope as it was found.

    The slope is that of the best linear prediction of uplift by the model (Chernozhukov and others, 2018).  It changes no rank.
    """
    uplift = model.uplift(judged.frame)
    surprise = judged.ordered - model.without(judged.frame) - judged.share * uplift
    beyond = judged.contacted - judged.share
    weights = 1.0 / np.sqrt(judged.share * (1.0 - judged.share))
    rows = np.column_stack([beyond, beyond * (uplift - uplift.mean()), np.ones(len(judged))])
    slope = float(np.linalg.lstsq(rows * weights[:, None], surprise * weights, rcond=None)[0][1])
    bounded = min(max(slope, SLOPES[0]), SLOPES[1])
    shift = effect(everybody).value - bounded * float(np.mean(model.uplift(everybody.frame)))
    return replace(model, slope=bounded, shift=shift), slope


def _placebos(learner: type[UpliftLearner], design: Design, learning: People, judged: People) -> list[Interval]:
    """What the same fit wins with a message that did nothing; a second time where the first seems to win, which one of forty
    does by chance."""
    found: list[Interval] = []
    for number in range(PLACEBOS):
        seen, unseen = learning.shuffled(SEED + 2 * number), judged.shuffled(SEED + 2 * number + 1)
        made = learner.fit(design.matrix(seen.frame), seen)
        found.append(qini_interval(made.uplift(design.matrix(unseen.frame)), unseen))
        if found[-1].low <= 0:
            break
    return found


def _metrics(model: UpliftModel, learning: People, judged: People, won: Interval, placebo: Interval) -> Metrics:
    uplift = model.uplift(judged.frame)
    figures: dict[str, float] = {
        **{f"{name}_kept_out": float(len(people.arm(contacted=False))) for name, people in _parts(learning, judged)},
        **{f"{name}_people": float(len(people)) for name, people in _parts(learning, judged)},
        **_named("qini", won),
        **_named("placebo_qini", placebo),
        **_named("effect", effect(judged)),
        "mean_predicted": float(np.mean(uplift)),
        "ordered_without": _rate(judged.arm(contacted=False)),
        **gains(uplift, judged),
    }
    return {name: round(value, 6) for name, value in figures.items()}


def _parts(learning: People, judged: People) -> Sequence[tuple[str, People]]:
    return (("training", learning), ("judged", judged))


def _named(name: str, interval: Interval) -> Mapping[str, float]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _rate(people: People) -> float:
    return float(np.mean(people.ordered))
