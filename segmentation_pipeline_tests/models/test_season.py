"""The season of a shop: found where it is, not where it is not, and a clock that agrees with the calendar over a year."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.purchase_history import History
from segmentation_pipeline.models.season import (
    MIN_MONTHS,
    Season,
    fit_season,
    in_calendar_days,
    month_number,
    read_months,
    with_seasonal_days,
)
from segmentation_pipeline_tests.examples import examples

AS_OF = date(2026, 6, 30)
CHRISTMAS = Season((*[0.9] * 10, 1.45, 1.6))
SEASONS = st.builds(Season, st.tuples(*[st.floats(0.05, 3.0)] * 12))


def months_of(indices: tuple[float, ...], months: int, growth: float = 0.0, a_month: float = 200.0) -> dict[int, int]:
    """Repeat order days of the months up to ``AS_OF``, growing by a share a month."""
    last = month_number(AS_OF)
    return {last - back: round(a_month * (1 + growth) ** (months - back) * indices[(last - back) % 12]) for back in range(months)}


@pytest.mark.parametrize("growth", [0.0, 0.02])
def test_indices_are_found_again_whether_or_not_the_shop_grows(growth: float) -> None:
    found = fit_season(months_of(CHRISTMAS.indices, 42, growth), AS_OF)
    assert found is not None
    planted = np.array(CHRISTMAS.indices) / np.mean(CHRISTMAS.indices)
    # Of days of a month, which are not equally many.
    assert np.allclose(np.array(found.indices), planted, rtol=0.1)
    assert max(found.indices) == found.indices[11] and min(found.indices) < 1


def test_a_steady_shop_has_no_season_to_speak_of() -> None:
    days = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    found = fit_season(months_of(tuple(day / 30.4 for day in days), 40), AS_OF)
    assert found is not None and np.allclose(found.indices, 1.0, atol=0.02)


def test_less_than_two_whole_years_or_a_handful_of_orders_tell_no_season() -> None:
    # The first month may have begun with the history, so it is not a whole one.
    assert fit_season(months_of(CHRISTMAS.indices, MIN_MONTHS), AS_OF) is None
    assert fit_season(months_of(CHRISTMAS.indices, MIN_MONTHS + 1), AS_OF) is not None
    assert fit_season(months_of(CHRISTMAS.indices, 40, a_month=4), AS_OF) is None
    assert fit_season({}, AS_OF) is None


def test_a_season_knows_nothing_of_what_came_later() -> None:
    earlier = AS_OF - timedelta(days=90)
    months = months_of(CHRISTMAS.indices, 48)
    known = {month: count for month, count in months.items() if month <= month_number(earlier)}
    assert fit_season(months, earlier) == fit_season(known, earlier)
    # A month that is not over does not count either.
    assert fit_season(months, AS_OF - timedelta(days=1)) == fit_season(months, date(2026, 5, 31))


def test_a_month_without_orders_slows_the_clock_and_does_not_stop_it() -> None:
    found = fit_season(months_of((0.0, *[1.0] * 11), 42), AS_OF)
    assert found is not None and 0 < found.indices[0] < 0.06


@given(SEASONS, st.integers(0, 3000), st.integers(0, 400))
@examples(30, 200)
def test_time_goes_forward_and_adds_up(season: Season, back: int, ahead: int) -> None:
    then = AS_OF - timedelta(days=back)
    parts = float(season.since(AS_OF, back)) + float(season.ahead(AS_OF, ahead))
    assert float(season.ahead(then, back + ahead)) == pytest.approx(parts)
    assert float(season.since(AS_OF, back)) >= 0.05 * back - 1e-9


def test_a_season_of_ones_is_the_calendar_and_any_season_counts_a_year_as_long() -> None:
    plain = Season((1.0,) * 12)
    assert plain.since(AS_OF, np.arange(800)).tolist() == list(range(800))
    fitted = fit_season(months_of(CHRISTMAS.indices, 42), AS_OF)
    assert fitted is not None
    assert float(fitted.ahead(AS_OF, 365 * 4 + 1)) == pytest.approx(365 * 4 + 1, rel=1e-4)


def test_histories_keep_their_order_of_events() -> None:
    history = History.of([0, 1, 3], [0, 0, 200], [30, 5, 400], [2, 1, 1])
    told = CHRISTMAS.history(history, AS_OF)
    assert (told.x.tolist(), told.weights.tolist()) == (history.x.tolist(), history.weights.tolist())
    assert (told.t_x >= 0).all() and (told.t_x <= told.T).all()
    assert told.T[0] == pytest.approx(30 * 0.9) and told.t_x[2] == pytest.approx(float(CHRISTMAS.ahead(date(2025, 5, 26), 200)))


def test_repeat_order_days_are_counted_once_a_customer_and_day(engine: DuckDBEngine) -> None:
    orders = [("a", date(2026, 1, 5)), ("a", date(2026, 1, 9)), ("a", date(2026, 1, 9)), ("b", date(2026, 2, 1))]
    orders += [("b", date(2026, 2, 2)), ("b", date(2026, 7, 1))]
    columns = {"customer_id": [who for who, _ in orders], "event_date": [day for _, day in orders]}
    table = engine.memtable(columns, {"customer_id": "string", "event_date": "date"})
    assert read_months(engine, table, AS_OF) == {month_number(date(2026, 1, 1)): 1, month_number(date(2026, 2, 1)): 1}


def test_the_engine_reads_the_clock_as_python_does(engine: DuckDBEngine) -> None:
    days = [0, 1, 31, 400, None]
    table = engine.memtable({"id": list(range(5)), "T": days}, {"id": "int64", "T": "int64"})
    found = engine.rows(with_seasonal_days(table, ("T",), CHRISTMAS, engine, AS_OF).order_by("id"))
    assert [row["T"] for row in found] == [*CHRISTMAS.since(AS_OF, days[:4]).tolist(), None]


def test_seasonal_days_come_back_as_the_day_on_which_they_are_reached(engine: DuckDBEngine) -> None:
    waits = [0.0, 0.4, 45.0, 1e9]
    table = engine.memtable({"id": list(range(4)), "wait": waits}, {"id": "int64", "wait": "float64"})
    found = [row["wait"] for row in engine.rows(in_calendar_days(table, ("wait",), CHRISTMAS, engine, AS_OF, 300).order_by("id"))]
    assert (found[0], found[3]) == (0, 301)
    for wait, days in zip(waits[1:3], found[1:3], strict=True):
        reached = CHRISTMAS.ahead(AS_OF, [int(days) - 1, int(days)])
        assert reached[0] < np.ceil(wait) <= reached[1]
