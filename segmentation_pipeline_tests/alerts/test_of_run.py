"""What is told of a run: the sentence of the check that stopped it, what failed without data, and warnings that are new."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.alerts.of_run import failure, new_warnings
from segmentation_pipeline.config.schema import EngineConfig

SENTENCE = "clean.orders: at most 10.00% of the records read may be quarantined: 12.50% (5 of 40 records)"


def test_a_check_that_stopped_a_run_is_told_with_its_figures_and_anything_else_as_a_failure() -> None:
    by_check = failure("shop", "2026-06-30", "7f", [SENTENCE], [], published=False)
    assert (by_check.event, by_check.key, by_check.lines[0]) == ("check_failed", "run:7f", SENTENCE)
    other = failure("shop", "2026-06-30", "7f", [], ["raw.orders failed by InternalException; the UI tells more"], published=True)
    assert other.event == "run_failed" and "not every destination has it" in other.text
    assert failure("shop", "2026-06-30", "7f", [], [], published=False).lines[0] == "It ended without saying why."


def publication(folder: Path, *results: tuple[str, str, str, bool]) -> Path:
    """A published file of 30 June with ``results`` of rules: day, rule, severity, whether it holds."""
    path = folder / "segmentation.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE publication AS SELECT DATE '2026-06-30' AS as_of")
        connection.execute(
            "CREATE TABLE data_quality (as_of DATE, table_name TEXT, rule TEXT, severity TEXT, passed BOOL, message TEXT)"
        )
        for day, rule, severity, passed in results:
            connection.execute(
                "INSERT INTO data_quality VALUES (?, 'clean.orders', ?, ?, ?, ?)",
                [day, rule, severity, passed, f"{rule} on {day}"],
            )
    return path


def warned(folder: Path, *results: tuple[str, str, str, bool], day: str = "2026-06-30") -> Alert | None:
    return new_warnings("shop", date.fromisoformat(day), publication(folder, *results), EngineConfig(), folder / "tmp")


def test_warnings_that_the_day_before_did_not_have_are_new(tmp_path: Path) -> None:
    found = warned(
        tmp_path,
        ("2026-06-20", "volume", "warning", False),  # longer ago
        ("2026-06-28", "stale", "warning", False),
        ("2026-06-28", "volume", "warning", True),
        ("2026-06-30", "stale", "warning", False),
        ("2026-06-30", "volume", "warning", False),
        ("2026-06-30", "range", "error", False),  # told as a failure
        ("2026-06-30", "holds", "warning", True),
    )
    assert found is not None and found.lines == ("volume on 2026-06-30",)
    assert found.title == "shop: 1 new warning on 2026-06-30"


@pytest.mark.parametrize(
    ("day", "results"),
    [
        ("2026-06-29", [("2026-06-28", "stale", "warning", True), ("2026-06-29", "stale", "warning", False)]),  # a backfill
        ("2026-06-30", [("2026-06-30", "stale", "warning", False)]),  # the first day
        ("2026-06-30", [("2026-06-29", "stale", "warning", False), ("2026-06-30", "stale", "warning", False)]),
    ],
)
def test_nothing_is_told_of_an_earlier_day_of_the_first_or_of_what_was_known(tmp_path: Path, day: str, results: list) -> None:
    assert warned(tmp_path, *results, day=day) is None


def test_a_project_that_has_published_nothing_has_no_warnings(tmp_path: Path) -> None:
    assert new_warnings("shop", date(2026, 6, 30), tmp_path / "none.duckdb", EngineConfig(), tmp_path) is None
