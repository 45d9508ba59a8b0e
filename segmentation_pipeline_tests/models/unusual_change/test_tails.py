"""Tails by arithmetic are those of SciPy, and where they are not, larger: nothing is taken for rarer than it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from segmentation_pipeline.models.unusual_change.tails import (
    ARRAYS,
    at_most,
    count_deviate,
    none_at_all,
    normal_upper,
    student_upper,
)


def test_the_normal_tail_on_both_sides() -> None:
    z = np.linspace(-5.5, 5.5, 111)
    assert normal_upper(ARRAYS, z) == pytest.approx(stats.norm.sf(z), rel=0.003)


@pytest.mark.parametrize("freedom", [3.0, 5.0, 10.0, 30.0])
def test_the_tail_of_student_is_never_told_smaller(freedom: float) -> None:
    t = stats.t.isf(np.logspace(-6, -0.4, 40), freedom)
    ratio = student_upper(ARRAYS, t, freedom) / stats.t.sf(t, freedom)
    assert ratio.min() > 0.99 and ratio.max() < 2.5


@pytest.mark.parametrize("size", [0.7, 1.0, 2.0, 5.0, 20.0, 1000.0])
@pytest.mark.parametrize("mean", [0.3, 4.0, 15.0, 300.0])
def test_counts_below_and_above(mean: float, size: float) -> None:
    count = np.arange(0.0, mean * 6 + 20)
    exact = stats.nbinom.cdf(count, size, size / (size + mean))
    found = at_most(ARRAYS, count, count_deviate(ARRAYS, count, mean, size), none_at_all(ARRAYS, mean, size))
    assert found[0] == pytest.approx(exact[0], rel=1e-9)
    low, high = (exact > 1e-6) & (exact < 0.5), (exact > 0.5) & (exact < 1 - 1e-6)
    least = 0.94 if size >= 1 else 0.72
    assert (found[low] >= least * exact[low]).all() and (found[low] <= 1.25 * exact[low]).all()
    assert (1 - found[high] >= 0.88 * (1 - exact[high])).all() and (1 - found[high] <= 1.1 * (1 - exact[high])).all()
