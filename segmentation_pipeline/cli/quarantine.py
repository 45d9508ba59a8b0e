"""``segmentation quarantine``: the rows of a source that the last run refused, without anybody's data."""

from __future__ import annotations

from typing import Annotated

import typer


def quarantine(
    source: Annotated[str, typer.Argument(help="A source of sources.yaml.")],
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows to list, by file and row.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON instead, for other programs.")] = False,
) -> None:
    """List refused rows: file, row, every reason, and the values at fault. What may be personal is told by its shape."""
    import json
    from contextlib import closing
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from segmentation_pipeline.config.diagnostics import did_you_mean
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files
    from segmentation_pipeline.engine.open import open_engine
    from segmentation_pipeline.errors import UserError
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.quality.quarantined import refused_rows
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    config = load_config(settings.config)
    if source not in config.sources:
        hint = did_you_mean(source, config.sources)
        raise UserError(f"no source '{source}'{f'; {hint}' if hint else ''}. Configured: {', '.join(config.sources)}")
    if config.pipeline.engine.kind == "duckdb" and not settings.warehouse.is_file():
        raise UserError(f"nothing is held yet: {settings.warehouse} does not exist. Run 'segmentation run' first.")
    console, say, wait = Console(), Console(stderr=True).print, config.pipeline.run.wait_for_writer_seconds
    with (
        lock.writer(settings.writer_lock, "quarantine", wait, say),
        private_files(),
        closing(open_engine(settings, config.pipeline.engine, wait, say)) as engine,
    ):
        refused = refused_rows(engine, config, source, rows)
    if as_json:
        typer.echo(json.dumps(asdict(refused), default=str, indent=2, ensure_ascii=False))
        return
    if not refused.total:
        console.print(f"[green]none[/]: every row of source {escape(source)} was taken in.")
        return
    console.print(escape(f"{refused.total:,} rows of source '{source}' are refused: {refused.why}"), soft_wrap=True)
    table = Table("file", "row", "reasons", "value")
    for row in refused.first:
        values = ", ".join(f"{name} {value}" for name, value in row.values.items())
        table.add_row(escape(row.file), str(row.row), escape("\n".join(row.reasons)), escape(values))
    console.print(table)
    if refused.total > len(refused.first):
        console.print(f"the first {len(refused.first)} of {refused.total:,}; --rows lists more")
