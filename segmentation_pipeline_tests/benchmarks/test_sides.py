"""The three ways of doing the night's work are the same work; their figures agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import notebook, reference, workload
from benchmarks.agreement import differences

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
