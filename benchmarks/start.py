"""How long the command line takes to answer, and in how much memory, before it does any work."""

from __future__ import annotations

from benchmarks.measured import measure, middle, segmentation
from benchmarks.report import Finding, Grid
from benchmarks.workload import prepare

TIMES = 5
COMMANDS = ("--help", "--version", "check")
HEADINGS = ("command", "wall s", "CPU s", "peak MB")


def run(customers: int) -> Finding:
    """The median of some starts of each command; ``check`` opens the files of a project of the size."""
    root = prepare(customers)
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    for command in COMMANDS:
        measure(segmentation(root, command), root / "start.log")  # the first start reads the files from disk
        costs = [measure(segmentation(root, command), root / "start.log") for _ in range(TIMES)]
        typical = middle(costs)
        rows.append(
            [
                f"segmentation {command}",
                f"{typical.wall_seconds:.2f}",
                f"{typical.cpu_seconds:.2f}",
                next((cost.failure for cost in costs if cost.failure), f"{typical.peak_mb:,.0f}"),
            ]
        )
        figures[f"wall_{command.strip('-')}"] = typical.wall_seconds
    return Finding("start", customers, [Grid(f"start of the command line (median of {TIMES})", HEADINGS, rows)], figures)
