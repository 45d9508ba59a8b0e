"""BG/NBD agrees with the published CDNOW results, with finite differences and with simulated truth."""

from __future__ import annotations

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.bgnbd import BgNbd, fit_bgnbd, log_likelihood
from segmentation_pipeline.models.purchase_history import History

CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, converged=True, iterations=0)


def test_cdnow_fit_equals_fader_hardie_lee_2005(cdnow: dict[str, np.ndarray]) -> None:
    """The estimates in the paper: r 0.243, alpha 4.414, a 0.793, b 2.426, log-likelihood -9582.4 (weeks)."""
    fitted = fit_bgnbd(cdnow["x"], cdnow["t_x"], cdnow["T"], np.ones(2357))
    assert fitted.converged
    assert [round(value, 3) for value in (fitted.r, fitted.alpha, fitted.a, fitted.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(fitted.log_likelihood, 1) == -9582.4


def test_expectation_equals_the_published_example() -> None:
    """Customer 0001 of the authors' Excel note: E[Y(39) | x=2, t_x=30.43, T=38.86] = 1.226."""
    assert round(float(CDNOW.expected_purchases(39, 2, 30.43, 38.86)), 3) == 1.226


def test_unit_of_time_only_moves_alpha(cdnow: dict[str, np.ndarray]) -> None:
    weeks = fit_bgnbd(cdnow["x"], cdnow["t_x"], cdnow["T"], np.ones(2357))
    days = fit_bgnbd(cdnow["x"], 7 * cdnow["t_x"], 7 * cdnow["T"], np.ones(2357))
    assert np.allclose([days.r, days.alpha / 7, days.a, days.b], [weeks.r, weeks.alpha, weeks.a, weeks.b], rtol=1e-4)


def test_weights_stand_for_customers_and_row_order_does_not_matter(cdnow: dict[str, np.ndarray]) -> None:
    rows = np.column_stack([cdnow["x"], cdnow["t_x"], cdnow["T"]])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    shuffled = np.random.default_rng(1).permutation(len(distinct))
    grouped = fit_bgnbd(distinct[:, 0], distinct[:, 1], distinct[:, 2], counts)
    mixed = distinct[shuffled]
    assert fit_bgnbd(mixed[:, 0], mixed[:, 1], mixed[:, 2], counts[shuffled]) == grouped
    each = fit_bgnbd(cdnow["x"], cdnow["t_x"], cdnow["T"], np.ones(2357))
    assert np.allclose([grouped.r, grouped.alpha, grouped.a, grouped.b], [each.r, each.alpha, each.a, each.b], rtol=1e-5)


@pytest.mark.parametrize("parameters", [(0.2, 4.0, 0.8, 2.4), (3.0, 50.0, 0.1, 9.0), (1.0, 0.5, 1.0, 1.0)])
def test_gradient_equals_finite_differences(parameters: tuple[float, ...], cdnow: dict[str, np.ndarray]) -> None:
    history = History.of(cdnow["x"], cdnow["t_x"], cdnow["T"], np.ones(2357))
    point = np.array(parameters)
    gradient = log_likelihood(point, history)[1]
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5 * point[position]
        slope = (log_likelihood(point + step, history)[0] - log_likelihood(point - step, history)[0]) / (2 * step[position])
        assert gradient[position] == pytest.approx(slope, rel=1e-5, abs=1e-3)


@pytest.mark.parametrize(("r", "alpha", "a", "b"), [(0.5, 30.0, 0.8, 2.5), (2.0, 60.0, 0.3, 1.5)])
def test_parameters_of_simulated_customers_are_recovered(r: float, alpha: float, a: float, b: float) -> None:
    chance = np.random.default_rng(11)
    customers = 60_000
    rate, leave = chance.gamma(r, 1 / alpha, customers), chance.beta(a, b, customers)
    T = chance.uniform(200, 700, customers)
    x, t_x, now, alive = np.zeros(customers), np.zeros(customers), np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        now = now + chance.exponential(1 / np.maximum(rate, 1e-300))
        alive &= now <= T
        x, t_x = np.where(alive, x + 1, x), np.where(alive, now, t_x)
        alive &= chance.random(customers) >= leave
    fitted = fit_bgnbd(x, t_x, T, np.ones(customers))
    assert fitted.converged
    assert np.allclose([fitted.r, fitted.alpha, fitted.a, fitted.b], [r, alpha, a, b], rtol=0.08)


def printed_form(model: BgNbd, horizon: float, x: int, T: float) -> float:
    """Equation (10) without its denominator, after Euler's transformation of 2F1."""
    z = horizon / (model.alpha + T + horizon)
    series = hyp2f1(model.a + model.b - 1 - model.r, model.a - 1, model.a + model.b + x - 1, z)
    return (model.a + model.b + x - 1) / (model.a - 1) * (1 - (1 - z) ** (model.a - 1) * series)


@given(
    logs=st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    alpha=st.floats(1, 1000),
    horizon=st.sampled_from([7, 90, 365, 3650]),
    x=st.integers(0, 2000),
    T=st.integers(0, 4000),
)
def test_mean_over_p_equals_the_printed_form(logs: tuple[float, ...], alpha: float, horizon: int, x: int, T: int) -> None:
    r, a, b = (10**value for value in logs)
    if abs(a - 1) < 1e-2 or abs(a + b + x - 1) < 1e-2:  # where the printed form loses its digits
        a += 0.05
    model = BgNbd(r, alpha, a, b, 0.0, True, 0)
    expected = float(model.expected_while_alive(horizon, x, T))
    printed = printed_form(model, horizon, x, T)
    assert 0 <= expected <= (r + x) / (alpha + T) * horizon * (1 + 1e-6)
    if np.isfinite(printed) and x < 100:  # beyond, SciPy's 2F1 overflows for short T
        assert expected == pytest.approx(printed, rel=1e-6)


@pytest.mark.parametrize("a", [1e-3, 0.25, 1.0, 30.0, 1e3])
@pytest.mark.parametrize("b", [1e-3, 0.7, 30.0, 1e3])
def test_expectation_stays_below_that_of_a_customer_who_never_leaves(a: float, b: float) -> None:
    """All corners of the search range, up to 20,000 repeat purchases: no overflow, no negative number."""
    x, T = np.meshgrid([0, 1, 10, 1000, 20_000], [0, 1, 400, 5000])
    for r, alpha, horizon in [(1e-3, 0.01, 3650), (0.5, 30.0, 365), (1e3, 5000.0, 30)]:
        expected = BgNbd(r, alpha, a, b, 0.0, True, 0).expected_while_alive(horizon, x, T)
        assert np.isfinite(expected).all() and (expected >= 0).all()
        assert (expected <= (r + x) / (alpha + T) * horizon * (1 + 1e-6)).all()


@pytest.mark.parametrize(("a", "b", "x"), [(1.0, 2.0, 3), (0.4, 0.6, 0), (1.0, 1e-3, 0), (1.0, 2.0, 50_000)])
def test_expectation_is_smooth_where_the_printed_form_divides_by_zero(a: float, b: float, x: int) -> None:
    at, near = (BgNbd(0.7, 30.0, value, b, 0.0, True, 0).expected_purchases(365, x, 300, 310) for value in (a, a + 1e-7))
    assert np.isfinite(at) and at == pytest.approx(near, rel=1e-5)


def test_alive_is_certain_without_repeats_and_falls_with_silence() -> None:
    assert CDNOW.probability_alive(0, 0, 39) == 1.0
    falling = CDNOW.probability_alive([5, 5, 5], [39, 20, 5], [39, 39, 39])
    assert falling[0] > falling[1] > falling[2] > 0
    assert CDNOW.probability_alive(5000, 1, 3000) == pytest.approx(0.0)


def test_expression_equals_the_numbers_also_where_odds_overflow(engine: DuckDBEngine) -> None:
    x, t_x, T = [0, 1, 2, 23, 5000], [0, 5, 30, 39, 1], [39, 39, 39, 39, 3000]
    table = engine.memtable({"x": x, "t_x": t_x, "T": T}, {"x": "int64", "t_x": "int64", "T": "int64"})
    alive = CDNOW.probability_alive_expression(table.x, table.t_x, table["T"])
    found = [row["alive"] for row in engine.rows(table.mutate(alive=alive).order_by(ibis.asc("x")))]
    assert np.allclose(np.array(found, dtype=float), CDNOW.probability_alive(x, t_x, T), atol=1e-12)


def test_a_population_without_spread_does_not_count_as_converged() -> None:
    """Everybody buys twice at the same times: the likelihood rises for ever as r and alpha grow."""
    assert not fit_bgnbd([3], [90], [100], [1000]).converged


@pytest.mark.parametrize(
    ("x", "t_x", "T", "message"),
    [
        ([], [], [], "at least one"),
        ([1], [9], [5], "t_x is longer than T"),
        ([-1], [0], [5], "not negative"),
        ([1], [float("nan")], [5], "finite"),
    ],
)
def test_impossible_histories_are_refused_with_the_reason(x: list, t_x: list, T: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_bgnbd(x, t_x, T, [1] * len(x))


def test_parameters_survive_the_registry() -> None:
    assert BgNbd.from_parameters(CDNOW.to_parameters()) == CDNOW
