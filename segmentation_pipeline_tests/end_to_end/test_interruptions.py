"""Readers, crashes and failing checks: the last good publication is always there, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline_tests.end_to_end.project import all_rows, command, orders_alone, published, query, segmentation

pytestmark = pytest.mark.slow

DAY_BEFORE = "2026-06-29"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped orders with one publication, as of the day before the last."""
    folder = orders_alone(tmp_path_factory.mktemp("interrupted"))
    with (folder / "config" / "segmentations.yaml").open("a") as file:
        file.write("  cluster_segment: {kind: clusters, title: Clusters}\n")
    run = segmentation(folder, "run", "--as-of", DAY_BEFORE)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def _start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(project, "run", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"COLUMNS": "240"},
    )


def test_a_killed_run_leaves_the_publication_and_the_next_run_succeeds(project: Path) -> None:
    before = all_rows(project)
    run = _start(project)
    assert run.stdout is not None
    for line in run.stdout:  # somewhere in the middle: features are made, nothing is published
        if "features.customer_features" in line:
            break
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert all_rows(project) == before
    again = segmentation(project, "run", "--as-of", DAY_BEFORE)
    assert again.returncode == 0, again.stdout
    assert all_rows(project) == before


def test_while_a_run_works_readers_see_whole_publications_and_a_second_writer_is_told_who_writes(project: Path) -> None:
    pipeline = project / "config" / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace("run: {", "run: {wait_for_writer_seconds: 0, "))
    run = _start(project)
    assert run.stdout is not None
    for line in run.stdout:
        if "made" in line:
            break
    second = segmentation(project, "run")
    assert second.returncode == 1
    assert "still holds" in second.stdout and "process" in second.stdout
    days, reads = set(), 0
    while run.poll() is None:
        with duckdb.connect(str(published(project)), read_only=True) as reader:
            counted = dict(reader.execute("SELECT table_name, row_count FROM publication").fetchall())
            [(day,)] = reader.execute("SELECT DISTINCT as_of FROM publication").fetchall()
            for table in ("customer_profile", "customer_segments", "segment_profiles"):
                [(rows,)] = reader.execute(f"SELECT count(*) FROM {table}").fetchall()
                assert rows == counted[table], table
                assert reader.execute(f"SELECT DISTINCT as_of FROM {table}").fetchall() == [(day,)], table
            days.add(day.isoformat())
        reads += 1
        time.sleep(0.05)
    assert run.returncode == 0
    assert reads > 10
    assert query(project, "SELECT DISTINCT as_of::VARCHAR FROM customer_profile") == [("2026-06-30",)]
    assert DAY_BEFORE in days


def test_earlier_days_run_late_leave_the_later_days_tables_and_complete_the_history(project: Path) -> None:
    profile = query(project, "FROM customer_profile ORDER BY customer_id")
    run = segmentation(project, "run", "--from", "2026-05-31", "--as-of", "2026-06-01")
    assert run.returncode == 0, run.stdout
    assert query(project, "FROM customer_profile ORDER BY customer_id") == profile
    days = query(project, "SELECT DISTINCT as_of::VARCHAR FROM row_accounting ORDER BY 1")
    assert days == [("2026-05-31",), ("2026-06-01",), (DAY_BEFORE,), ("2026-06-30",)]
    # Nobody may be in two segments of one exclusive segmentation on any day of the history.
    overlaps = query(
        project,
        """SELECT count(*) FROM segment_history a JOIN segment_history b USING (customer_id, segmentation)
        WHERE a.segment < b.segment AND a.valid_from < coalesce(b.valid_to, DATE '9999-12-31')
          AND b.valid_from < coalesce(a.valid_to, DATE '9999-12-31')""",
    )
    assert overlaps == [(0,)]
    assert query(project, "SELECT min(valid_from)::VARCHAR FROM segment_history") == [("2026-05-31",)]
    # Clusters go on from the published days before, never from later ones.
    fitted = "SELECT as_of::VARCHAR, trained_to::VARCHAR FROM model_registry WHERE model = 'clusters' AND is_champion ORDER BY 1"
    first, second = ("2026-05-31", "2026-05-31"), ("2026-06-01", "2026-05-31")
    assert query(project, fitted) == [first, second, (DAY_BEFORE, DAY_BEFORE), ("2026-06-30", DAY_BEFORE)]
    assert query(project, "SELECT DISTINCT as_of::VARCHAR FROM cluster_changes ORDER BY 1") == [("2026-05-31",), (DAY_BEFORE,)]


def test_a_failing_blocking_check_stops_what_follows_and_names_file_rows_and_rule(project: Path) -> None:
    before = all_rows(project)
    pipeline = project / "config" / "pipeline.yaml"
    configured = pipeline.read_text()
    rule = "{table: clean.orders, expectation: expect_column_values_to_be_between, arguments: {column: amount, max_value: 400}}"
    pipeline.write_text(f"{configured}\nquality: {{expectations: [{rule}]}}\n")
    run = segmentation(project, "run")
    pipeline.write_text(configured)
    assert run.returncode == 1
    assert "made features" not in run.stdout
    assert "clean.orders" in run.stdout and "amount" in run.stdout
    assert "rows fail, for example data/raw/orders_" in run.stdout and " row " in run.stdout
    assert "The last publication is untouched" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert all_rows(project) == before


def test_a_delivery_that_is_mostly_broken_is_not_published(project: Path) -> None:
    before = all_rows(project)
    orders = project / "data" / "raw" / "orders_2025.csv"
    kept = orders.read_bytes()
    header, *lines = kept.splitlines(keepends=True)
    orders.write_bytes(header + b"".join(line.replace(b"2025-", b"20X5-") for line in lines))
    run = segmentation(project, "run")
    orders.write_bytes(kept)
    assert run.returncode == 1
    assert "may be quarantined" in run.stdout and "segmentation quarantine orders" in run.stdout
    assert all_rows(project) == before
