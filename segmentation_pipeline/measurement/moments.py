"""What a comparison needs to know of the people of one arm: counts and sums, from which means and variances follow.

The engine adds up exactly (whole numbers and decimals), so the order of rows and the engine play no part, and nothing is
lost where a variance is a small difference of large sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ibis.expr.types as ir

VALUE, BEFORE, KNOWN = "y", "x", "h"
"""The metric; the same metric in the window before; 1 for who could have had one before, else 0."""
_MONEY = "decimal(18, 2)"


@dataclass(frozen=True, slots=True)
class Moments:
    """Means and covariances (with n - 1) of the three variables over ``count`` people; 0 where there are fewer than two."""

    count: int
    means: Mapping[str, float]
    covariances: Mapping[tuple[str, str], float]

    def variance(self, name: str = VALUE) -> float:
        return self.covariances[name, name]

    @property
    def mean(self) -> float:
        return self.means[VALUE]


def sums(name: str, value: ir.NumericValue, before: ir.NumericValue, known: ir.BooleanValue, where: ir.BooleanValue) -> Sums:
    """The sums of one metric over the rows ``where``, as columns that begin with its ``name``."""
    y, x, h = (_exact(value, where), _exact(before, where), (known & where).cast("int64"))
    return {
        f"{name}__y": y.sum(),
        f"{name}__x": x.sum(),
        f"{name}__h": h.sum(),
        f"{name}__yy": (y * y).sum(),
        f"{name}__xx": (x * x).sum(),
        f"{name}__yx": (y * x).sum(),
        f"{name}__yh": (known & where).ifelse(y, y * 0).sum(),
        f"{name}__xh": (known & where).ifelse(x, x * 0).sum(),
        f"{name}__some": (where & (y != 0)).cast("int64").sum(),
    }


Sums = dict[str, ir.Value]


def _exact(value: ir.NumericValue, where: ir.BooleanValue) -> ir.NumericValue:
    kind = "int64" if value.type().is_integer() else _MONEY
    exact = value.cast(kind)
    return where.ifelse(exact, exact * 0).cast(kind)


def moments(row: Mapping[str, Any], name: str, count: int) -> Moments:
    """The moments of a metric from the ``sums`` in one row, over ``count`` people."""
    if count == 0:
        return Moments(0, dict.fromkeys((VALUE, BEFORE, KNOWN), 0.0), _covariances(lambda left, right: 0.0))
    totals = {key: Fraction(row[f"{name}__{key}"] or 0) for key in ("y", "x", "h", "yy", "xx", "yx", "yh", "xh")}
    products = {("y", "y"): "yy", ("x", "x"): "xx", ("x", "y"): "yx", ("h", "y"): "yh", ("h", "x"): "xh", ("h", "h"): "h"}

    def covariance(left: str, right: str) -> float:
        if count < 2:
            return 0.0
        together = totals[products[left, right]]
        return float((together - totals[left] * totals[right] / count) / (count - 1))

    return Moments(count, {key: float(totals[key] / count) for key in ("y", "x", "h")}, _covariances(covariance))


def _covariances(of: Any) -> dict[tuple[str, str], float]:
    found = {}
    for left, right in (("h", "h"), ("h", "x"), ("h", "y"), ("x", "x"), ("x", "y"), ("y", "y")):
        found[left, right] = found[right, left] = of(left, right)
    return found


def pooled(one: Moments, other: Moments) -> Moments:
    """The moments of both groups of people together."""
    n = one.count + other.count
    means = {key: (one.count * one.means[key] + other.count * other.means[key]) / n for key in one.means}

    def covariance(left: str, right: str) -> float:
        between = (one.means[left] - other.means[left]) * (one.means[right] - other.means[right]) * one.count * other.count / n
        within = sum((each.count - 1) * each.covariances[left, right] for each in (one, other))
        return (within + between) / (n - 1)

    return Moments(n, means, _covariances(covariance))


def adjusted(of: Moments, weights: Mapping[str, float], center: Mapping[str, float]) -> Moments:
    """The moments of the covariate ``sum of weight * (variable - center)`` in place of ``x``, beside the metric."""
    names = list(weights)
    mean = sum(weights[name] * (of.means[name] - center[name]) for name in names)
    variance = sum(weights[a] * weights[b] * of.covariances[a, b] for a in names for b in names)
    shared = sum(weights[name] * of.covariances[VALUE, name] for name in names)
    table = {(VALUE, VALUE): of.variance(), (BEFORE, BEFORE): variance, (VALUE, BEFORE): shared, (BEFORE, VALUE): shared}
    return Moments(of.count, {VALUE: of.mean, BEFORE: mean}, table)
