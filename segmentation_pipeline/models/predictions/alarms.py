"""Is a forecast too good to be true?  What a model must not know, told by what it knows too well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.predictions.judge import auc
from segmentation_pipeline.models.predictions.rows import Rows

TOO_GOOD, TOO_GOOD_ALONE = 0.98, 0.95


def alarms(design: Design, judged: Rows, ranked: float | None) -> Iterator[str]:
    """What makes a model look as if it saw what it foretells, on the days it was judged by; ``ranked`` is its AUC there.

    A model alone or one feature alone ranks nearly without mistakes.  That nothing is learnt from shuffled outcomes depends on
    the program and not on anybody's data: a test asks for it.
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
