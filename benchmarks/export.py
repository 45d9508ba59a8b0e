"""What an export with a row for each line costs to take in beside the same orders and lines as files of their own."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.export_files import LINES_OF_FOUR_ORDERS, ORDERS_OF_A_CUSTOMER, SIDES, prepare
from benchmarks.measured import Cost, measure, module, progress
from benchmarks.report import Finding, Grid

HEADINGS = ("lines", "files", "MB", "wall s", "CPU s", "peak MB", "times wall", "times CPU", "times memory")
TOTALS = ("lines", "what", *SIDES)


def run(customers: int) -> Finding:
    """Each side in a process of its own; their totals must be equal to the cent."""
    roots = prepare(customers)
    lines = f"{customers * ORDERS_OF_A_CUSTOMER * LINES_OF_FOUR_ORDERS // 4:,}"
    costs: dict[str, Cost] = {}
    told: dict[str, dict[str, str]] = {}
    wrong: list[str] = []
    for side, root in roots.items():
        progress.print(f"  {side}")
        costs[side] = measure(module("export_run", root, root / "result.json"), root / "run.log")
        if costs[side].failure:
            return Finding("export", customers, [], {}, [f"{side}: {costs[side].failure}"])
        told[side] = json.loads((root / "result.json").read_text(encoding="utf-8"))
        wrong += [f"{side} would stop: {message}" for message in told[side].pop("stopped")]
    plain = costs["plain"]
    rows = [
        [lines, SIDES[side], f"{_megabytes(roots[side]):,.0f}", *cost.cells, *_times(cost, plain)] for side, cost in costs.items()
    ]
    for side, found in told.items():
        wrong += [
            f"{side}, {name}: {found[name]}, plain {value}" for name, value in told["plain"].items() if found[name] != value
        ]
    totals = [[lines, name, *(told[side][name] for side in SIDES)] for name in told["plain"]]
    export = costs["export"]
    figures = {"wall_to_plain": export.wall_seconds / plain.wall_seconds, "cpu_to_plain": export.cpu_seconds / plain.cpu_seconds}
    grids = [Grid("an export beside plain files", HEADINGS, rows), Grid("what came of them", TOTALS, totals)]
    return Finding("export", customers, grids, figures, wrong)


def _times(cost: Cost, plain: Cost) -> list[str]:
    ratios = (cost.wall_seconds / plain.wall_seconds, cost.cpu_seconds / plain.cpu_seconds, cost.peak_mb / plain.peak_mb)
    return [f"{ratio:.2f}x" for ratio in ratios]


def _megabytes(root: Path) -> float:
    return sum(path.stat().st_size for path in (root / "data" / "raw").iterdir()) / 2**20
