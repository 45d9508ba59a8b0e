"""The difference between an arm and the control, with what is known of it: intervals that hold.

Fixed intervals, CUPED and the test of the sample ratio are those of tea-tasting, on sums the engine made; the interval
that holds at every look is an own formula, which no library that fits has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from segmentation_pipeline.campaigns.detectable import DETECTED
from segmentation_pipeline.measurement.moments import BEFORE, KNOWN, VALUE, Moments, adjusted, pooled

CONFIDENCE = 0.95
TUNED_FOR = 1_000
"""The people in the smaller arm at whom the interval that holds at every look is narrowest; fixed for everybody, since a
choice made by the data would break it."""


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference of means, per person assigned, with its standard error and 95 % intervals.

    ``fixed`` (Welch's t) holds when it is looked at once, ``anytime`` at every look.  ``relative`` is to the control's mean, by
    the delta method on the logarithm of the ratio; None where either mean is not above 0.
    """

    value: float
    standard_error: float
    fixed: Interval
    anytime: Interval
    relative: float | None
    relative_fixed: Interval | None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The effect with what was known before taken into account, and the share of the variance that explained."""

    effect: Effect
    variance_removed: float


def effect(treatment: Moments, control: Moments) -> Effect | None:
    """None where an arm has fewer than two people, or all of both have the same value."""
    if min(treatment.count, control.count) < 2 or treatment.variance() + control.variance() <= 0:
        return None
    return _effect(treatment, control, covariate=False)


def cuped(treatment: Moments, control: Moments) -> Adjusted | None:
    """The effect by CUPED (Deng, Xu, Kohavi, Walker 2013) with two covariates: the metric in the window before, which is 0
    for who is new, and whether there could have been any.

    Their weights are those of the least squares over both arms together; None where neither tells anything.
    """
    if effect(treatment, control) is None:
        return None
    both = pooled(treatment, control)
    weights = _weights(both)
    total = both.variance()
    if not weights or total <= 0:
        return None
    explained = sum(weights[name] * both.covariances[VALUE, name] for name in weights) / total
    if explained <= 0:
        return None
    arms = [adjusted(arm, weights, both.means) for arm in (treatment, control)]
    if explained >= 1 - 1e-12:
        return None  # known before: there is nothing left to compare
    return Adjusted(_effect(*arms, covariate=True), explained)


def _weights(both: Moments) -> dict[str, float]:
    """Least-squares weights of the covariates that vary."""
    xx, hh, xh = (both.covariances[pair] for pair in ((BEFORE, BEFORE), (KNOWN, KNOWN), (BEFORE, KNOWN)))
    yx, yh = both.covariances[VALUE, BEFORE], both.covariances[VALUE, KNOWN]
    if xx <= 0:
        return {KNOWN: yh / hh} if hh > 0 else {}
    rest = xx * hh - xh * xh
    if hh <= 0 or rest <= 1e-9 * xx * hh:
        return {BEFORE: yx / xx}
    return {BEFORE: (yx * hh - yh * xh) / rest, KNOWN: (yh * xx - yx * xh) / rest}


def _effect(treatment: Moments, control: Moments, *, covariate: bool) -> Effect:
    import tea_tasting as tt

    metric = tt.Mean(
        VALUE, BEFORE if covariate else None, alternative="two-sided", confidence_level=CONFIDENCE, equal_var=False, use_t=True
    )
    found = metric.analyze_aggregates(_aggregates(control, covariate), _aggregates(treatment, covariate))
    error = _standard_error(treatment, control, covariate)
    half = error * anytime_width(min(treatment.count, control.count))
    is_relative = found.control > 0 and found.treatment > 0
    return Effect(
        value=float(found.effect_size),
        standard_error=float(error),
        fixed=Interval(float(found.effect_size_ci_lower), float(found.effect_size_ci_upper)),
        anytime=Interval(float(found.effect_size - half), float(found.effect_size + half)),
        relative=float(found.rel_effect_size) if is_relative else None,
        relative_fixed=Interval(float(found.rel_effect_size_ci_lower), float(found.rel_effect_size_ci_upper))
        if is_relative
        else None,
    )


def _aggregates(of: Moments, covariate: bool) -> Any:
    from tea_tasting.aggr import Aggregates

    names = (VALUE, BEFORE) if covariate else (VALUE,)
    return Aggregates(
        count_=of.count,
        mean_={name: of.means[name] for name in names},
        var_={name: of.variance(name) for name in names},
        cov_={(VALUE, BEFORE): of.covariances[VALUE, BEFORE]} if covariate else {},
    ).with_zero_div()


def _standard_error(treatment: Moments, control: Moments, covariate: bool) -> float:
    """The root of the variances of both means; the covariate is made such that it is subtracted once."""

    def variance(of: Moments) -> float:
        explained = 2 * of.covariances[VALUE, BEFORE] - of.variance(BEFORE) if covariate else 0.0
        return max(of.variance() - explained, 0.0)

    return math.sqrt(variance(treatment) / treatment.count + variance(control) / control.count)


def anytime_width(people: int, alpha: float = 1 - CONFIDENCE) -> float:
    """How many standard errors an interval reaches that holds at every look, with ``people`` in the smaller arm.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), theorem 2.2, in which
    s / sqrt(n) is the standard error of the difference.
    """
    rho = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / TUNED_FOR
    grown = people * rho + 1
    return math.sqrt(2 * grown / (people * rho) * math.log(math.sqrt(grown) / alpha))


def detectable(treatment: Moments, control: Moments, variance_removed: float = 0.0) -> float | None:
    """The smallest effect that would be found in 80 of 100 such tests, looked at once; None where nothing varies."""
    if min(treatment.count, control.count) < 2:
        return None
    deviation = math.sqrt(pooled(treatment, control).variance() * (1 - variance_removed))
    return DETECTED * deviation * math.sqrt(1 / treatment.count + 1 / control.count) or None


def ratio_p(treatment: int, control: int, shares: tuple[float, float]) -> float | None:
    """How likely a division of people at least as far from the planned ``shares`` is, by chance alone; None without people.

    An exact binomial test below 1,000 people, else the normal approximation (the chi-square test of two counts).
    """
    if treatment + control == 0:
        return None
    import tea_tasting as tt
    from tea_tasting.aggr import Aggregates

    counts: dict[object, Aggregates] = {"t": Aggregates(count_=treatment), "c": Aggregates(count_=control)}
    return float(tt.SampleRatio(shares[0] / shares[1]).analyze(counts, "c", "t").pvalue)
