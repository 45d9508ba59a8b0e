"""The nightly run, everything included, beside the hand-written reference on the same files.

    python -m benchmarks.full_run --customers 100000 --customers 1000000 [--json FILE] [--record]

Needs Linux or macOS.  The figures of this machine are in ``RESULTS.md``.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.agreement import differences
from benchmarks.measured import Cost, measure
from benchmarks.pipeline_run import StepTimes, aggregates, step_times
from benchmarks.workload import HERE, forget_results, prepare

RESULTS = HERE / "RESULTS.md"
console = Console()


@dataclass(frozen=True, slots=True)
class Result:
    """Both sides at one size; ``differ`` is empty when they agree."""

    customers: int
    orders: int
    reference: Cost
    reference_steps: dict[str, float]
    pipeline: Cost
    pipeline_steps: StepTimes
    differ: list[str]
    load: float

    @property
    def ratios(self) -> tuple[float, float, float]:
        """Wall, CPU and memory of the pipeline over those of the reference."""
        ours, theirs = self.pipeline, self.reference
        return ours.wall_seconds / theirs.wall_seconds, ours.cpu_seconds / theirs.cpu_seconds, ours.peak_mb / theirs.peak_mb


def main(
    customers: Annotated[list[int], typer.Option(help="Number of customers; give it once per size.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    record: Annotated[bool, typer.Option(help="Write benchmarks/RESULTS.md.")] = False,
) -> None:
    results = [_run(size) for size in customers]
    console.print(_overview(results))
    for result in results:
        console.print(_breakdown(result))
    if json_file:
        json_file.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n", encoding="utf-8")
    if record:
        RESULTS.write_text(_markdown(results), encoding="utf-8")
        console.print(f"written: {RESULTS}")
    disagreeing = [f"{result.customers:,}: {difference}" for result in results for difference in result.differ]
    if disagreeing:
        console.print("[bold red]The two sides differ, so there is no ratio:[/]", *disagreeing, sep="\n  ")
        raise typer.Exit(1)


def _run(customers: int) -> Result:
    with console.status(f"{customers:,} customers: files"):
        root = prepare(customers)
        forget_results(root)
    outcome = root / "reference.json"
    with console.status(f"{customers:,} customers: reference"):
        command = [sys.executable, "-m", "benchmarks.reference", str(root), str(outcome)]
        reference = measure(command, root / "reference.log", HERE.parent)
    told: dict[str, Any] = json.loads(outcome.read_text(encoding="utf-8"))
    command = [str(Path(sys.executable).with_name("segmentation")), "--project", str(root), "run"]
    with console.status(f"{customers:,} customers: pipeline"):
        pipeline = measure(command, root / "pipeline.log", HERE.parent)
    made = aggregates(root)
    return Result(
        customers,
        told["aggregates"]["orders"],
        reference,
        told["steps"],
        pipeline,
        step_times(root),
        differences(told["aggregates"], made),
        round(os.getloadavg()[0], 1),
    )


def _rows(results: list[Result]) -> list[list[str]]:
    rows = []
    for result in results:
        head = [f"{result.customers:,}", f"{result.orders:,}"]
        ratio = "they differ" if result.differ else " / ".join(f"{value:.1f}" for value in result.ratios)
        for name, cost, shown in (("reference", result.reference, "1"), ("pipeline", result.pipeline, ratio)):
            rows.append([*head, name, f"{cost.wall_seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{cost.peak_mb:,.0f}", shown])
    return rows


_HEADINGS = ("customers", "orders", "", "wall s", "CPU s", "peak MB", "ratio wall / CPU / memory")


def _overview(results: list[Result]) -> Table:
    table = Table(title="full run")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == "" else "right")
    for row in _rows(results):
        table.add_row(*row)
    return table


def _parts(result: Result) -> list[tuple[str, float]]:
    """The pipeline's wall seconds by step, dearest first, then what lies between and around them."""
    steps = sorted(result.pipeline_steps.steps.items(), key=lambda step: -step[1])
    inside = sum(seconds for _, seconds in steps)
    return [
        *steps,
        ("between steps (Dagster)", result.pipeline_steps.run - inside),
        ("before and after (imports, configuration, summary)", result.pipeline.wall_seconds - result.pipeline_steps.run),
    ]


def _breakdown(result: Result) -> Table:
    table = Table(title=f"pipeline, {result.customers:,} customers: wall seconds by step")
    table.add_column("step")
    table.add_column("s", justify="right")
    for name, seconds in _parts(result):
        table.add_row(name, f"{seconds:.2f}")
    return table


def _markdown(results: list[Result]) -> str:
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    loads = ", ".join(f"{result.load}" for result in results)
    lines = [
        "# Full run, beside a hand-written reference",
        "",
        f"{machine}; {datetime.now(UTC).date()}; load average at the end of each size: {loads}",
        "(on a shared machine CPU seconds are steadier than wall seconds).",
        "Written by `python -m benchmarks.full_run --record`.",
        "",
        "The reference (`reference.py`) is one process of plain SQL, scipy and scikit-learn with the same sources,",
        "features, models, segmentations, campaigns, memory limit (1800 MB) and time zone (UTC).  It has no quarantine,",
        "checks, history, lineage, long segment table, pictures, docs or publication, and fits one number of clusters",
        "where the pipeline tries six.  It is plain rather than tuned: text stays text, every table is a stored one.",
        "",
        f"| {' | '.join(_HEADINGS)} |",
        "|" + "---|" * len(_HEADINGS),
        *(f"| {' | '.join(row)} |" for row in _rows(results)),
        "",
    ]
    for result in results:
        parts = _parts(result)
        lines += [f"## Pipeline, {result.customers:,} customers: wall seconds by step", "", "| step | s |", "|---|---|"]
        lines += [f"| {name} | {seconds:.2f} |" for name, seconds in [*parts[:12], *parts[-2:]]] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
