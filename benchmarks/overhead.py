"""What the orchestrator costs: ``segmentation run`` beside the same steps called in plain Python."""

from __future__ import annotations

import json
import sys

from benchmarks.measured import CommandFailed, measure, module, pipeline, progress
from benchmarks.pipeline_run import step_times
from benchmarks.report import Finding, Grid
from benchmarks.workload import forget_results, prepare

TOTALS = ("customers", "", "wall s", "CPU s", "peak MB")
BY_STEP = ("step", "in Dagster s", "plain s", "overhead s")


def run(customers: int) -> Finding:
    """Total overhead is the difference of the two processes plus the import of Dagster, which the plain one needs too."""
    root = prepare(customers)
    forget_results(root)
    progress.print("  plain steps")
    plain = measure(module("steps_run", root, root / "steps.json"), root / "steps.log")
    if plain.failure:
        raise CommandFailed(f"plain steps: {plain.failure}; the output is in {root / 'steps.log'}")
    seconds: dict[str, float] = json.loads((root / "steps.json").read_text(encoding="utf-8"))
    forget_results(root)
    progress.print("  segmentation run")
    whole = pipeline(root)
    times = step_times(root)
    loading = measure([sys.executable, "-c", "import dagster"], root / "import.log")
    total = whole.wall_seconds - plain.wall_seconds + loading.wall_seconds
    cpu = whole.cpu_seconds - plain.cpu_seconds + loading.cpu_seconds
    size = f"{customers:,}"
    totals = [
        [size, "segmentation run", *whole.cells],
        [size, "plain steps", *plain.cells],
        [size, "of both: import of Dagster", *loading.cells],
        [size, "overhead", f"{total:.1f}", f"{cpu:.1f}", ""],
    ]
    inside = sum(times.steps.values())
    steps = [
        [name, f"{spent:.2f}", f"{seconds[name]:.2f}", f"{spent - seconds[name]:+.2f}"]
        for name, spent in sorted(times.steps.items(), key=lambda step: -(step[1] - seconds[step[0]]))
    ]
    steps.append(["all steps", f"{inside:.2f}", f"{sum(seconds.values()):.2f}", f"{inside - sum(seconds.values()):+.2f}"])
    steps.append(["between steps", f"{times.run - inside:.2f}", "", f"{times.run - inside:+.2f}"])
    grids = [Grid("overhead of the orchestrator", TOTALS, totals), Grid(f"overhead by step, {size} customers", BY_STEP, steps)]
    return Finding("overhead", customers, grids, {"overhead_seconds": total, "overhead_cpu_seconds": cpu})
