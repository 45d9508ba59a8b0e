"""Rates are drawn towards those of more customers, as far as customers differ."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.affinity.rates import EVERYBODY, STRENGTHS, Rates, fit_rates, group_rates, grouped, strength_of


def cell(group: str, value: str, sends: int, responses: int) -> dict[str, object]:
    return {"group": group, "value": value, "sends": sends, "responses": responses}


def test_groups_are_drawn_towards_everybody() -> None:
    rates = group_rates([cell("at", "08", 300, 30), cell("at", "18", 100, 30), cell("de", "08", 100, 0)], least=100)
    assert rates and rates.of_groups[EVERYBODY] == pytest.approx(60 / 500)
    by_value = rates.of_values[EVERYBODY]
    assert by_value == pytest.approx({"08": (30 + 12) / 500, "18": (30 + 12) / 200})
    assert rates.of_groups["at"] == pytest.approx((60 + 12) / 500)
    assert rates.of_values["at"]["18"] == pytest.approx((30 + 100 * by_value["18"] * rates.of_groups["at"] / 0.12) / 200)
    assert 0 < rates.of_values["de"]["18"] < by_value["18"], "an hour they were never sent at, and they respond less"


def test_nothing_is_fitted_where_nobody_or_everybody_responds() -> None:
    assert group_rates([], 50) is None
    assert group_rates([cell(EVERYBODY, "08", 10, 0)], 50) is None and group_rates([cell(EVERYBODY, "08", 9, 9)], 50) is None


def test_strength_is_bounded_and_that_of_the_beta_distribution() -> None:
    assert strength_of(0.0, 10.0) == STRENGTHS[1] and strength_of(10.0, 10.0) == STRENGTHS[0]
    chance = np.random.default_rng(2)
    n, rate = 20, chance.beta(2.0, 18.0, 50_000)
    responses = chance.binomial(n, rate)
    off = responses - n * 0.1
    found = strength_of(float((off**2 - n * 0.09).sum()), 50_000 * n * (n - 1) * 0.09)
    assert found == pytest.approx(20.0, rel=0.05)


def test_the_engine_fits_what_customers_were_drawn_from() -> None:
    chance, engine = np.random.default_rng(4), DuckDBEngine(None)
    rows: list[tuple[str, str, int, int]] = []
    for number in range(3000):
        own = chance.beta(2.0, 18.0)
        rows += [
            (f"c{number:04}", value, 10, int(chance.binomial(10, own * factor))) for value, factor in (("08", 1.4), ("18", 0.6))
        ]
    names = {"customer_id": "string", "value": "string", "sends": "int64", "responses": "int64"}
    cells = engine.memtable({name: [row[i] for row in rows] for i, name in enumerate(names)}, names)
    cells = grouped(
        cells.select("customer_id", group=cells.customer_id.nullif(cells.customer_id)).distinct(), Rates({}, {})
    ).inner_join(cells, "customer_id")
    rates = fit_rates(engine, cells, least=200)
    assert rates and rates.of_values[EVERYBODY] == pytest.approx({"08": 0.14, "18": 0.06}, rel=0.05)
    assert rates.strength == pytest.approx(20.0, rel=0.2), "customers differ as they were drawn to"
    assert rates.value_strength > 100, "and have no habits of their own beside that"
    engine.close()
