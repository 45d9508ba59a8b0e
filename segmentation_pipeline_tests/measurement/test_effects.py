"""Effects and intervals: against formulas by hand, against tea-tasting on the people themselves, and how often they are wrong."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from segmentation_pipeline.measurement.effects import anytime_width, cuped, detectable, effect, ratio_p
from segmentation_pipeline_tests.measurement.groups import Numbers, arm


def people(rng: np.random.Generator, count: int, lift: float = 0.0) -> tuple[Numbers, Numbers, Numbers]:
    """Spending in whole cents, that of before, which goes with it, and who was there before."""
    known = rng.random(count) < 0.8
    habit = rng.gamma(0.6, 3_000, count)
    before = np.where(known, rng.poisson(habit), 0)
    return rng.poisson(habit) + rng.poisson(lift, count), before, known.astype(int)


def test_effect_and_intervals_are_those_of_the_formulas() -> None:
    rng = np.random.default_rng(1)
    (y, x, h), (v, w, k) = people(rng, 4_000, 150.0), people(rng, 900)
    found = effect(arm(y, x, h), arm(v, w, k))
    assert found is not None
    error = math.sqrt(y.var(ddof=1) / 4_000 + v.var(ddof=1) / 900)
    welch = scipy.stats.ttest_ind(y, v, equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(y.mean() - v.mean(), rel=1e-12)
    assert found.standard_error == pytest.approx(error, rel=1e-12)
    assert (found.fixed.low, found.fixed.high) == (pytest.approx(welch.low, rel=1e-9), pytest.approx(welch.high, rel=1e-9))
    assert found.relative == pytest.approx(y.mean() / v.mean() - 1, rel=1e-12)
    assert found.relative_fixed is not None
    logs = math.sqrt(y.var(ddof=1) / 4_000 / y.mean() ** 2 + v.var(ddof=1) / 900 / v.mean() ** 2)
    assert math.log(1 + found.relative_fixed.high) - math.log(1 + found.relative) == pytest.approx(1.96 * logs, rel=0.01)
    # Waudby-Smith et al.: with rho^2 for 1,000 people and alpha 5 %.
    rho = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 1_000
    half = error * math.sqrt(2 * (900 * rho + 1) / (900 * rho) * math.log(math.sqrt(900 * rho + 1) / 0.05))
    assert found.anytime.high - found.value == pytest.approx(half, rel=1e-12)


def test_at_its_best_an_interval_for_every_look_is_half_as_wide_again() -> None:
    assert anytime_width(1_000) / 1.96 == pytest.approx(1.55, abs=0.01)


@pytest.mark.slow
def test_cuped_is_a_regression_on_what_was_before_and_on_having_been_there() -> None:
    """As least squares by numpy have it, and, with one covariate, tea-tasting on the people themselves."""
    import tea_tasting as tt

    rng = np.random.default_rng(2)
    (y, x, h), (v, w, k) = people(rng, 3_000, 150.0), people(rng, 1_000)
    found = cuped(arm(y, x, h), arm(v, w, k))
    assert found is not None
    both, before = np.r_[y, v].astype(float), np.c_[np.r_[x, w], np.r_[h, k]].astype(float)
    centered = before - before.mean(axis=0)
    weights = np.linalg.lstsq(centered, both - both.mean(), rcond=None)[0]
    rest = both - centered @ weights
    one, other = rest[:3_000], rest[3_000:]
    interval = scipy.stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert found.effect.value == pytest.approx(one.mean() - other.mean(), rel=1e-9)
    assert (found.effect.fixed.low, found.effect.fixed.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    error = math.sqrt(one.var(ddof=1) / 3_000 + other.var(ddof=1) / 1_000)
    assert found.effect.standard_error == pytest.approx(error, rel=1e-9)
    assert found.variance_removed == pytest.approx(1 - rest.var() / both.var(), rel=1e-9)
    assert found.variance_removed > 0.4
    alone = cuped(arm(y, x), arm(v, w))
    table = pd.DataFrame({"arm": [1] * 3_000 + [0] * 1_000, "y": both, "x": before[:, 0]})
    told = tt.Experiment({"y": tt.Mean("y", "x")}, variant="arm").analyze(table)["y"]
    assert alone is not None
    assert alone.effect.value == pytest.approx(told.effect_size, rel=1e-9)
    assert alone.effect.fixed.low == pytest.approx(told.effect_size_ci_lower, rel=1e-9)


def test_what_cannot_be_compared_has_no_effect() -> None:
    none, one, same, mixed = np.array([], int), np.array([1]), np.ones(50, int), np.arange(50)
    for treatment, control in ((none, mixed), (mixed, one), (same, same), (none, none)):
        assert effect(arm(treatment), arm(control)) is None
        assert cuped(arm(treatment), arm(control)) is None
    assert cuped(arm(mixed), arm(mixed)) is None, "nothing is known of before"
    assert cuped(arm(mixed, mixed), arm(mixed, mixed)) is None, "all is known of before"
    found = effect(arm(mixed), arm(np.zeros(50, int)))
    assert found is not None and found.relative is None, "in proportion to nothing"
    assert detectable(arm(same), arm(same)) is None
    assert detectable(arm(none), arm(one)) is None


def test_the_effect_that_would_be_found_is_found_in_four_of_five_tests() -> None:
    rng = np.random.default_rng(3)
    y, v = rng.poisson(5.0, 2_000), rng.poisson(5.0, 500)
    size = detectable(arm(y), arm(v))
    assert size is not None
    found = 0
    for _ in range(400):
        treatment, control = arm(rng.poisson(5.0 + size, 2_000)), arm(rng.poisson(5.0, 500))
        difference = treatment.mean - control.mean
        found += difference / math.sqrt(treatment.variance() / 2_000 + control.variance() / 500) > 1.96
    assert 0.74 < found / 400 < 0.86


def test_the_ratio_of_arms_is_tested_as_binomials_are() -> None:
    assert ratio_p(90, 10, (0.9, 0.1)) == pytest.approx(1.0)
    assert ratio_p(450, 50, (0.5, 0.5)) == pytest.approx(scipy.stats.binomtest(450, 500, 0.5).pvalue)
    assert ratio_p(0, 0, (0.9, 0.1)) is None
    large = ratio_p(9_100, 900, (0.9, 0.1))
    assert large == pytest.approx(scipy.stats.chisquare([9_100 - 0.5, 900 + 0.5], [9_000, 1_000]).pvalue, rel=1e-6)
    assert large < 0.001
