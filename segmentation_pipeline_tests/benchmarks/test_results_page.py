"""The page is written from whatever findings there are."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report import Finding, Grid, keep
from benchmarks.results_page import NOTES, QUESTIONS, write


def _figures(rows: float, wall: float) -> dict[str, float]:
    return {"rows": rows, "wall_seconds": wall, "cpu_seconds": 2 * wall, "peak_mb": 500, "cpu_to_sql": 1.5}


def test_parts_that_were_never_run_are_named_with_their_command(tmp_path: Path) -> None:
    write(tmp_path, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    for part in QUESTIONS:
        assert f"`python -m benchmarks --only {part} --record`" in page
    assert NOTES.read_text(encoding="utf-8").strip() in page


def test_sizes_aims_growth_and_differences_are_told(tmp_path: Path) -> None:
    headings = ("customers", "wall s")
    keep(Finding("full", 1_000_000, [Grid("run", headings, [["1,000,000", "40"]])], _figures(10_000_000, 40)), tmp_path)
    small = Finding("full", 100_000, [Grid("run", headings, [["100,000", "8"]])], _figures(1_000_000, 8), ["orders: 1, 2"])
    keep(small, tmp_path)
    write(tmp_path, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "| full run at most 1.4 times hand SQL, CPU | 1,000,000 | at most 1.4x | 1.50x | not met |" in page
    assert "| 100,000 | 8 |\n| 1,000,000 | 40 |" in page
    assert "| 1,000,000 | 10,000,000 | 10.00x | 5.00x | 5.00x | 1.00x |" in page
    assert "**The sides differ at 100,000 customers, so its ratios mean nothing:** orders: 1, 2" in page
    assert "cores" in page and "duckdb" in page
