"""``segmentation records``: the records of processing, written from the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def records(
    out: Annotated[Path | None, typer.Option(help="Markdown file to write. Default: show it.")] = None,
) -> None:
    """Write the records of processing activities (GDPR article 30) from the configuration; needs no run."""
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.rights.records import records_of_processing
    from segmentation_pipeline.settings import Settings

    page = records_of_processing(load_config(Settings.find().config))
    if out is None:
        typer.echo(page, nl=False)
    else:
        out.write_text(page, encoding="utf-8")
        typer.echo(f"Done: {out}")
