"""``segmentation subject``: everything held about a person, in one file for the person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def subject(
    customer: Annotated[str, typer.Argument(help="The customer_id, as in any source.")],
    out: Annotated[Path, typer.Option(help="JSON file to write; readable by its owner alone.")],
) -> None:
    """Write everything held about a person: rows with file and row, purposes, recipients, scores with their logic."""
    import json

    from rich.console import Console
    from rich.markup import escape

    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.warehouse import open_warehouse
    from segmentation_pipeline.errors import UserError
    from segmentation_pipeline.privacy.tombstones import write_private
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.rights.subject import subject as held_about
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_config(settings.config)
    if config.pipeline.engine.kind != "duckdb":
        raise UserError(
            "'segmentation subject' works on the DuckDB engine; on Spark read the tables of the warehouse by customer_id"
        )
    if not settings.warehouse.is_file():
        raise UserError(f"nothing is held yet: {settings.warehouse} does not exist. Run 'segmentation run' first.")
    console, wait = Console(), config.pipeline.run.wait_for_writer_seconds
    with lock.writer(settings.writer_lock, "subject", wait, console.print):
        engine = open_warehouse(settings, config.pipeline.engine, wait, console.print)
        try:
            found = held_about(engine, settings, config, customer)
        finally:
            engine.close()
    write_private(out, json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    console.print(
        f"[green]Done[/]: {escape(str(out))} holds personal data: give it to the person alone, and delete it.", soft_wrap=True
    )
