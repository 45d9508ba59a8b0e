"""How much a customer is expected to spend in a window with orders, after earlier ones: on a logarithmic scale, so that
doubling and halving are changes of one size.

How far a customer's own windows lie apart is drawn towards how far everybody's do (Smyth 2004), so that six windows that
happen to agree do not make every seventh unusual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from segmentation_pipeline.models.parameters import Parameters
from segmentation_pipeline.models.unusual_change.steps import Steps
from segmentation_pipeline.models.unusual_change.tails import Arithmetic, normal_upper, student_deviate

LEAST_VARIANCE = 0.01
"""Of logarithms: windows are taken to differ by a tenth at least, or a fixed sum every month would make one cent unusual."""
_FREEDOMS = (0.5, 1000.0)
_TAIL_FREEDOMS = (3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 30.0)
_PER_UNIT = 10
_FAR_WINDOWS = 20
"""So many windows lie beyond the farthest point a tail is fitted to."""
_LEVEL_CUSTOMERS = 2.0
"""So many customers say that the latest window is like any other, before what was seen of it is weighed."""
_LEAST_SCALE = 0.75
"""Of a tail: windows that all agree do not make every other unheard of."""


@dataclass(frozen=True, slots=True)
class Tail(Parameters):
    """How often a distance is exceeded on one side: as often as ``scale`` times one of Student's distribution."""

    scale: float
    freedom: float

    def deviate(self, of: Arithmetic, distance: Any) -> Any:
        return student_deviate(of, distance / self.scale, self.freedom)


@dataclass(frozen=True, slots=True)
class AmountModel:
    """``variance`` of the logarithms of a customer with one order a window, over everybody, known beforehand as from
    ``freedom`` + 1 windows; ``level``: how much higher they are for everybody in the latest window, known to
    ``level_error``, a share of the variance; ``low`` and ``high``: how far windows fall below and rise above what is expected
    of them, as earlier ones did.
    """

    variance: float
    freedom: float
    low: Tail
    high: Tail
    level: float = 0.0
    level_error: float = 0.0

    def to_parameters(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> AmountModel:
        sides = {side: Tail.from_parameters(parameters[side]) for side in ("low", "high")}
        return cls(**{**parameters, **sides})

    def distance(self, of: Arithmetic, value: Any, row: Any) -> Any:
        """How far the logarithm of a window is from the ``mean`` of others, in standard errors.

        A sum of more ``orders`` varies less in proportion, so what is known beforehand is divided by how many there are.
        """
        own = row["windows"] - 1.0
        known = self.variance * self.freedom / row["orders"]
        pooled = (of.most(row["variance"], LEAST_VARIANCE) * own + known) / (own + self.freedom)
        return (value - row["mean"]) / of.root(pooled * (1.0 / row["windows"] + 1.0))

    def steps(self) -> Steps:
        """From ``latest``, and ``mean`` and ``variance`` of ``windows`` earlier ones with so many ``orders`` each, to ``low`` and
        ``high``: the probabilities of so little and of so much in the latest window."""
        return (self._distance, self._deviate, _tails)

    def _distance(self, of: Arithmetic, row: Any) -> dict[str, Any]:
        return {"distance": self.distance(of, row["latest"] - self.level, row) / sqrt(1.0 + self.level_error)}

    def _deviate(self, of: Arithmetic, row: Any) -> dict[str, Any]:
        size = of.size(row["distance"])
        return {"deviate": of.either(row["distance"] < 0, self.low.deviate(of, size), self.high.deviate(of, size))}


def _tails(of: Arithmetic, row: Any) -> dict[str, Any]:
    beyond, below = normal_upper(of, row["deviate"]), row["distance"] < 0
    return {"low": of.either(below, beyond, 1.0), "high": of.either(below, 1.0, beyond)}


def fit_amounts(groups: Sequence[Mapping[str, float]]) -> AmountModel | None:
    """From customers by their number of ``windows`` n: ``customers``, and ``mean`` and ``square`` of the logarithm of their
    variance times orders (mean and mean of squares).  None without two customers."""
    n = np.array([group["windows"] for group in groups], dtype=float)
    customers = np.array([group["customers"] for group in groups], dtype=float)
    if customers.sum() < 2:
        return None
    from scipy.special import digamma, polygamma

    own = (n - 1.0) / 2.0
    shift = np.log(own) - digamma(own)
    mean, square = (np.array([group[name] for group in groups], dtype=float) for name in ("mean", "square"))
    share = customers / customers.sum()
    centre = float(share @ (mean + shift))
    around = float(share @ (square + 2.0 * mean * shift + shift * shift)) - centre * centre
    around *= customers.sum() / (customers.sum() - 1.0)
    freedom = 2.0 * _inverse_trigamma(around - float(share @ polygamma(1, own)))
    freedom = min(max(freedom, _FREEDOMS[0]), _FREEDOMS[1])
    variance = float(np.exp(centre + digamma(freedom / 2.0) - np.log(freedom / 2.0)))
    return AmountModel(max(variance, LEAST_VARIANCE), freedom, Tail(1.0, _TAIL_FREEDOMS[0]), Tail(1.0, _TAIL_FREEDOMS[0]))


def _inverse_trigamma(value: float) -> float:
    from scipy.optimize import brentq
    from scipy.special import polygamma

    low, high = (freedom / 2.0 for freedom in _FREEDOMS)
    if value <= polygamma(1, high):
        return high
    if value >= polygamma(1, low):
        return low
    return float(brentq(lambda x: float(polygamma(1, x)) - value, low, high))


def with_level(model: AmountModel, total: float, customers: float) -> AmountModel:
    """With how much higher logarithms of the latest window are, ``total`` over ``customers``, drawn towards 0."""
    known = customers + _LEVEL_CUSTOMERS
    return replace(model, level=total / known, level_error=1.0 / known)


def bin_of(of: Arithmetic, distance: Any) -> Any:
    """The bin of a distance in which ``fit_tail`` counts."""
    return of.least(of.size(distance), 100.0) * float(_PER_UNIT)


def fit_tail(counts: Mapping[int, int], windows: int) -> Tail:
    """One side of the distances of earlier windows, ``counts`` of them by bin out of ``windows`` on both sides: never below
    what was seen from a twentieth of windows out to where ``_FAR_WINDOWS`` are left, and beyond that as heavy as it was there.
    """
    from scipy.stats import t as student

    bins = sorted(counts, reverse=True)
    beyond = np.cumsum([counts[each] for each in bins])
    edges = [(each + 1.0) / _PER_UNIT for each in bins]
    shares = np.geomspace(0.05, min(max(_FAR_WINDOWS / windows, 1e-4), 0.05), 8)
    points = [
        (share, next((edge for edge, n in zip(edges, beyond, strict=True) if n >= share * windows), 0.0)) for share in shares
    ]
    fits = [(max(edge / float(student.isf(share, freedom)) for share, edge in points), freedom) for freedom in _TAIL_FREEDOMS]
    excess = [sum(scale * float(student.isf(share, freedom)) - edge for share, edge in points) for scale, freedom in fits]
    scale, freedom = fits[int(np.argmin(excess))]
    return Tail(max(scale, _LEAST_SCALE), freedom)
