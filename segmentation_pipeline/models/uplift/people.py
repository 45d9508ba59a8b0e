"""The people a model of uplift learns from, as arrays: what was known of them, whether they got the message, what they did."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.models.predictions.design import Frame, Matrix

SEED = 15
"""Of every draw: the same people give the same model."""
JUDGED_SHARE = 0.4
"""Of people, who judge a model and teach it nothing."""
LEAN = 50.0
"""As so many people of all days count in the share of a day."""


@dataclass(frozen=True, slots=True)
class People:
    """A row per person who was drawn, in an order no engine decides.

    ``frame`` has the features by name, ``contacted`` is 1 for whom the message was meant and 0 for who was kept out, ``ordered``
    1 where an order followed; ``share`` is the share that was to be contacted on the person's day, ``wave`` the number of that
    day, and ``others`` says who is judged by where days do not part people.
    """

    frame: Frame
    contacted: Matrix
    ordered: Matrix
    share: Matrix
    wave: NDArray[np.int64]
    others: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ordered)

    def of(self, rows: NDArray[np.bool_]) -> People:
        """Those of ``rows``."""
        frame = {name: values[rows] for name, values in self.frame.items()}
        contacted, ordered, share = (each[rows] for each in (self.contacted, self.ordered, self.share))
        return People(frame, contacted, ordered, share, self.wave[rows], self.others[rows])

    def arm(self, contacted: bool) -> People:
        return self.of((self.contacted > 0) == contacted)

    def shuffled(self, seed: int) -> People:
        """The same people with a message that did nothing: who got it is drawn anew among those of a day."""
        draw, contacted = np.random.default_rng(seed), self.contacted.copy()
        for wave in np.unique(self.wave):
            at = np.flatnonzero(self.wave == wave)
            contacted[at] = contacted[draw.permutation(at)]
        return replace(self, contacted=contacted)

    def folds(self, count: int) -> NDArray[np.int64]:
        """A fold for each person, with the same share of orders in both arms of each."""
        order = np.lexsort((np.random.default_rng(SEED).random(len(self)), self.ordered, self.contacted))
        made = np.empty(len(self), dtype=np.int64)
        made[order] = np.arange(len(self)) % count
        return made


def shares(contacted: Matrix, wave: NDArray[np.int64]) -> Matrix:
    """The share contacted on each person's day; of a day with few people it leans on that of all days."""
    everywhere = float(np.mean(contacted)) if len(contacted) else 0.0
    made = np.empty(len(contacted))
    for each in np.unique(wave):
        at = wave == each
        made[at] = (contacted[at].sum() + LEAN * everywhere) / (at.sum() + LEAN)
    return made
