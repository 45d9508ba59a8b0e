"""Cronbach's alpha equals published numbers and says when there is none."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.reliability import Reliability, reliability

# Chatterjee and Price, "Regression Analysis by Example" (1977): 30 departments of a company, per cent of favourable answers.
ATTITUDE = {
    "rating": "43 63 71 61 81 43 58 71 72 67 64 67 69 68 77 81 74 65 65 50 50 64 53 40 63 66 78 48 85 82",
    "complaints": "51 64 70 63 78 55 67 75 82 61 53 60 62 83 77 90 85 60 70 58 40 61 66 37 54 77 75 57 85 82",
    "privileges": "30 51 68 45 56 49 42 50 72 45 53 47 57 83 54 50 64 65 46 68 33 52 52 42 42 66 58 44 71 39",
    "learning": "39 54 69 47 66 44 56 55 67 47 58 39 42 45 72 72 69 75 57 54 34 62 50 58 48 63 74 45 71 59",
    "raises": "61 63 76 54 71 54 66 70 71 62 58 59 55 59 79 60 79 55 75 64 43 66 63 50 66 88 80 51 77 64",
    "critical": "92 73 86 84 83 49 68 66 83 80 67 74 63 77 77 54 79 80 85 78 64 80 80 57 75 76 78 83 74 78",
    "advance": "45 47 48 35 47 34 35 41 31 41 34 41 25 35 46 36 63 60 46 52 33 41 37 49 33 72 49 38 55 39",
}


def found(engine: DuckDBEngine, columns: dict[str, list[float | None]], reversed_items: tuple[str, ...] = ()) -> Reliability:
    table = engine.memtable(columns, dict.fromkeys(columns, "float64"))
    return reliability(engine, table, list(columns), reversed_items)


@pytest.fixture
def attitude() -> dict[str, list[float | None]]:
    return {name: [float(value) for value in values.split()] for name, values in ATTITUDE.items()}


def test_alpha_and_item_statistics_equal_the_published_ones(
    engine: DuckDBEngine, attitude: dict[str, list[float | None]]
) -> None:
    """The worked example of R's package psych (Revelle): raw_alpha, r.drop and alpha if an item is dropped."""
    told = found(engine, attitude)
    assert told.respondents == 30 and told.alpha == pytest.approx(0.84, abs=0.005)
    assert told.item_total == pytest.approx((0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46), abs=0.0051)
    assert told.alpha_without == pytest.approx((0.81, 0.80, 0.83, 0.80, 0.80, 0.86, 0.84), abs=0.0051)


def test_reversed_items_are_turned_round(engine: DuckDBEngine, attitude: dict[str, list[float | None]]) -> None:
    """The same package's example of wrong keys: alpha 0.18; turning the answers round by hand is the same."""
    told = found(engine, attitude, ("complaints", "critical"))
    assert told.alpha == pytest.approx(0.18, abs=0.005)
    turned = {n: [100.0 - v if n in ("complaints", "critical") and v else v for v in values] for n, values in attitude.items()}
    assert found(engine, turned) == told


def test_only_those_who_answered_everything_count(engine: DuckDBEngine, attitude: dict[str, list[float | None]]) -> None:
    more = {name: [*values, 50.0 if name != "rating" else None] for name, values in attitude.items()}
    assert found(engine, more) == found(engine, attitude)


def test_without_enough_to_compare_there_is_no_alpha(engine: DuckDBEngine) -> None:
    assert found(engine, {"a": [1.0, 2.0, 3.0]}) == Reliability(3, None, (None,), (None,))
    assert found(engine, {"a": [1.0], "b": [2.0]}) == Reliability(1, None, (None, None), (None, None))
    assert found(engine, {"a": [2.0, 2.0], "b": [3.0, 3.0]}) == Reliability(2, None, (None, None), (None, None))


def test_two_equal_items_are_perfectly_reliable(engine: DuckDBEngine) -> None:
    assert found(engine, {"a": [1.5, 2.0, 4.0], "b": [1.5, 2.0, 4.0]}) == Reliability(3, 1.0, (1.0, 1.0), (None, None))
