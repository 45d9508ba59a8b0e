"""A whole run beside hand-written SQL and beside a pandas notebook, all on the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.agreement import differences
from benchmarks.measured import Cost, measure, module, progress, segmentation
from benchmarks.pipeline_run import StepTimes, aggregates, step_times
from benchmarks.report import Finding, Grid
from benchmarks.workload import forget_results, memory_limit, prepare

NOTEBOOK_UPTO = 1_000_000
"""Above so many customers the notebook does not fit into the memory of a small machine."""
HEADINGS = ("customers", "orders", "", "wall s", "CPU s", "peak MB", "pipeline is: wall / CPU / memory")


def run(customers: int, notebook_upto: int = NOTEBOOK_UPTO) -> Finding:
    """All three sides at one size.  A side that fails or is killed is told in its row; the others are still compared."""
    root = prepare(customers)
    forget_results(root)
    progress.print("  hand SQL")
    sides = {"hand SQL": _side(root, "reference", memory_limit(customers))}
    progress.print("  pipeline")
    ours = measure(segmentation(root, "run"), root / "pipeline.log")
    made = {} if ours.failure else aggregates(root)
    if customers <= notebook_upto:
        progress.print("  notebook")
        sides["notebook"] = _side(root, "notebook")
    told = [made, *(outcome["aggregates"] for _, outcome in sides.values() if outcome)]
    orders = next((int(one["orders"]) for one in told if one), 0)
    head = [f"{customers:,}", f"{orders:,}"]
    rows = [[*head, "pipeline", *ours.cells, ours.failure or "1"]]
    grids = [] if ours.failure else [step_table("pipeline", customers, dearest_first(step_times(root), ours))]
    differ = [f"pipeline: {ours.failure}"] if ours.failure else []
    figures = {"rows": orders, "wall_seconds": ours.wall_seconds, "cpu_seconds": ours.cpu_seconds, "peak_mb": ours.peak_mb}
    for name, (cost, outcome) in sides.items():
        rows.append([*head, name, *_cells(cost, ours)])
        if outcome:
            grids.append(step_table(name, customers, list(outcome["steps"].items())))
        if outcome and made:
            differ += [f"{name}: {text}" for text in differences(outcome["aggregates"], made)]
            figures |= _figures(name.split()[-1].lower(), cost, ours)
    if customers > notebook_upto:
        rows.append([*head, "notebook", "", "", "", f"not run above {notebook_upto:,} customers"])
    return Finding("full", customers, [Grid("full run", HEADINGS, rows), *grids], figures, differ)


def _side(root: Path, program: str, *arguments: str) -> tuple[Cost, dict[str, Any]]:
    """What the program cost and told; nothing when it failed."""
    outcome = root / f"{program}.json"
    cost = measure(module(program, root, outcome, *arguments), root / f"{program}.log")
    return cost, {} if cost.failure else json.loads(outcome.read_text(encoding="utf-8"))


def _cells(theirs: Cost, ours: Cost) -> list[str]:
    if theirs.failure or ours.failure:
        return [*theirs.cells, theirs.failure]
    names = ("wall_seconds", "cpu_seconds", "peak_mb")
    return [*theirs.cells, " / ".join(f"{getattr(ours, name) / getattr(theirs, name):.2f}x" for name in names)]


def _figures(side: str, theirs: Cost, ours: Cost) -> dict[str, float]:
    """How many times the pipeline costs the other side's wall and CPU seconds."""
    return {
        f"wall_to_{side}": ours.wall_seconds / theirs.wall_seconds,
        f"cpu_to_{side}": ours.cpu_seconds / theirs.cpu_seconds,
    }


def dearest_first(times: StepTimes, cost: Cost) -> list[tuple[str, float]]:
    """The pipeline's wall seconds by step, dearest first, then what lies between and around them."""
    dearest = sorted(times.steps.items(), key=lambda step: -step[1])
    inside = sum(seconds for _, seconds in dearest)
    return [
        *dearest[:14],
        (f"{len(dearest[14:])} more steps", sum(seconds for _, seconds in dearest[14:])),
        ("between steps (Dagster)", times.run - inside),
        ("before and after (imports, configuration, summary)", cost.wall_seconds - times.run),
    ]


def step_table(side: str, customers: int, seconds_by_step: list[tuple[str, float]]) -> Grid:
    rows = [[name, f"{seconds:.2f}"] for name, seconds in seconds_by_step]
    return Grid(f"{side}, {customers:,} customers: wall seconds by step", ("step", "s"), rows)
