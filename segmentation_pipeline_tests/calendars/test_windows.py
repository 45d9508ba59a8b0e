"""Occasions as stretches of days, against calendars of the wall."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from pydantic import TypeAdapter

from segmentation_pipeline.calendars.windows import windows
from segmentation_pipeline.config.schema import Occasion

D = date.fromisoformat


def found(occasion: dict[str, object], first: str, last: str, place: str | None = None) -> list[tuple[str, str]]:
    parsed: Occasion = TypeAdapter(Occasion).validate_python(occasion)
    return [(start.isoformat(), end.isoformat()) for start, end in windows(parsed, D(first), D(last), place)]


def test_the_same_days_every_year() -> None:
    season = {"kind": "yearly", "from": "11-20", "to": "12-24"}
    assert found(season, "2023-12-24", "2024-11-20") == [("2023-11-20", "2023-12-24"), ("2024-11-20", "2024-12-24")]
    assert found(season, "2023-12-25", "2024-11-19") == []


def test_a_range_may_wrap_the_year() -> None:
    turn = {"kind": "yearly", "from": "12-28", "to": "01-03"}
    assert found(turn, "2024-01-01", "2024-12-31") == [("2023-12-28", "2024-01-03"), ("2024-12-28", "2025-01-03")]


def test_the_last_of_february_is_that_of_the_year() -> None:
    thaw = {"kind": "yearly", "from": "02-29", "to": "03-01"}
    assert found(thaw, "2023-01-01", "2024-12-31") == [("2023-02-28", "2023-03-01"), ("2024-02-29", "2024-03-01")]


def test_payday_goes_on_into_the_next_month() -> None:
    payday = {"kind": "month_days", "days": ["25-31", "1-3", 15]}
    assert found(payday, "2024-02-10", "2024-03-31") == [
        ("2024-02-15", "2024-02-15"),
        ("2024-02-25", "2024-03-03"),
        ("2024-03-15", "2024-03-15"),
        ("2024-03-25", "2024-04-03"),
    ]


def test_months_side_by_side_are_one_season() -> None:
    winter = {"kind": "months", "months": [12, 1, 2]}
    assert found(winter, "2024-02-29", "2024-12-01") == [("2023-12-01", "2024-02-29"), ("2024-12-01", "2025-02-28")]


def test_feasts_that_move_move_their_windows() -> None:
    """Easter Sunday was on 9 April 2023, 31 March 2024 and 20 April 2025."""
    easter = {"kind": "holiday", "holiday": "Easter Monday", "country": "DE", "days_before": 8, "days_after": 1}
    assert found(easter, "2023-01-01", "2025-12-31") == [
        ("2023-04-02", "2023-04-11"),
        ("2024-03-24", "2024-04-02"),
        ("2025-04-13", "2025-04-22"),
    ]


def test_a_feast_of_several_days_is_one_occasion_and_own_names_count() -> None:
    """Ramadan ended on 9 April 2024; the feast has three days in Turkey."""
    assert found({"kind": "holiday", "holiday": "eid al-fitr", "country": "TR"}, "2024-01-01", "2024-12-31") == [
        ("2024-04-10", "2024-04-12")
    ]
    days = {"kind": "holiday", "holiday": ["Erster Weihnachtstag", "Zweiter Weihnachtstag"], "country": "DE"}
    assert found(days, "2024-01-01", "2024-12-31") == [("2024-12-25", "2024-12-26")]


def test_the_holidays_of_where_a_customer_lives() -> None:
    """Epiphany is a holiday in Bavaria, and in Germany as a whole it is none."""
    epiphany = {"kind": "holiday", "holiday": "Epiphany", "country": "customer"}
    assert found(epiphany, "2024-01-01", "2024-12-31", "DE-BY") == [("2024-01-06", "2024-01-06")]
    assert found(epiphany, "2024-01-01", "2024-12-31", "DE") == []
    assert found(epiphany, "2024-01-01", "2024-12-31", None) == []


def test_days_of_ones_own() -> None:
    sales = {"kind": "dates", "ranges": [{"from": "2024-06-10", "to": "2024-06-11"}, {"from": "2023-01-01", "to": "2023-01-01"}]}
    assert found(sales, "2024-01-01", "2024-12-31") == [("2024-06-10", "2024-06-11")]


@pytest.mark.parametrize(
    "occasion",
    [
        {"kind": "yearly", "from": "12-20", "to": "01-06"},
        {"kind": "month_days", "days": ["29-31", "1-2"]},
        {"kind": "holiday", "holiday": "Labor Day", "country": "DE", "days_before": 40, "days_after": 180},
    ],
    ids=["yearly", "month_days", "holiday"],
)
def test_windows_are_apart_and_do_not_depend_on_where_one_looks_from(occasion: dict[str, object]) -> None:
    whole = found(occasion, "2015-01-01", "2024-12-31")
    assert all(D(end) + timedelta(days=1) < D(start) for (_, end), (start, _) in pairwise(whole))
    parts = [found(occasion, f"{year}-01-01", f"{year}-12-31") for year in range(2015, 2025)]
    assert sorted({window for part in parts for window in part}) == whole
