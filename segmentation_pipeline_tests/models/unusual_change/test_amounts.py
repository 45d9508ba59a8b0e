"""What is expected of amounts: how far windows lie apart is learnt from everybody's, however their tails are shaped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.unusual_change.amounts import (
    LEAST_VARIANCE,
    AmountModel,
    Tail,
    bin_of,
    fit_amounts,
    fit_tail,
    with_level,
)
from segmentation_pipeline.models.unusual_change.steps import of_arrays, of_table
from segmentation_pipeline.models.unusual_change.tails import ARRAYS

CUSTOMERS, WINDOWS = 20_000, 8


def noise(kind: str) -> np.ndarray:
    chance = np.random.default_rng(3)
    size = (CUSTOMERS, WINDOWS + 1)
    spread = 0.5 * np.sqrt(6 / chance.chisquare(6, CUSTOMERS))[:, None]
    of = {
        "normal": lambda: chance.normal(size=size),
        "heavy": lambda: chance.standard_t(4, size) / np.sqrt(2),
        "skewed": lambda: np.log(chance.gamma(1.5, 1, size)),
    }
    return chance.normal(4, 1, CUSTOMERS)[:, None] + spread * of[kind]()


def drawn(kind: str, level: float = 0.0) -> tuple[AmountModel, dict[str, np.ndarray]]:
    logs = noise(kind)
    logs[:, 0] += level
    earlier = logs[:, 1:]
    mean, variance = earlier.mean(1), earlier.var(1, ddof=1)
    spread = np.log(np.maximum(variance, LEAST_VARIANCE))
    model = fit_amounts([{"windows": WINDOWS, "customers": CUSTOMERS, "mean": spread.mean(), "square": (spread**2).mean()}])
    assert model
    others = (earlier.sum(1, keepdims=True) - earlier) / (WINDOWS - 1)
    around = ((earlier**2).sum(1, keepdims=True) - earlier**2 - (WINDOWS - 1) * others**2) / (WINDOWS - 2)
    row = {"mean": others, "variance": around, "windows": WINDOWS - 1.0, "orders": 1.0}
    distance = model.distance(ARRAYS, earlier, row).ravel()
    sides = []
    for side in (distance < 0, distance >= 0):
        bins, counts = np.unique(np.floor(bin_of(ARRAYS, distance[side])).astype(int), return_counts=True)
        sides.append(fit_tail(dict(zip(bins.tolist(), counts.tolist(), strict=True)), distance.size))
    row = {
        "latest": logs[:, 0],
        "mean": mean,
        "variance": variance,
        "windows": np.full(CUSTOMERS, float(WINDOWS)),
        "orders": np.ones(CUSTOMERS),
    }
    return with_level(replace(model, low=sides[0], high=sides[1]), float((logs[:, 0] - mean).sum()), CUSTOMERS), row


@pytest.mark.parametrize("kind", ["normal", "heavy", "skewed"])
def test_false_alarms_are_as_rare_as_told_whatever_amounts_are_like(kind: str) -> None:
    model, row = drawn(kind, level=-0.4)
    assert model.level == pytest.approx(-0.4, abs=0.03)
    found = of_arrays(row, model.steps())
    p = np.minimum(2 * np.minimum(found["low"], found["high"]), 1.0)
    for rate in (0.1, 0.01, 0.001):
        assert 0.1 * rate <= (p <= rate).mean() <= rate + 3 * np.sqrt(rate / CUSTOMERS)


def test_spread_and_how_it_differs_come_back() -> None:
    model, _ = drawn("normal")
    assert model.variance == pytest.approx(0.25, rel=0.03) and model.freedom == pytest.approx(6, rel=0.1)
    assert AmountModel.from_parameters(model.to_parameters()) == model


def test_a_fixed_sum_makes_no_cent_unusual() -> None:
    model = AmountModel(LEAST_VARIANCE, 1000.0, Tail(1.0, 30.0), Tail(1.0, 30.0))
    row = {
        "latest": np.log([100.0, 20.0]),
        "mean": np.log([99.0, 99.0]),
        "variance": np.zeros(2),
        "windows": np.full(2, 8.0),
        "orders": np.ones(2),
    }
    found = of_arrays(row, model.steps())
    assert found["high"][0] > 0.4 and found["low"][1] < 1e-6


def test_the_table_works_out_what_the_arrays_do() -> None:
    model, row = drawn("skewed")
    some = {name: values[:500] for name, values in row.items()}
    engine = DuckDBEngine(None)
    columns = {"n": list(range(500)), **{name: values.tolist() for name, values in some.items()}}
    rows = engine.memtable(columns, {"n": "int64", **dict.fromkeys(some, "float64")})
    table = engine.rows(of_table(rows, model.steps()).order_by("n"))
    arrays = of_arrays(some, model.steps())
    for side in ("low", "high"):
        assert [row[side] for row in table] == pytest.approx(arrays[side].tolist(), rel=1e-9, abs=1e-12)
    engine.close()


def test_too_few_fit_nothing() -> None:
    assert fit_amounts([]) is None
    assert fit_amounts([{"windows": 8, "customers": 1, "mean": 0.0, "square": 0.0}]) is None
