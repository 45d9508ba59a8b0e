"""How well every model does on data it has not seen, in one table.

    python -m benchmarks.exam [--only generated,cdnow,journey,value,uplift,affinity,change] [--engine duckdb] [--markdown]

Each is held against its baseline and, on generated data, against the best there can be: whoever made the customers knows how
often each kind buys and leaves, what a message does to each and when each clicks, and nobody can foretell more than that tells.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.exam import affinity, cdnow, generated, journey, unusual_change, uplift, value
from benchmarks.exam.row import HEADINGS, Row
from benchmarks.exam.working_engine import opened
from benchmarks.measured import progress
from benchmarks.report import Grid, machine, markdown, shown
from segmentation_pipeline.engine.base import Engine

WHOLE_RUNS: Mapping[str, Callable[[str], list[Row]]] = {
    "generated": generated.rows,
    "cdnow": cdnow.rows,
    "journey": journey.rows,
}
"""Parts that run a project on the engine and read what it published."""
ON_ENGINE: Mapping[str, Callable[[Engine], list[Row]]] = {
    "value": value.rows,
    "uplift": uplift.rows,
    "affinity": affinity.rows,
    "change": unusual_change.rows,
}
"""Parts that call a model by itself.  Uplift is learnt, and models of value are fitted, in NumPy, the same on both engines: there
the engine counts histories, scores and assigns groups."""
ALL = ",".join((*WHOLE_RUNS, *ON_ENGINE))


def examined(only: str, engine: str) -> Grid:
    """The rows of the parts named in ``only``, with commas between them; runs of projects first."""
    named, found = only.split(","), []
    for name in (each for each in named if each in WHOLE_RUNS):
        progress.print(f"  {name}")
        found += WHOLE_RUNS[name](engine)
    if alone := [each for each in named if each in ON_ENGINE]:
        with opened(engine) as working:  # once: Spark opened again in a process writes where it did before
            for name in alone:
                progress.print(f"  {name}")
                found += ON_ENGINE[name](working)
    return Grid(f"every model on data it has not seen, on {engine}", HEADINGS, [row.cells for row in found])


def main(
    only: Annotated[str, typer.Option(help=ALL)] = ALL,
    engine: Annotated[str, typer.Option(help="duckdb or spark")] = "duckdb",
    as_markdown: Annotated[bool, typer.Option("--markdown", help="as docs/models.md has it")] = False,
) -> None:
    if unknown := [name for name in only.split(",") if name not in ALL.split(",")]:
        raise typer.BadParameter(f"no part is called {', '.join(unknown)}; there are {ALL}", param_hint="--only")
    grid = examined(only, engine)
    if as_markdown:
        typer.echo("\n".join(markdown(grid)))
    else:
        Console(width=250, highlight=False).print(shown(grid))
    typer.echo(f"{datetime.now(UTC).date()}, load {os.getloadavg()[0]:.1f}; {machine()}.")


if __name__ == "__main__":
    typer.run(main)
