"""Is a forecast too good to be true?  What a model must not know, told by what it knows too well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segmentation_pipeline.models.intervals import Z
from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.predictions.judge import auc
from segmentation_pipeline.models.predictions.learners import LEARNERS
from segmentation_pipeline.models.predictions.rows import Rows

TOO_GOOD, TOO_GOOD_ALONE = 0.98, 0.95
CHANCE = 3.29
"""Standard errors above a half, which chance exceeds once in two thousand times."""


def alarms(design: Design, training: Rows, judged: Rows, ranked: float | None) -> Iterator[str]:
    """What makes a model look as if it saw what it foretells, on the days it was judged by; ``ranked`` is its AUC there.

    A model alone or one feature alone ranks nearly without mistakes; or a learner ranks shuffled outcomes better than chance,
    which rows that tell their own outcome let it.
    """
    if ranked is not None and ranked > TOO_GOOD:
        yield f"it ranks the judged customers nearly without mistakes (AUC {ranked:.3f} above {TOO_GOOD})"
    numbers = design.matrix(judged.frame)
    for place, each in enumerate(design.inputs):
        known = ~np.isnan(numbers[:, place])
        found = auc(numbers[known, place], judged.outcomes[known])
        alone = 0.5 if found is None else max(found[0], 1.0 - found[0])
        if alone > TOO_GOOD_ALONE and known.mean() > 0.5:
            yield f"{each.label} alone ranks the judged customers so (AUC {alone:.3f} above {TOO_GOOD_ALONE})"
    draw = np.random.default_rng(0)
    shuffled = draw.permutation(training.outcomes)
    if design.inputs and np.ptp(shuffled) > 0:
        is_probability = set(np.unique(shuffled)) <= {0.0, 1.0}
        learnt = LEARNERS[0].fit(design.matrix(training.frame), shuffled, is_probability=is_probability)
        found = auc(learnt.link(numbers), draw.permutation(judged.outcomes))
        if found is not None:
            error = (found[2] - found[1]) / (2 * Z)
            if error > 0 and (found[0] - 0.5) / error > CHANCE:
                yield f"it ranks shuffled outcomes (AUC {found[0]:.3f}), which nothing can"
