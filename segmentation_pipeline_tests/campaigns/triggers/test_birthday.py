"""Birthdays, those of 29 February included, before and after their day."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import CONFIG, days_from, happened, trigger
from segmentation_pipeline_tests.examples import examples

ALLOWED = CONFIG.model_copy(update={"privacy": CONFIG.privacy.model_copy(update={"attributes": ("birthday",)})})
ENGINE = DuckDBEngine(None)


def write_births(engine: Engine, born: dict[str, date | None]) -> None:
    columns: dict[str, list[object]] = {"customer_id": list(born), "birth_date": list(born.values())}
    engine.write(tables.PII_CUSTOMERS, engine.memtable(columns, {"customer_id": "string", "birth_date": "date"}))


def test_a_week_ahead_and_on_the_day(any_engine: Engine) -> None:
    write_births(any_engine, {"anna": date(1980, 6, 7), "bert": date(1990, 6, 8), "cora": None, "baby": date(2026, 6, 7)})
    ahead = trigger(on="birthday", days_before=7)
    assert happened(any_engine, ahead, date(2026, 5, 31), ALLOWED) == {"anna": date(2026, 6, 7)}, (
        "no birthday on the day of birth"
    )
    assert happened(any_engine, trigger(on="birthday"), date(2026, 6, 8), ALLOWED) == {"bert": date(2026, 6, 8)}
    late = trigger(on="birthday", days_before=7, within_days=2)
    assert happened(any_engine, late, date(2026, 6, 2), ALLOWED) == {"anna": date(2026, 6, 7), "bert": date(2026, 6, 8)}


def test_the_29th_of_february_is_kept_once_a_year_on_the_day_that_is_set() -> None:
    write_births(ENGINE, {"leap": date(1996, 2, 29), "day_before": date(1991, 2, 28), "day_after": date(1991, 3, 1)})
    for leap_day, day in (("feb_28", date(2025, 2, 28)), ("mar_1", date(2025, 3, 1))):
        kept = trigger(on="birthday", leap_day=leap_day)
        every = {as_of: happened(ENGINE, kept, as_of, ALLOWED) for as_of in days_from(date(2024, 2, 20), date(2025, 3, 10))}
        assert [as_of for as_of, found in every.items() if "leap" in found] == [date(2024, 2, 29), day]
        assert [as_of for as_of, found in every.items() if "day_before" in found] == [date(2024, 2, 28), date(2025, 2, 28)]
    ahead = trigger(on="birthday", days_before=3)
    assert happened(ENGINE, ahead, date(2025, 2, 25), ALLOWED)["leap"] == date(2025, 2, 28)
    assert happened(ENGINE, ahead, date(2024, 2, 26), ALLOWED)["leap"] == date(2024, 2, 29)


def test_it_needs_the_birth_date_and_the_permission() -> None:
    birthday = trigger(on="birthday")
    assert birthday.why_off(CONFIG) == "privacy.yaml does not allow it; add it to privacy.yaml, attributes: birthday"
    nobody = ALLOWED.model_copy(update={"sources": {"orders": ALLOWED.sources["orders"]}})
    assert birthday.why_off(nobody) == "source 'customers' is not configured"


def clerk(born: date, year: int, leap_day: str) -> date:
    if (born.month, born.day) != (2, 29) or isleap(year):
        return born.replace(year=year)
    return date(year, 2, 28) if leap_day == "feb_28" else date(year, 3, 1)


@given(
    st.lists(st.dates(date(1930, 1, 1), date(2024, 12, 31)) | st.just(date(2000, 2, 29)), max_size=8),
    st.dates(date(2023, 1, 1), date(2029, 1, 1)) | st.dates(date(2025, 2, 24), date(2025, 3, 4)),
    st.sampled_from([(0, 0), (7, 0), (0, 3), (365, 0)]),
    st.sampled_from([0, 2, 365]),
    st.sampled_from(["feb_28", "mar_1"]),
)
@examples(25, 80)
def test_as_a_clerk_finds_it(born, as_of, offset, within, leap_day) -> None:
    write_births(ENGINE, {f"c{number}": day for number, day in enumerate(born)})
    before, after = offset
    what = trigger(on="birthday", days_before=before, days_after=after, within_days=within, leap_day=leap_day)
    expected = {}
    for number, day in enumerate(born):
        for year in range(day.year + 1, as_of.year + 3):
            due = clerk(day, year, leap_day) + timedelta(days=after - before)
            if due <= as_of <= due + timedelta(days=within):
                expected[f"c{number}"] = clerk(day, year, leap_day)
    assert happened(ENGINE, what, as_of, ALLOWED) == expected
