"""``segmentation generate``: a sample shop with known truth, small or large."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def generate(
    out: Annotated[Path, typer.Option(help="Folder the files go to.")],
    customers: Annotated[int, typer.Option(min=1, help="Number of customers; about ten orders each.")] = 2000,
    seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
    sources: Annotated[str, typer.Option(help="core (what the sample has), all, or names of sources, comma-separated.")] = "core",
) -> None:
    """Write a sample of a made-up retailer: CSV up to 20,000 customers, Parquet above."""
    from rich.console import Console
    from rich.markup import escape

    from segmentation_pipeline.demo.generate import generate as write_sample
    from segmentation_pipeline.demo.layout import CORE, LAYOUTS

    named = {"core": CORE, "all": tuple(LAYOUTS)}.get(sources) or tuple(name.strip() for name in sources.split(","))
    try:
        report = write_sample(customers, seed, out, sources=named)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    console = Console()
    for file, rows in report.rows.items():
        console.print(f"  {file:<32} {rows:>12,} rows", highlight=False)
    console.print(f"[green]Done[/]: sample of {customers:,} customers in {escape(str(out))}", highlight=False)
