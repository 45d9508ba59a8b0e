"""An export and the plain files beside it are the same shop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import workload
from benchmarks.export_files import SIDES, prepare
from benchmarks.export_run import main


@pytest.mark.slow
def test_all_sides_come_to_the_same_orders_lines_and_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workload.WORK_VARIABLE, str(tmp_path))
    told = {}
    for side, root in prepare(400).items():
        main(root, tmp_path / f"{side}.json")
        told[side] = json.loads((tmp_path / f"{side}.json").read_text())
    assert told.keys() == SIDES.keys()
    plain = told["plain"]
    assert plain["stopped"] == [] and int(plain["customers' lines"]) > 3000 and float(plain["nobody's back"]) > 0
    assert told == dict.fromkeys(SIDES, plain)
