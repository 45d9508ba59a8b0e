"""What is expected of counts: parameters come back from drawn windows, and stationary customers are rarely told to have changed."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.unusual_change.counts import CountModel, fit_counts, with_level
from segmentation_pipeline.models.unusual_change.steps import of_arrays, of_table

CUSTOMERS, WINDOWS = 20_000, 12


def drawn(mean: float, shape: float, wavering: float, level: float) -> tuple[CountModel, dict[str, np.ndarray]]:
    chance = np.random.default_rng(7)
    rates = chance.gamma(shape, mean / shape, CUSTOMERS)[:, None] * np.r_[level, np.ones(WINDOWS)]
    if wavering:
        rates = rates * chance.gamma(1 / wavering, wavering, rates.shape)
    counts = chance.poisson(rates)
    latest, earlier = counts[:, 0], counts[:, 1:]
    total, squares = earlier.sum(1), (earlier**2).sum(1)
    sums = {
        "windows": CUSTOMERS * WINDOWS,
        "total": int(total.sum()),
        "pairs": CUSTOMERS * WINDOWS * (WINDOWS - 1),
        "products": int((total**2 - squares).sum()),
        "squares": int(((squares - total) * (WINDOWS - 1)).sum()),
    }
    model = fit_counts(sums)
    assert model
    windows = np.full(CUSTOMERS, float(WINDOWS))
    rate, _ = model.rate(total.astype(float), windows)
    row = {"latest": latest.astype(float), "total": total.astype(float), "windows": windows}
    return with_level(model, float(latest.sum()), float(rate.sum())), row


@pytest.mark.parametrize(
    ("mean", "shape", "wavering", "level"),
    [(0.3, 0.5, 0.0, 1.0), (3.0, 1.0, 0.3, 0.6), (0.5, 0.8, 1.0, 1.0), (20.0, 2.0, 0.2, 1.5)],
)
def test_parameters_come_back_and_false_alarms_are_as_rare_as_told(
    mean: float, shape: float, wavering: float, level: float
) -> None:
    model, row = drawn(mean, shape, wavering, level)
    assert model.shape / model.windows == pytest.approx(mean, rel=0.05) and model.shape == pytest.approx(shape, rel=0.1)
    assert model.wavering == pytest.approx(wavering, abs=0.06) and model.level == pytest.approx(level, rel=0.12)
    found = of_arrays(row, model.steps())
    p = np.minimum(2 * np.minimum(found["low"], found["high"]), 1.0)
    for rate in (0.1, 0.01, 0.001):
        chance = 3 * np.sqrt(rate / CUSTOMERS)
        assert (p <= rate).mean() <= rate + chance, f"{rate} of stationary customers at most"


def test_the_table_works_out_what_the_arrays_do() -> None:
    model, row = drawn(3.0, 1.0, 0.3, 0.8)
    some = {name: values[:500] for name, values in row.items()}
    engine = DuckDBEngine(None)
    rows = engine.memtable(
        {"n": list(range(500)), **{name: values.tolist() for name, values in some.items()}},
        {"n": "int64", **dict.fromkeys(some, "float64")},
    )
    table = engine.rows(of_table(rows, model.steps()).order_by("n"))
    arrays = of_arrays(some, model.steps())
    for side in ("low", "high"):
        assert [row[side] for row in table] == pytest.approx(arrays[side].tolist(), rel=1e-9, abs=1e-12)
    engine.close()


def test_nobody_with_an_event_fits_nothing_and_equal_customers_are_taken_for_equal() -> None:
    assert fit_counts({"windows": 12, "total": 0, "pairs": 132, "products": 0, "squares": 0}) is None
    assert fit_counts({"windows": None, "total": None, "pairs": None, "products": None, "squares": None}) is None
    # Two customers with two events in each of two windows: no spread but that of chance, and less.
    same = fit_counts({"windows": 4, "total": 8, "pairs": 4, "products": 2 * (16 - 8), "squares": 2 * (8 - 4)})
    assert same == CountModel(1000.0, 500.0, 0.0)
