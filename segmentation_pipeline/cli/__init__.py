"""The command line: ``segmentation init | run | ui | check | explain | quarantine | forget | subject | records | report |
generate | backup | restore | doctor | alerts | audience | model``.

One file per command; heavy libraries are imported when a command needs them, so that help and
mistakes answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from segmentation_pipeline.cli import (
    alerts,
    audience,
    backup,
    check,
    doctor,
    explain,
    forget,
    generate,
    init,
    model,
    quarantine,
    records,
    report,
    run,
    subject,
    ui,
)
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import HOME_VARIABLE

app = typer.Typer(
    name="segmentation",
    help="Customer segmentation: raw orders in, trusted segments and consented audiences out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"segmentation {version('segmentation-pipeline')}")
        raise typer.Exit


@app.callback()
def _project(
    project: Annotated[
        Path | None, typer.Option(help="Folder that holds config/ and data/ (default: the one you are in).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    if project is not None:
        os.environ[HOME_VARIABLE] = str(project.resolve())


app.command("init")(init.init)
app.command("run")(run.run)
app.command("ui")(ui.ui)
app.command("check")(check.check)
app.command("explain")(explain.explain)
app.command("quarantine")(quarantine.quarantine)
app.command("forget")(forget.forget)
app.command("subject")(subject.subject)
app.command("records")(records.records)
app.command("report")(report.report)
app.command("generate")(generate.generate)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.doctor)
app.add_typer(alerts.app, name="alerts")
app.add_typer(audience.app, name="audience")
app.add_typer(model.app, name="model")


def main() -> None:
    """Entry point: a person's mistake ends in its message and exit code 1, never in a traceback."""
    # Nearly all a command makes stays until it ends; by default Python looks for garbage every 700 objects.
    gc.set_threshold(100_000, 50, 100)
    try:
        app()
    except UserError as error:
        from rich.console import Console
        from rich.markup import escape

        Console(stderr=True).print(f"[bold red]Error[/]: {escape(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(run.STOPPED)
