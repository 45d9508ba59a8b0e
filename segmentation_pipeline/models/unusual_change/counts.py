"""How many orders, visits or clicks a customer is expected to make in the latest window, after those of earlier ones.

Customers have rates of their own, spread as a gamma distribution over everybody; in a window a rate wavers, by as much for
all customers; and the latest window may be better or worse for everybody.  All four figures are moments of everybody's windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.unusual_change.steps import Steps
from segmentation_pipeline.models.unusual_change.tails import Arithmetic, at_most, count_deviate, none_at_all

_SHAPES = (0.05, 1000.0)
_MOST_WAVERING = 20.0
_LEVEL_EVENTS = 10.0
"""So many events say that the latest window is like any other, before what was seen of it is weighed."""


@dataclass(frozen=True, slots=True)
class CountModel(Parameters):
    """``shape`` and ``windows``: rates per window are gamma distributed with that shape, and known beforehand as from so many
    windows.  ``wavering``: the squared coefficient of variation of a customer's rate from window to window, beyond
    chance.  ``level``: what everybody did in the latest window, as a multiple of what was expected, and ``level_error``
    how well that is known, as a squared coefficient of variation.
    """

    shape: float
    windows: float
    wavering: float
    level: float = 1.0
    level_error: float = 0.0

    def rate(self, total: Any, windows: Any) -> tuple[Any, Any]:
        """The customer's rate per window, drawn towards everybody's, and the shape of what is known of it.

        Where rates waver, windows say less: each counts for the part of its variance that chance would leave.
        """
        first = (total + self.shape) / (windows + self.windows)
        weight = 1.0 / (first * self.wavering + 1.0)
        shape = total * weight + self.shape
        return shape / (windows * weight + self.windows), shape

    def steps(self) -> Steps:
        """From ``latest``, and ``total`` in ``windows`` earlier ones, to ``low`` and ``high``: the probabilities of so few and
        of so many in the latest window."""
        return (self._expected, _deviates, _tails)

    def _expected(self, of: Arithmetic, row: Any) -> dict[str, Any]:
        """Negative binomial with ``mean`` and ``size``."""
        rate, shape = self.rate(row["total"], row["windows"])
        return {"mean": rate * self.level, "size": 1.0 / ((1.0 + self.wavering) / shape + self.wavering + self.level_error)}


def _deviates(of: Arithmetic, row: Any) -> dict[str, Any]:
    count, mean, size = row["latest"], row["mean"], row["size"]
    return {
        "deviate": count_deviate(of, count, mean, size),
        "deviate_below": count_deviate(of, of.most(count - 1.0, 0.0), mean, size),
        "none": none_at_all(of, mean, size),
    }


def _tails(of: Arithmetic, row: Any) -> dict[str, Any]:
    count, none = row["latest"], row["none"]
    fewer = at_most(of, count - 1.0, row["deviate_below"], none)
    return {"low": at_most(of, count, row["deviate"], none), "high": of.either(count == 0, 1.0, 1.0 - fewer)}


def fit_counts(sums: Mapping[str, int | None]) -> CountModel | None:
    """From sums over customers with enough windows: ``windows`` n, ``total`` S of their events, ``pairs`` n (n - 1),
    ``products`` S² - Q and ``squares`` (Q - S)(n - 1), Q being the sum of the squares of the windows' counts.

    In expectation products are n (n - 1) rate² and squares are that times 1 + wavering.  None where nobody has an event.
    """
    windows, total, pairs, products, squares = (
        float(sums[name] or 0) for name in ("windows", "total", "pairs", "products", "squares")
    )
    if not total:
        return None
    mean = total / windows
    wavering = squares / products - 1.0 if products else 0.0
    variance = products / pairs - mean * mean
    shape = mean * mean / variance if variance > 0 else _SHAPES[1]
    shape = min(max(shape, _SHAPES[0]), _SHAPES[1])
    return CountModel(shape, shape / mean, min(max(wavering, 0.0), _MOST_WAVERING))


def with_level(model: CountModel, seen: float, expected: float) -> CountModel:
    """With what everybody did in the latest window as a multiple of what was expected, drawn towards 1."""
    level = (seen + _LEVEL_EVENTS) / (expected + _LEVEL_EVENTS)
    return replace(model, level=level, level_error=1.0 / (seen + _LEVEL_EVENTS))
