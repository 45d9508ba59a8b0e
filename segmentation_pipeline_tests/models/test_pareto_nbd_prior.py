"""The prior decides where there is little data and gives way where there is much."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.models import pareto_nbd_prior
from segmentation_pipeline.models.pareto_nbd import fit_pareto_nbd
from segmentation_pipeline.models.pareto_nbd_prior import fit_pareto_nbd_prior
from segmentation_pipeline.models.purchase_history import History


def drawn(customers: int, seed: int) -> History:
    chance = np.random.default_rng(seed)
    T = chance.integers(100, 500, customers).astype(float)
    until = np.minimum(chance.exponential(1 / chance.gamma(1.2, 1 / 300, customers)), T)
    x = chance.poisson(chance.gamma(0.8, 1 / 40, customers) * until).astype(float)
    t_x = np.where(x > 0, until * chance.random(customers) ** (1 / np.maximum(x, 1)), 0.0)
    return History.of(x, t_x, T, np.ones(customers))


def test_many_customers_outweigh_the_prior() -> None:
    history = drawn(20_000, seed=1)
    with_prior, without = fit_pareto_nbd_prior(history), fit_pareto_nbd(history)
    ahead = [
        float(
            np.sum(
                model.probability_alive(history.x, history.t_x, history.T) * model.expected_while_alive(365, history.x, history.T)
            )
        )
        for model in (with_prior, without)
    ]
    assert ahead[0] == pytest.approx(ahead[1], rel=0.01)


def test_few_customers_always_have_a_summit_near_what_is_typical() -> None:
    """Without the prior the way customers leave cannot be told from so few: fits run to the edge."""
    fits = [(fit_pareto_nbd_prior(history), fit_pareto_nbd(history)) for history in (drawn(25, seed) for seed in range(12))]
    assert all(with_prior.converged and 0.1 < with_prior.s < 4 for with_prior, _ in fits)
    assert not all(without.converged and 0.1 < without.s < 4 for _, without in fits)


def test_gradient_of_the_prior_equals_finite_differences() -> None:
    point = np.array([0.5, 30.0, 1.4, 900.0])
    gradient = pareto_nbd_prior._log_prior(point)[1]
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5 * point[position]
        slope = (pareto_nbd_prior._log_prior(point + step)[0] - pareto_nbd_prior._log_prior(point - step)[0]) / (
            2 * step[position]
        )
        assert gradient[position] == pytest.approx(slope, rel=1e-6)
