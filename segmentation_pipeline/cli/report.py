"""``segmentation report``: the page of published tables, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    as_of: Annotated[
        str | None, typer.Option(help="Day to report on, YYYY-MM-DD, of those that were run. Default: the published one.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write. Default: report.html beside the publication, report_DAY.html of another day."),
    ] = None,
) -> None:
    """Make the report again from the published tables; needs no run, and waits for none."""
    from segmentation_pipeline.cli.given_day import given_day
    from segmentation_pipeline.engine.published import publication
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.report.write import write_report
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_project(settings)
    day = None if as_of is None else given_day(as_of, "--as-of")
    usual = settings.report if day is None else settings.report.with_name(f"report_{day}.html")
    written = write_report(publication(settings, config.pipeline.engine), config, out or usual, day)
    typer.echo(f"Done: {written.path} of {written.day}, {written.figures} figures, {written.size / 1000:,.0f} kB")
