"""Segments against their own past: planted changes are found, weekdays are no change, and without change hardly ever one is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import log
from typing import Any

import numpy as np
import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.own_past import Scale, compared, discovered, expected_range, probability, tails
from segmentation_pipeline.measurement.segment_kpis import SEGMENT_KPIS
from segmentation_pipeline.measurement.unusual_changes import METRICS, UNUSUAL_CHANGES
from segmentation_pipeline.table_contracts import published_names
from segmentation_pipeline_tests.clean.project import config

AS_OF = date(2026, 6, 30)
DAYS = [AS_OF - timedelta(days=ago) for ago in range(90, -1, -1)]
MONDAY = 5.0
"""So many times the orders of another day."""
KINDS = {
    "as_of": "date",
    "segmentation": "string",
    "segment": "string",
    "previous_as_of": "date",
    "customers": "int64",
    "entered": "int64",
    "left": "int64",
    "orders_1d": "int64",
    "gross_revenue_1d": "float64",
    "avg_clv": "float64",
    "retention_90d": "float64",
}


def history(seed: int, segments: int = 12, days: Sequence[date] = DAYS, size: int = 1000) -> list[dict[str, Any]]:
    """Segments that stay as they are: orders by weekday, who comes and goes by chance."""
    chance = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for number in range(segments):
        members, rate, clv = size, chance.uniform(5, 60), 200.0
        for place, day in enumerate(days):
            entered, left = int(chance.poisson(8)), int(chance.poisson(8))
            members += entered - left
            orders = int(chance.poisson(rate * (MONDAY if day.weekday() == 0 else 1.0)))
            clv *= float(np.exp(chance.normal(0, 0.01)))
            rows.append(
                {
                    "as_of": day,
                    "segmentation": "tier",
                    "segment": f"s{number:02}",
                    "previous_as_of": days[place - 1] if place else None,
                    "customers": members,
                    "entered": entered if place else None,
                    "left": left if place else None,
                    "orders_1d": orders,
                    "gross_revenue_1d": float(orders * 40 * np.exp(chance.normal(0, 0.2))),
                    "avg_clv": clv,
                    "retention_90d": 0.4 + float(chance.normal(0, 0.005)),
                }
            )
    return rows


def told(rows: Sequence[dict[str, Any]], **keys: float) -> list[dict[str, Any]]:
    engine = DuckDBEngine(None)
    engine.write(SEGMENT_KPIS.contract.table, engine.memtable({name: [row[name] for row in rows] for name in KINDS}, KINDS))
    settings = config({"orders": {}}, models={"unusual_change": keys})
    made = engine.rows(UNUSUAL_CHANGES.make(Inputs(engine.table, settings, AS_OF, engine)).order_by("segment", "metric"))
    engine.close()
    return made


def last(rows: Sequence[dict[str, Any]], segment: str) -> dict[str, Any]:
    return [row for row in rows if row["segment"] == segment][-1]


@pytest.mark.slow
def test_without_change_few_days_have_an_alarm() -> None:
    alarms = [any(row["change"] for row in told(history(seed))) for seed in range(20)]
    assert sum(alarms) <= 3, "5 % of days at most; 4 of 20 have a chance of 2 %"


def test_planted_changes_are_found_with_what_was_expected() -> None:
    rows = history(3)
    last(rows, "s00")["customers"] = round(last(rows, "s00")["customers"] * 0.8)
    last(rows, "s01")["orders_1d"] *= 4
    last(rows, "s02")["gross_revenue_1d"] *= 0.1
    last(rows, "s03")["avg_clv"] *= 1.3
    last(rows, "s04")["left"] = 90
    last(rows, "s05")["customers"] = 3
    changed = {(row["segment"], row["metric"]): row for row in told(rows) if row["change"]}
    planted = {
        ("s00", "customers"),
        ("s01", "orders_1d"),
        ("s02", "gross_revenue_1d"),
        ("s03", "avg_clv"),
        ("s04", "left"),
        ("s05", "customers"),
    }
    assert planted <= set(changed) and len(set(changed) - planted) <= 1
    one = changed["s04", "left"]
    assert one["change"].startswith("members who left rose to 90, ") and one["change"].endswith(" expected")
    assert one["expected_low"] < one["expected"] < one["expected_high"] < 90 and one["expected"] == pytest.approx(8, abs=2.5)
    assert one["days"] == 89 and one["p"] < 1e-4


def test_a_day_is_held_against_its_own_weekday() -> None:
    days = DAYS[:-1]  # the last is a Monday
    assert days[-1].weekday() == 0
    rows = [row | {"as_of": row["as_of"] + timedelta(days=1), "orders_1d": row["orders_1d"]} for row in history(4, days=days)]
    monday = next(row for row in told(rows) if row["metric"] == "orders_1d")
    assert monday["p"] > 0.01
    figures = [20.0 * (MONDAY if day.weekday() == 0 else 1.0) + day.day % 3 for day in DAYS]
    figures[-1] = 100.0  # a Tuesday like a Monday
    found = compared(DAYS, figures, Scale.COUNT, 28)
    assert found and found.distance > 5 and len(found.past) == 90


def test_of_what_stands_the_step_counts_and_steps_over_other_spans_do_not() -> None:
    days = [AS_OF - timedelta(days=ago) for ago in (9, 8, 7, 4, 3, 2, 1, 0)]
    found = compared(days, [100, 110, 121, 500, 500, 550, 605, 605], Scale.SIZE, 5)
    assert found and len(found.past) == 5 and found.base == 605 and found.now == 0.0
    assert found.centre == pytest.approx(4 * log(1.1) / 5)


def test_who_came_over_a_longer_span_than_usual_is_not_compared() -> None:
    rows = history(5, days=[*DAYS[:-4], DAYS[-1]])  # three days were not run
    assert {row["metric"] for row in told(rows)} == {"orders_1d", "gross_revenue_1d"}, "all else is a step of another length"


def test_short_histories_and_small_segments_are_silent() -> None:
    assert told(history(1, days=DAYS[-20:])) == []
    assert told([row | {"customers": 29} for row in history(1, segments=1)]) == [], "of fewer every day is unlike the others"
    assert {row["days"] for row in told(history(1, days=DAYS[-20:]), min_days=14)} == {18, 19}
    assert compared(DAYS, [0.0] * 91, Scale.AMOUNT, 28) is None
    assert compared(DAYS, [1.0] * 90 + [None], Scale.COUNT, 28) is None


def test_figures_that_never_move_have_a_range_of_chance_all_the_same() -> None:
    found = compared(DAYS, [4.0] * 91, Scale.COUNT, 28)
    assert found and found.distance == pytest.approx(0.0, abs=1e-9)
    sides = tails([found])
    assert probability(found, *sides) == pytest.approx(1.0)
    middle, low, high = expected_range(found, Scale.COUNT, *sides)
    assert middle == pytest.approx(4.0) and low < 2.5 < 6.5 < high


def test_many_probabilities_are_told_by_their_rank() -> None:
    assert discovered([0.5, 0.01, 0.02, 0.9], 0.05) == 0.02
    assert discovered([0.5, 0.04, 0.6, 0.9], 0.05) == -1.0 and discovered([], 0.05) == -1.0


def test_it_is_published_and_reads_figures_there_are() -> None:
    settings = config({"orders": {}})
    assert "unusual_changes" in published_names(settings)
    assert {*METRICS} <= {column.name for column in SEGMENT_KPIS.contract.columns}
    assert UNUSUAL_CHANGES.reads(settings) == (
        SEGMENT_KPIS.contract.table,
    ) and tables.CUSTOMER_PROFILE not in UNUSUAL_CHANGES.reads(settings)
