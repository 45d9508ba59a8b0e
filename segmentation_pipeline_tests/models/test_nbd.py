"""NBD: the edge of BG/NBD at which nobody leaves."""

from __future__ import annotations

import ibis
import numpy as np
import pytest

from segmentation_pipeline.models.bgnbd import fit_bgnbd, log_likelihood
from segmentation_pipeline.models.nbd import Nbd, fit_nbd
from segmentation_pipeline.models.purchase_history import History


def _drawn(customers: int, r: float, alpha: float, days: float) -> History:
    chance = np.random.default_rng(3)
    rates = chance.gamma(r, 1 / alpha, customers)
    x = chance.poisson(rates * days).astype(float)
    t_x = np.where(x > 0, days * chance.random(customers) ** (1 / np.maximum(x, 1)), 0.0)  # the last of x at random
    return History.of(x, t_x, np.full(customers, days), np.ones(customers))


def test_parameters_of_drawn_customers_are_found_and_bgnbd_has_no_summit_there() -> None:
    history = _drawn(5000, 0.8, 40.0, 400.0)
    found = fit_nbd(history)
    assert found.converged and found.r == pytest.approx(0.8, rel=0.06) and found.alpha == pytest.approx(40.0, rel=0.08)
    edge, _ = log_likelihood(np.array([found.r, found.alpha, 1e-9, 1e3]), history)
    assert found.log_likelihood == pytest.approx(edge, rel=1e-6), "one scale"
    other = fit_bgnbd(history.x, history.t_x, history.T, history.weights)
    assert other.log_likelihood <= found.log_likelihood + 0.5


def test_expectation_is_the_mean_of_the_own_rate_and_everybodys() -> None:
    model = Nbd(2.0, 10.0, 0.0, True, 1)
    assert model.expected_while_alive(30.0, [0, 8], [0, 90]).tolist() == [30 * 2 / 10, 30 * 10 / 100]
    assert model.probability_alive([0, 1], [0, 5], [9, 9]).tolist() == [1.0, 1.0]


def test_customers_without_a_history_have_no_probability() -> None:
    rows = ibis.memtable({"x": [1, None]}, schema={"x": "int64"})
    alive = Nbd(2.0, 10.0, 0.0, True, 1).probability_alive_expression(rows.x, rows.x, rows.x)
    assert sorted(map(str, ibis.duckdb.connect().to_pyarrow(rows.select(alive=alive))["alive"].to_pylist())) == ["1.0", "None"]
