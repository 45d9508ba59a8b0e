"""Intervals of parameters hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.models import nbd
from segmentation_pipeline.models.maximum_likelihood import parameter_intervals
from segmentation_pipeline.models.purchase_history import History


def test_the_interval_of_a_mean_is_that_of_the_textbook() -> None:
    """400 exponential waiting times of mean 5: the rate 0.2 has a standard error of 1 / sqrt(400) on the logarithmic scale."""
    total = 400 * 5.0
    [(low, high)] = (
        parameter_intervals(lambda rate: (float(400 * np.log(rate[0]) - rate[0] * total), 400 / rate - total), [0.2]) or []
    )
    assert low == pytest.approx(0.2 * np.exp(-1.96 / 20), rel=1e-4) and high == pytest.approx(0.2 * np.exp(1.96 / 20), rel=1e-4)


def test_a_flat_likelihood_has_no_interval() -> None:
    assert parameter_intervals(lambda point: (0.0, np.zeros(1)), [1.0]) is None


def test_intervals_of_drawn_customers_hold_the_truth() -> None:
    held = []
    for seed in range(60):
        chance = np.random.default_rng(seed)
        T = chance.uniform(100, 500, 400)
        x = chance.poisson(chance.gamma(0.8, 1 / 40, 400) * T).astype(float)
        history = History.of(x, np.where(x > 0, T, 0.0), T, np.ones(400))
        fitted = nbd.fit_nbd(history)
        found = parameter_intervals(lambda point, history=history: nbd.log_likelihood(point, history), [fitted.r, fitted.alpha])
        assert found is not None
        held += [low <= truth <= high for (low, high), truth in zip(found, (0.8, 40.0), strict=True)]
    assert 0.9 <= np.mean(held) <= 0.99
