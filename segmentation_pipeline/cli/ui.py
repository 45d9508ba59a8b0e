"""``segmentation ui``: the Dagster UI on the project's instance."""

from __future__ import annotations

from typing import Annotated

import typer


def ui(
    port: Annotated[int, typer.Option(help="Port of the UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI: assets, lineage, checks, runs, schedule and sensor."""
    import os
    import sys

    from segmentation_pipeline.cli import dagster_home
    from segmentation_pipeline.cli.code_location import MODULE
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    load_project(settings)  # a mistake is told here, not in a page of the UI
    dagster_home.prepare(settings)
    arguments = ["dagster", "dev", "-m", MODULE, "-h", host, "-p", str(port)]
    os.chdir(settings.root)
    os.execv(sys.executable, [sys.executable, "-m", *arguments])
