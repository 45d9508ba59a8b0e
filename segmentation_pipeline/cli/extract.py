"""``segmentation extract``: a published table as CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def extract(
    table: Annotated[str, typer.Argument(help="A published table.")],
    out: Annotated[Path, typer.Option(help="File to write: its ending, .csv or .parquet, says how.")],
) -> None:
    """Write a published table to a file that spreadsheets open right; needs no run, and waits for none."""
    from segmentation_pipeline.engine.published import publication
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.publish.extract import extract as extract_table
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_config(settings.config).pipeline.engine
    rows = extract_table(publication(settings, config), config, settings.reading, table, out)
    typer.echo(f"Done: {out}, {rows:,} rows")
