"""Were people drawn by lot?  Then nothing that was known of them before the message tells who got it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from segmentation_pipeline.models.intervals import Z
from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.predictions.judge import auc
from segmentation_pipeline.models.predictions.linear import Linear
from segmentation_pipeline.models.uplift.people import People

UNEVEN = 0.55
"""How often the one who was contacted may have the higher score of two, where the lot gives 0.5: less does little harm."""


class Balance(NamedTuple):
    """How often, of a person contacted and one kept out on the same day, a regression on features takes the former for the
    contacted; ``low`` is the low end of its 95 % interval."""

    value: float
    low: float

    @property
    def is_uneven(self) -> bool:
        return self.value > UNEVEN and self.low > 0.5


def balance(design: Design, learning: People, judged: People) -> Balance:
    """Learnt from some people, asked of others: day by day, for on other days another share may have been kept out."""
    link = Linear.fit(design.matrix(learning.frame), learning.contacted, is_probability=True).link(design.matrix(judged.frame))
    areas, variances, pairs = [], [], []
    for wave in np.unique(judged.wave):
        of_day = judged.wave == wave
        found = auc(link[of_day], judged.contacted[of_day])
        if found is not None:
            contacted = float(judged.contacted[of_day].sum())
            areas.append(found[0])
            variances.append(((found[0] - found[1]) / Z) ** 2)
            pairs.append(contacted * (float(of_day.sum()) - contacted))
    if not pairs:
        return Balance(0.5, 0.0)
    weights = np.array(pairs) / sum(pairs)
    value, error = float(weights @ areas), float(np.sqrt(weights**2 @ variances))
    return Balance(value, value - Z * error)
