"""Only orders are required: everything that can run without the other sources runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation

pytestmark = pytest.mark.slow

HEADER = "order_id,customer_id,ordered_at,amount"


def test_a_handful_of_orders_is_enough(tmp_path: Path) -> None:
    rows = "1,a,2026-04-05 10:00:00,10.50\n2,b,2025-04-05 10:00:00,20\n3,a,2026-06-01,30\n"
    project = orders_alone(tmp_path, f"{HEADER}\n{rows}")
    run = segmentation(project, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    profile = query(project, "SELECT customer_id, frequency, monetary::VARCHAR, lifecycle FROM customer_profile ORDER BY 1")
    assert profile == [("a", 2, "40.50", "active"), ("b", 1, "20.00", "lost")]
    kinds = dict(query(project, "SELECT model, kind FROM model_registry"))
    assert kinds["clv"] == "not_credible", "three orders are no ground for any forecast, and the registry says so"


def test_check_lists_what_is_off_and_which_source_would_turn_it_on(tmp_path: Path) -> None:
    project = orders_alone(tmp_path, f"{HEADER}\n1,a,2026-01-05,10\n")
    check = segmentation(project, "check")
    assert check.returncode == 0, check.stdout + check.stderr
    assert "return_rate: source 'returns' is not configured" in check.stdout
    assert "on, without discount_amount, channel" in check.stdout


def test_missing_files_are_told_with_what_to_do(tmp_path: Path) -> None:
    project = orders_alone(tmp_path, HEADER)
    sources = project / "config" / "sources.yaml"
    sources.write_text(sources.read_text().replace("data/raw/*.csv", "data/raw/order*.csv"))
    (project / "data" / "raw" / "orders.csv").rename(project / "data" / "raw" / "oders.csv")
    run = segmentation(project, "run")
    assert run.returncode == 1
    assert "no file matches data/raw/order*.csv" in run.stdout and "oders.csv" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
