"""A whole run beside hand-written SQL and beside a pandas notebook, all on the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.agreement import differences
from benchmarks.measured import Cost, measure, module, pipeline, progress
from benchmarks.pipeline_run import StepTimes, aggregates, step_times
from benchmarks.report import Finding, Grid
from benchmarks.workload import forget_results, memory_limit, prepare

NOTEBOOK_UPTO = 1_000_000
"""Above so many customers the notebook does not fit into the memory of a small machine."""
HEADINGS = ("customers", "orders", "", "wall s", "CPU s", "peak MB", "pipeline is: wall / CPU / memory")


def run(customers: int, notebook_upto: int = NOTEBOOK_UPTO) -> Finding:
    """All three sides at one size."""
    root = prepare(customers)
    forget_results(root)
    progress.print("  reference")
    reference, by_hand = _side(root, module("reference", root, root / "reference.json", memory_limit(customers)), "reference")
    progress.print("  pipeline")
    ours = pipeline(root)
    made = aggregates(root)
    shown, differ = by_hand or made, []
    if by_hand:
        differ += [f"reference: {text}" for text in differences(by_hand["aggregates"], made)]
        shown = by_hand["aggregates"]
    head = [f"{customers:,}", f"{shown['orders']:,}"]
    rows = [[*head, "hand SQL", *_cells(reference, ours)], [*head, "pipeline", *ours.cells, "1"]]
    figures = _figures("sql", reference, ours) | {"peak_mb": ours.peak_mb}
    grids = []
    if customers <= notebook_upto:
        progress.print("  notebook")
        notebook, theirs = _side(root, module("notebook", root, root / "notebook.json"), "notebook")
        rows.append([*head, "notebook", *_cells(notebook, ours)])
        figures |= _figures("notebook", notebook, ours)
        if theirs:
            differ += [f"notebook: {text}" for text in differences(theirs["aggregates"], made)]
            grids.append(_steps("notebook", customers, list(theirs["steps"].items())))
    else:
        rows.append([*head, "notebook", f"not run above {notebook_upto:,} customers", "", "", ""])
    if by_hand:
        grids.insert(0, _steps("hand SQL", customers, list(by_hand["steps"].items())))
    grids.insert(0, _steps("pipeline", customers, _parts(step_times(root), ours)))
    return Finding("full", customers, [Grid("full run", HEADINGS, rows), *grids], figures, differ)


def _side(root: Path, program: list[str], name: str) -> tuple[Cost, dict[str, Any]]:
    """What the program cost and told; nothing when it failed."""
    outcome = root / f"{name}.json"
    outcome.unlink(missing_ok=True)
    cost = measure(program, root / f"{name}.log")
    return cost, {} if cost.failure else json.loads(outcome.read_text(encoding="utf-8"))


def _cells(theirs: Cost, ours: Cost) -> list[str]:
    if theirs.failure:
        return [*theirs.cells, theirs.failure]
    ratios = (
        ours.wall_seconds / theirs.wall_seconds,
        ours.cpu_seconds / theirs.cpu_seconds,
        ours.peak_mb / theirs.peak_mb,
    )
    return [*theirs.cells, " / ".join(f"{ratio:.2f}x" for ratio in ratios)]


def _figures(side: str, theirs: Cost, ours: Cost) -> dict[str, float]:
    """How many times the pipeline costs the other side's wall and CPU seconds."""
    if theirs.failure:
        return {}
    return {
        f"wall_to_{side}": ours.wall_seconds / theirs.wall_seconds,
        f"cpu_to_{side}": ours.cpu_seconds / theirs.cpu_seconds,
    }


def _parts(times: StepTimes, cost: Cost) -> list[tuple[str, float]]:
    """The pipeline's wall seconds by step, dearest first, then what lies between and around them."""
    steps = sorted(times.steps.items(), key=lambda step: -step[1])
    inside = sum(seconds for _, seconds in steps)
    return [
        *steps[:14],
        (f"{len(steps[14:])} more steps", sum(seconds for _, seconds in steps[14:])),
        ("between steps (Dagster)", times.run - inside),
        ("before and after (imports, configuration, summary)", cost.wall_seconds - times.run),
    ]


def _steps(side: str, customers: int, steps: list[tuple[str, float]]) -> Grid:
    rows = [[name, f"{seconds:.2f}"] for name, seconds in steps]
    return Grid(f"{side}, {customers:,} customers: wall seconds by step", ("step", "s"), rows)
