"""A night that was due is late when its day is not published some hours after; told once a night."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.alerts.lateness import late_publication
from segmentation_pipeline.destinations.catalog import pipeline_model
from segmentation_pipeline_tests.destinations.publication import write_publication


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def config(**run: object):
    said = {
        "business": {"timezone": "Europe/Berlin"},
        "run": {"hour": 5, "minute": 30, **run},
        "alerts": {"late_after_hours": 2, "webhook": {"url_env": "X"}},
    }
    return pipeline_model().model_validate(said)


@pytest.mark.parametrize(
    ("now", "late"),
    [
        ("2026-07-01T05:20", None),  # 07:20 in Berlin: the run of 05:30 has two hours
        ("2026-07-01T05:40", None),  # 07:40: due, and 30 June is there
        ("2026-07-02T05:20", None),
        ("2026-07-02T05:40", "2026-07-01"),
        ("2026-07-02T23:00", "2026-07-01"),
        ("2026-07-03T05:40", "2026-07-02"),
    ],
)
def test_the_last_night_that_was_due_is_looked_for(tmp_path: Path, now: str, late: str | None) -> None:
    publication = write_publication(tmp_path)  # of 2026-06-30
    found = late_publication("shop", config(), publication, at(now))
    assert (found and found.as_of) == late
    if found:
        assert found.key == f"late:{late}" and "The last published day is 2026-06-30." in found.text


def test_a_publication_nobody_can_read_is_late(tmp_path: Path) -> None:
    file = tmp_path / "segmentation.duckdb"
    file.write_bytes(b"no database" * 1000)
    found = late_publication("shop", config(), file, at("2026-06-30 09:00"))
    assert found is not None and "no publication that can be read" in found.lines[0]


def test_before_the_first_publication_it_is_said_so_and_a_project_of_a_fixed_day_is_never_late(tmp_path: Path) -> None:
    found = late_publication("shop", config(), tmp_path / "none.duckdb", at("2026-07-02T05:40"))
    assert found and "Nothing has been published yet." in found.text
    assert late_publication("shop", config(as_of="2026-06-30"), tmp_path / "none.duckdb", at("2026-07-02T05:40")) is None
