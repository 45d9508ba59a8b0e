"""How likely a value so far out is by chance: tails of distributions by arithmetic that a table can do.

Belongs here: approximations written once, for NumPy and for tables.  How close they are, their tests say: down to one in a
million no probability is told a fifth smaller than it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import ibis
import numpy as np

_MILLS = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)
"""Abramowitz and Stegun 26.2.17."""
_FARTHEST = 12.0
"""Farther out than this nothing is told apart."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The functions a formula needs, of NumPy arrays or of columns."""

    log: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    root: Callable[[Any], Any]
    size: Callable[[Any], Any]
    either: Callable[[Any, Any, Any], Any]
    least: Callable[[Any, Any], Any]
    most: Callable[[Any, Any], Any]


ARRAYS = Arithmetic(np.log, np.exp, np.sqrt, np.abs, np.where, np.minimum, np.maximum)
COLUMNS = Arithmetic(
    lambda value: value.ln(),
    lambda value: value.exp(),
    lambda value: value.sqrt(),
    lambda value: value.abs(),
    ibis.ifelse,
    ibis.least,
    ibis.greatest,
)


def normal_upper(of: Arithmetic, z: Any) -> Any:
    """The probability of more than ``z`` standard deviations."""
    far = of.least(of.size(z), _FARTHEST)
    t = 1.0 / (1.0 + far * 0.2316419)
    polynomial = t * 0.0
    for coefficient in reversed(_MILLS):
        polynomial = (polynomial + coefficient) * t
    tail = of.exp(far * far * -0.5) * polynomial / sqrt(2.0 * pi)
    return of.either(z >= 0, tail, 1.0 - tail)


def student_upper(of: Arithmetic, t: Any, freedom: Any) -> Any:
    """The probability of more than ``t`` (not negative) under Student's distribution (Wallace 1959)."""
    return normal_upper(of, student_deviate(of, t, freedom))


def student_deviate(of: Arithmetic, t: Any, freedom: Any) -> Any:
    """The standard errors beyond which as much of the normal distribution lies."""
    return of.root(of.log(t * t / freedom + 1.0) * freedom) * (freedom * 8.0 + 1.0) / (freedom * 8.0 + 3.0)


def none_at_all(of: Arithmetic, mean: Any, size: Any) -> Any:
    """The probability of 0 under the negative binomial distribution, whose variance is mean + mean² / size."""
    return of.exp(of.log(size / (size + mean)) * size)


def count_deviate(of: Arithmetic, count: Any, mean: Any, size: Any) -> Any:
    """The standard errors up to which as much of the normal distribution lies as of the negative binomial distribution up to
    ``count`` (Peizer and Pratt 1968, on its binomial form)."""
    fails = mean / (size + mean)
    trials = count + size
    of_fails, of_successes = count + 0.5, of.most(size - 0.5, 0.2)
    distance = count + 2.0 / 3.0 - (trials + 1.0 / 3.0) * fails
    distance = distance + ((1.0 - fails) / (count + 1.0) - fails / size + (0.5 - fails) / (trials + 1.0)) * 0.02
    deviance = of_fails * of.log(of_fails / (trials * fails)) + of_successes * of.log(of_successes / (trials * (1.0 - fails)))
    spread, gap = of.root(trials * fails * (1.0 - fails)), of.size(of_fails - trials * fails)
    # Near the mean both are 0, and their ratio is that of the normal distribution.
    is_near = gap < spread * 0.02
    per_gap = of.either(is_near, 1.0 / spread, of.root(of.most(deviance, 0.0) * 2.0) / of.either(is_near, spread, gap))
    return distance * per_gap / of.root(1.0 / (trials * 6.0) + 1.0)


def at_most(of: Arithmetic, count: Any, deviate: Any, none: Any) -> Any:
    """The probability of ``count`` or fewer by its ``count_deviate`` and that of 0, which is exact, part of every other, and the
    larger where the approximation is out of its depth."""
    return of.either(count == 0, none, of.most(none, normal_upper(of, -deviate)))
