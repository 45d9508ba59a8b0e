"""Gamma-Gamma agrees with the published CDNOW results and with simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.models.gamma_gamma import GammaGamma, OrderValues, fit_gamma_gamma, log_likelihood


def test_cdnow_fit_equals_fader_hardie_2013(cdnow: dict[str, np.ndarray]) -> None:
    """Section 5 of the note, 946 repeat customers: p 6.25, q 3.74, gamma 15.44."""
    repeat = cdnow["x"] > 0
    assert repeat.sum() == 946
    fitted = fit_gamma_gamma(cdnow["x"][repeat], cdnow["value"][repeat])
    assert fitted.converged
    assert np.allclose([fitted.p, fitted.q, fitted.v], [6.25, 3.74, 15.44], atol=0.011)


def test_unit_of_money_only_moves_v(cdnow: dict[str, np.ndarray]) -> None:
    x, value = cdnow["x"][cdnow["x"] > 0], cdnow["value"][cdnow["x"] > 0]
    whole, cents = fit_gamma_gamma(x, value), fit_gamma_gamma(x, 100 * value)
    assert np.allclose([cents.p, cents.q, cents.v / 100], [whole.p, whole.q, whole.v], rtol=1e-6)
    assert cents.log_likelihood == pytest.approx(whole.log_likelihood - len(x) * np.log(100))


def test_gradient_equals_finite_differences(cdnow: dict[str, np.ndarray]) -> None:
    spent = OrderValues.of(cdnow["x"][cdnow["x"] > 0], cdnow["value"][cdnow["x"] > 0])
    point = np.array([5.0, 3.0, 20.0])
    gradient = log_likelihood(point, spent)[1]
    for position in range(3):
        step = np.zeros(3)
        step[position] = 1e-5 * point[position]
        slope = (log_likelihood(point + step, spent)[0] - log_likelihood(point - step, spent)[0]) / (2 * step[position])
        assert gradient[position] == pytest.approx(slope, rel=1e-6)


def test_parameters_of_simulated_customers_are_recovered() -> None:
    chance = np.random.default_rng(5)
    p, q, v, customers = 6.0, 4.0, 60.0, 40_000
    orders = 1 + chance.poisson(2.0, customers)
    value = chance.gamma(p * orders) / (chance.gamma(q, 1 / v, customers) * orders)
    fitted = fit_gamma_gamma(orders, value)
    assert fitted.converged
    assert np.allclose([fitted.p, fitted.q, fitted.v], [p, q, v], rtol=0.06)


def test_expectation_lies_between_the_population_and_the_customer() -> None:
    """p (v + x z) / (p x + q - 1): with p 6.25, q 3.74, v 15.44 one order of 100 counts 6.25 / 8.99 of 100."""
    model = GammaGamma(6.25, 3.74, 15.44, 0.0, True, 0)
    assert model.population_mean == pytest.approx(6.25 * 15.44 / 2.74)
    assert float(model.expected_value(1, 100)) == pytest.approx(6.25 * 115.44 / 8.99)
    assert model.population_mean < float(model.expected_value(1, 100)) < float(model.expected_value(50, 100)) < 100
    shrunk = (100 + model.prior_orders * model.population_mean) / (1 + model.prior_orders)
    assert shrunk == pytest.approx(float(model.expected_value(1, 100)))


def test_equal_spending_does_not_count_as_converged() -> None:
    assert not fit_gamma_gamma([1, 2, 3] * 50, [10.0] * 150).converged


@pytest.mark.parametrize(("x", "value"), [([], []), ([0], [5.0]), ([1], [0.0]), ([1], [float("inf")])])
def test_customers_without_orders_or_value_are_refused(x: list, value: list) -> None:
    with pytest.raises(ValueError, match="at least one order and a mean value above 0"):
        fit_gamma_gamma(x, value)
