"""The days a model learns from: it never sees what it is calibrated and judged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Windows:
    """Days at whose end customers are looked at; what they do in the ``horizon_days`` after is what is foretold.

    ``training`` are the days to learn from, the latest first; ``calibration`` is later than all of them and ``judged`` the
    last whose horizon is over.  A horizon ends at least an embargo before the next later day.
    """

    training: tuple[date, ...]
    calibration: date
    judged: date

    @property
    def days(self) -> tuple[date, ...]:
        return (*self.training, self.calibration, self.judged)


def windows_of(as_of: date, horizon_days: int, embargo_days: int, cutoffs: int, first: date | None) -> Windows | None:
    """The days of a fit on ``as_of``; None where the history from ``first`` on is too short for one day to learn from.

    A day needs a history of as many days as are foretold.  There are at most ``cutoffs`` to learn from.

    >>> found = windows_of(date(2026, 6, 30), 30, 5, 2, date(2024, 1, 1))
    >>> [day.isoformat() for day in found.days]
    ['2026-03-22', '2026-02-20', '2026-04-26', '2026-05-31']
    """
    horizon, step = timedelta(days=horizon_days), timedelta(days=horizon_days + embargo_days)
    judged = as_of - horizon
    calibration = judged - step
    days = [calibration - step - number * horizon for number in range(cutoffs)]
    known = tuple(day for day in days if first is not None and day - first >= horizon)
    return Windows(known, calibration, judged) if known else None
