"""Pareto/NBD agrees with published results, with its closed form, with finite differences and with simulated truth."""

from __future__ import annotations

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, hyp2f1, logsumexp

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.pareto_nbd import ParetoNbd, fit_pareto_nbd, log_likelihood
from segmentation_pipeline.models.purchase_history import History
from segmentation_pipeline_tests.examples import examples

CDNOW = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669, log_likelihood=-9595.0, converged=True, iterations=0)


@pytest.fixture(scope="module")
def history(cdnow: dict[str, np.ndarray]) -> History:
    distinct, customers = np.unique(np.column_stack([cdnow["x"], cdnow["t_x"], cdnow["T"]]), axis=0, return_counts=True)
    return History.of(*distinct.T, customers)


def test_cdnow_fit_equals_fader_hardie_lee_2005(history: History) -> None:
    """Table 2 of the paper on BG/NBD: r 0.553, alpha 10.578, s 0.606, beta 11.669, log-likelihood -9595.0 (weeks)."""
    fitted = fit_pareto_nbd(history)
    assert fitted.converged
    assert np.allclose([fitted.r, fitted.alpha, fitted.s, fitted.beta], [0.553, 10.578, 0.606, 11.669], atol=0.0011)
    assert round(fitted.log_likelihood, 1) == -9595.0


def test_one_time_customers_may_have_left() -> None:
    """The manual of the R package BTYD: P(alive | x=0, t_x=0, T=39) = 0.294."""
    assert float(CDNOW.probability_alive(0, 0, 39)) == pytest.approx(0.2942, abs=3e-4)
    falling = CDNOW.probability_alive(0, 0, [1, 10, 39, 100])
    assert (np.diff(falling) < 0).all()


def closed_form(model: ParetoNbd, x: float, t_x: float, T: float) -> float:
    """P(alive) by the hypergeometric terms of the note by Fader & Hardie (2005)."""
    r, alpha, s, beta = model.r, model.alpha, model.s, model.beta
    larger, c, total = max(alpha, beta), s + 1 if alpha >= beta else r + x, r + s + x
    from_last, from_end = (
        hyp2f1(total, c, total + 1, abs(alpha - beta) / (larger + t)) / (larger + t) ** total for t in (t_x, T)
    )
    return float(1 / (1 + s / total * (alpha + T) ** (r + x) * (beta + T) ** s * (from_last - from_end)))


@pytest.mark.parametrize(
    "model", [CDNOW, ParetoNbd(0.8, 60.0, 0.5, 40.0, 0.0, True, 0), ParetoNbd(2.0, 30.0, 1.5, 70.0, 0.0, True, 0)]
)
def test_probability_equals_the_closed_form(model: ParetoNbd) -> None:
    for x, t_x, T in [(0, 0, 39), (1, 5, 39), (2, 30.43, 38.86), (7, 3, 39), (26, 30.86, 31), (12, 11, 90)]:
        assert float(model.probability_alive(x, t_x, T)) == pytest.approx(closed_form(model, x, t_x, T), abs=1e-7)


def on_a_fine_grid(model: ParetoNbd, x: float, t_x: float, T: float) -> float:
    """P(alive) by the chance to have left at each of 200,000 moments: the closed form loses its digits for most parameters."""
    r, alpha, s, beta = model.r, model.alpha, model.s, model.beta
    edges = t_x + (T - t_x) * np.linspace(0, 1, 200_001) ** 4
    moment, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    log_odds = (r + x) * np.log((alpha + T) / (alpha + moment)) + s * np.log((beta + T) / (beta + moment))
    return float(expit(-logsumexp(log_odds + np.log(s / (beta + moment)), b=width)))


@examples(50, 1000)
@given(
    shapes=st.tuples(st.floats(0.05, 20), st.floats(0.05, 20)),
    scales=st.tuples(st.floats(1, 2000), st.floats(1, 2000)),
    x=st.integers(0, 60),
    recent=st.floats(0.02, 0.99),
    T=st.integers(1, 2000),
)
def test_a_few_points_do_for_the_integral(
    shapes: tuple[float, float], scales: tuple[float, float], x: int, recent: float, T: int
) -> None:
    model = ParetoNbd(shapes[0], scales[0], shapes[1], scales[1], 0.0, True, 0)
    t_x = recent * T if x else 0.0
    assert float(model.probability_alive(x, t_x, T)) == pytest.approx(on_a_fine_grid(model, x, t_x, T), abs=1e-6)


def test_expected_orders_have_a_limit_where_the_printed_form_divides_by_zero() -> None:
    """At s = 1, (r + x)(beta + T)/(alpha + T) * log((beta + T + h)/(beta + T)); beside it the printed form."""
    at, near = (ParetoNbd(0.7, 30.0, s, 90.0, 0.0, True, 0).expected_while_alive(365, 3, 400) for s in (1.0, 1.0 + 1e-6))
    assert float(at) == pytest.approx(3.7 * 490 / 430 * np.log(855 / 490), rel=1e-12)
    assert float(at) == pytest.approx(float(near), rel=1e-5)
    far = ParetoNbd(0.7, 30.0, 2.5, 90.0, 0.0, True, 0).expected_while_alive(365, 3, 400)
    assert float(far) == pytest.approx(3.7 * 490 / (430 * 1.5) * (1 - (490 / 855) ** 1.5), rel=1e-12)


def test_expectation_of_the_sample_equals_what_others_compute(history: History) -> None:
    """1.455 repeat purchases in the next 39 weeks of x=2, t_x=30.43, T=38.86, and 1,666 of everybody, both by the closed form."""
    one = CDNOW.probability_alive(2, 30.43, 38.86) * CDNOW.expected_while_alive(39, 2, 38.86)
    assert float(one) == pytest.approx(1.455, abs=1e-3)
    expected = CDNOW.probability_alive(history.x, history.t_x, history.T) * CDNOW.expected_while_alive(39, history.x, history.T)
    assert float(expected @ history.weights) == pytest.approx(1666, abs=2)


@pytest.mark.parametrize("parameters", [(0.55, 10.6, 0.6, 11.7), (0.2, 60.0, 2.0, 3.0), (3.0, 2.0, 0.1, 90.0)])
def test_gradient_equals_finite_differences(parameters: tuple[float, ...], history: History) -> None:
    point = np.array(parameters)
    gradient = log_likelihood(point, history)[1]
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5 * point[position]
        slope = (log_likelihood(point + step, history)[0] - log_likelihood(point - step, history)[0]) / (2 * step[position])
        assert gradient[position] == pytest.approx(slope, rel=1e-4, abs=1e-3)


def test_parameters_of_simulated_customers_are_recovered() -> None:
    chance = np.random.default_rng(11)
    customers, r, alpha, s, beta = 40_000, 0.8, 40.0, 1.2, 300.0
    T = chance.integers(200, 700, customers).astype(float)
    until = np.minimum(chance.exponential(1 / chance.gamma(s, 1 / beta, customers)), T)
    x = chance.poisson(chance.gamma(r, 1 / alpha, customers) * until).astype(float)
    t_x = np.where(x > 0, until * chance.random(customers) ** (1 / np.maximum(x, 1)), 0.0)  # the last of x at random
    fitted = fit_pareto_nbd(History.of(x, t_x, T, np.ones(customers)))
    assert fitted.converged
    assert np.allclose([fitted.r, fitted.alpha, fitted.s, fitted.beta], [r, alpha, s, beta], rtol=0.12)


@pytest.mark.parametrize("alpha", [1e-3, 30.0, 1e6])
@pytest.mark.parametrize("beta", [1e-3, 30.0, 1e6])
def test_corners_of_the_search_range_give_numbers(alpha: float, beta: float) -> None:
    x, t_x, T = (
        np.array(column, dtype=float)
        for column in ([0, 1, 500, 9000, 0, 2], [0, 1, 900, 3000, 0, 900], [0, 900, 3000, 3000, 3000, 900])
    )
    for r, s in [(1e-3, 1e-3), (1e3, 1e-3), (1e-3, 1e3), (1e3, 1e3)]:
        model = ParetoNbd(r, alpha, s, beta, 0.0, True, 0)
        alive, ahead = model.probability_alive(x, t_x, T), model.expected_while_alive(365, x, T)
        assert np.isfinite(alive).all() and ((alive >= 0) & (alive <= 1)).all()
        assert np.isfinite(ahead).all() and (ahead >= 0).all() and (ahead <= (r + x) / (alpha + T) * 365 * (1 + 1e-9)).all()
        assert alive[0] == alive[5] == 1.0, "nobody leaves on the day of a purchase"


def test_expression_equals_the_numbers_also_where_odds_overflow(any_engine: Engine) -> None:
    x, t_x, T = [0, 1, 2, 23, 5000, 4], [0, 5, 30, 39, 10, 39], [39, 39, 39, 39, 3000, 39]
    table = any_engine.memtable({"x": x, "t_x": t_x, "T": T}, {"x": "int64", "t_x": "int64", "T": "int64"})
    for model in (CDNOW, ParetoNbd(0.5, 90.0, 0.4, 7.0, 0.0, True, 0)):
        alive = model.probability_alive_expression(table.x, table.t_x, table["T"])
        found = [row["alive"] for row in any_engine.rows(table.mutate(alive=alive).order_by(ibis.asc("x"), ibis.asc("t_x")))]
        order = np.lexsort([t_x, x])
        assert np.allclose(np.array(found, dtype=float), model.probability_alive(x, t_x, T)[order], atol=1e-12)
