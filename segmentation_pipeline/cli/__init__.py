"""The command line: ``segmentation init | run | ui | check | explain | quarantine | forget | subject | records | report |
extract | generate | backup | restore | doctor | alerts | audience | model``.

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
    extract,
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

_EXIT_CODES = (
    "Exit codes: 0 done; 1 failed, or a mistake in configuration or arguments, which the message names; 2 an unknown command or "
    "option; 3 'audience verify' found somebody who objected or a changed file; 130 stopped. "
    "'segmentation COMMAND --help' ends with an example."
)

app = typer.Typer(
    name="segmentation",
    help="Customer segmentation: raw orders in, trusted segments and consented audiences out.",
    epilog=_EXIT_CODES,
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


app.command("init", epilog="Example: segmentation init shop --from orders_export_1.csv --timezone Europe/Berlin --yes")(init.init)
app.command("run", epilog="Example: segmentation run --as-of 2026-06-30")(run.run)
app.command("ui", epilog="Example: segmentation ui --port 3001")(ui.ui)
app.command("check", epilog="Example: segmentation check --impact")(check.check)
app.command("explain", epilog="Example: segmentation explain C001799")(explain.explain)
app.command("quarantine", epilog="Example: segmentation quarantine orders --rows 50")(quarantine.quarantine)
app.command("forget", epilog="Example: segmentation forget --email ann@example.com --dry-run")(forget.forget)
app.command("subject", epilog="Example: segmentation subject C001799 --out C001799.json")(subject.subject)
app.command("records", epilog="Example: segmentation records --out records.md")(records.records)
app.command("report", epilog="Example: segmentation report --as-of 2026-06-30")(report.report)
app.command("extract", epilog="Example: segmentation extract segment_profiles --out segment_profiles.csv")(extract.extract)
app.command("generate", epilog="Example: segmentation generate --customers 500 --out sample")(generate.generate)
app.command("backup", epilog="Example: segmentation backup --out /mnt/backup/shop.tar.gz")(backup.backup)
app.command("restore", epilog="Example: segmentation restore /mnt/backup/shop.tar.gz")(backup.restore)
app.command("doctor", epilog="Example: segmentation doctor --json")(doctor.doctor)
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
