"""Findings are kept by part and size, and read again as they were."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report import Finding, Grid, joined, keep, load, markdown

HEADINGS = ("customers", "s")


def _finding(customers: int, seconds: str) -> Finding:
    return Finding("full", customers, [Grid("run", HEADINGS, [[str(customers), seconds]])], {"s": float(seconds)})


def test_a_size_is_replaced_and_others_stay(tmp_path: Path) -> None:
    for finding in (_finding(2000, "9"), _finding(1000, "1"), _finding(2000, "2")):
        keep(finding, tmp_path)
    assert load("full", tmp_path) == [_finding(1000, "1"), _finding(2000, "2")]
    assert load("daily", tmp_path) == []


def test_grids_of_all_sizes_become_one() -> None:
    [grid] = joined([_finding(1000, "1"), _finding(2000, "2")])
    assert grid.rows == [["1000", "1"], ["2000", "2"]]
    assert markdown(grid)[2:] == ["| customers | s |", "|---|---|", "| 1000 | 1 |", "| 2000 | 2 |", ""]
