"""The business clock against Python's own, around every change of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from segmentation_pipeline.features.business_clock import business_time, clock_changes


def test_berlin_changes_its_clocks_twice_a_year() -> None:
    assert clock_changes(ZoneInfo("Europe/Berlin"), date(2025, 1, 1), date(2025, 12, 31)) == (
        (datetime(2024, 12, 31), timedelta(hours=1)),
        (datetime(2025, 3, 30, 1), timedelta(hours=2)),
        (datetime(2025, 10, 26, 1), timedelta(hours=1)),
    )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"])
def test_local_times_are_those_python_shows(engine, zone: str) -> None:
    """Also where a day was left out (Apia 2011) and where changes came and went (Cairo)."""
    first, last = date(2009, 1, 1), date(2015, 12, 31)
    changes = [since for since, _ in clock_changes(ZoneInfo(zone), first, last)][1:] or [datetime(2010, 7, 1)]
    moments = [change + timedelta(minutes=minutes) for change in changes for minutes in (-1440, -61, -1, 0, 1, 61)]
    table = engine.memtable({"at": moments}, {"at": "timestamp"})
    found = engine.rows(table.select("at", local=business_time(table["at"], ZoneInfo(zone), first, last)))
    assert {row["at"]: row["local"] for row in found} == {
        moment: moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in moments
    }
