"""A line of the exam: one measure of one model on one set of data.  Every part gives its findings in this form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

HEADINGS = (
    *("data", "what", "measure", "judged", "same for all", "baseline", "model", "best possible", "of what can be gained"),
    *("gain [95 %]", "foretold", "came", "slope", "published"),
)


class Gain(NamedTuple):
    """How much better than the baseline, above 0 where better, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """``what``: the model, or what it foretells; ``judged``: how many customers, people or shops judge it.

    ``same_for_all`` is the measure of the forecast that knows nobody, ``baseline`` that of the plain one a model must outdo,
    ``reached`` that of the model and ``possible`` that of somebody who knows the truth.  ``foretold`` and ``came`` are means over
    the judged; ``slope`` is 1 for forecasts as bold as they should be, below 1 for too bold ones.  None: it is not known, or
    does not apply.
    """

    data: str
    what: str
    measure: str
    judged: int
    reached: float | None = None
    same_for_all: float | None = None
    baseline: float | None = None
    possible: float | None = None
    gain: Gain | None = None
    foretold: float | None = None
    came: float | None = None
    slope: float | None = None
    published: str = ""

    @property
    def of_what_can_be_gained(self) -> float | None:
        """The share of the way from the same for all to the best possible, whichever direction is the better one."""
        if self.reached is None or self.same_for_all is None or self.possible is None:
            return None
        return (self.reached - self.same_for_all) / (self.possible - self.same_for_all)

    @property
    def cells(self) -> list[str]:
        """As ``HEADINGS`` name them."""
        share = self.of_what_can_be_gained
        gain = "" if self.gain is None else f"{_told(self.gain.value)} [{_told(self.gain.low)}, {_told(self.gain.high)}]"
        return [
            *(self.data, self.what, self.measure, f"{self.judged:,}"),
            *map(_told, (self.same_for_all, self.baseline, self.reached, self.possible)),
            *("" if share is None else f"{share:.0%}", gain),
            *map(_told, (self.foretold, self.came)),
            *("" if self.slope is None else f"{self.slope:.2f}", self.published),
        ]


def _told(value: float | None) -> str:
    """Four figures behind the point of what is small, two of what is not."""
    if value is None:
        return ""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}"
