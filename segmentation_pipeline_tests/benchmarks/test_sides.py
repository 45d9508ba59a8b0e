"""The three ways of doing the night's work are the same work; the commands run and compare what they make."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import notebook, reference, workload
from benchmarks.agreement import differences
from benchmarks.measured import PROJECT

CUSTOMERS = 1000


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workloads go to a folder of the test's own."""
    monkeypatch.setenv(workload.WORK_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_hand_sql_and_notebook_agree(work: Path) -> None:
    root = workload.prepare(CUSTOMERS)
    reference.main(root, root / "reference.json", "1GB")
    notebook.main(root, root / "notebook.json")
    by_hand, analyst = (json.loads((root / f"{side}.json").read_text())["aggregates"] for side in ("reference", "notebook"))
    assert by_hand["orders"] > 5 * CUSTOMERS
    assert differences(by_hand, analyst) == []


@pytest.mark.slow
def test_a_day_is_run_measured_and_compared(work: Path) -> None:
    """Each part's own machinery (workload, copies, measuring, comparing, keeping) in one of the shorter ones."""
    arguments = ["--only", "daily", "--customers", str(CUSTOMERS), "--share", "0.01"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [finding] = json.loads((work / "results" / "daily.json").read_text())
    compared = {row[0]: row[1:] for row in finding["grids"][1]["rows"]}
    assert compared["customer_profile"][0] != "0"
    assert {tuple(row[1:]) for row in compared.values()} == {("0", "0")}
