"""``python -m benchmarks``: every question, or those named by ``--only``, and RESULTS.md from all answers there are."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    backfill,
    checks,
    daily,
    decision,
    engines,
    every_source,
    export,
    full,
    history,
    overhead,
    results_page,
    rights,
    sample,
    start,
)
from benchmarks.measured import HERE, CommandFailed, progress
from benchmarks.report import Finding, growth, keep, load, shown
from benchmarks.workload import work

console = Console(width=150, highlight=False)


class Part(StrEnum):
    FULL = "full"
    DAILY = "daily"
    GROWTH = "growth"
    CHECKS = "checks"
    OVERHEAD = "overhead"
    BACKFILL = "backfill"
    START = "start"
    ENGINES = "engines"
    SOURCES = "sources"
    RIGHTS = "rights"
    EXPORT = "export"
    DECISION = "decision"
    SAMPLE = "sample"


USUAL_SIZES = {
    Part.FULL: (100_000, 1_000_000),
    Part.DAILY: (2_000, 100_000, 1_000_000),
    Part.GROWTH: (100_000,),
    Part.CHECKS: (100_000, 1_000_000),
    Part.OVERHEAD: (100_000,),
    Part.BACKFILL: (10_000,),
    Part.START: (10_000,),
    Part.ENGINES: (100_000,),
    Part.SOURCES: (100_000, 1_000_000),
    Part.RIGHTS: (2_000, 100_000),
    Part.EXPORT: (100_000,),
    Part.DECISION: (100_000, 1_000_000),
    Part.SAMPLE: (sample.CUSTOMERS,),
}


def main(
    only: Annotated[str, typer.Option(help=f"Comma-separated parts of {', '.join(Part)}; left out: all.")] = "",
    customers: Annotated[list[int] | None, typer.Option(help="Size; give it once per size. Left out: the usual sizes.")] = None,
    notebook_upto: Annotated[int, typer.Option(help="Leave the notebook out above so many customers.")] = full.NOTEBOOK_UPTO,
    share: Annotated[list[float] | None, typer.Option(help="Daily: new orders as a share of all; once per share.")] = None,
    years: Annotated[list[int] | None, typer.Option(help="Growth: years of history; once per length.")] = None,
    days: Annotated[int, typer.Option(help="Backfill: number of days.")] = backfill.DAYS,
    record: Annotated[bool, typer.Option(help="Keep the findings in benchmarks/results and write RESULTS.md.")] = False,
) -> None:
    folder = HERE / "results" if record else work() / "results"
    runs: dict[Part, Callable[[int], Finding]] = {
        Part.FULL: lambda size: full.run(size, notebook_upto),
        Part.DAILY: lambda size: daily.run(size, share or daily.SHARES),
        Part.GROWTH: lambda size: history.run(size, years or history.YEARS),
        Part.CHECKS: checks.run,
        Part.OVERHEAD: overhead.run,
        Part.BACKFILL: lambda size: backfill.run(size, days),
        Part.START: start.run,
        Part.ENGINES: engines.run,
        Part.SOURCES: every_source.run,
        Part.RIGHTS: rights.run,
        Part.EXPORT: export.run,
        Part.DECISION: decision.run,
        Part.SAMPLE: sample.run,
    }
    bad: list[str] = []
    for part in _chosen(only):
        for size in customers or USUAL_SIZES[part]:
            bad += _one(part, size, runs[part], folder, record)
        for grid in growth(load(part, folder)):
            console.print(shown(grid))
    if not record:
        console.print(results_page.aims_shown(folder))
    if bad:
        console.print("[bold red]Not as it should be:[/]", *bad, sep="\n  ")
        raise typer.Exit(1)


def _chosen(only: str) -> list[Part]:
    """Raises ``typer.BadParameter`` for a part there is not."""
    try:
        return [Part(name.strip()) for name in only.split(",")] if only else list(Part)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; choose from {', '.join(Part)}") from None


def _one(part: Part, size: int, run: Callable[[int], Finding], folder: Path, record: bool) -> list[str]:
    """Run, show and keep one part at one size; what was wrong with it, in words.

    The other parts go on whatever happens to this one.
    """
    progress.print(f"[bold]{part}[/], {size:,} customers")
    try:
        finding = run(size)
    except CommandFailed as error:
        return [f"{part}, {size:,} customers: {error}"]
    for grid in finding.grids:
        console.print(shown(grid))
    keep(finding, folder)
    if record:
        results_page.write(folder)
    return [f"{part}, {size:,} customers: {difference}" for difference in finding.differences]


if __name__ == "__main__":
    typer.run(main)
