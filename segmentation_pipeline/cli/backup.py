"""``segmentation backup`` and ``segmentation restore``: what files and configuration do not give again, out and in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from segmentation_pipeline.backup.restore import Restored
    from segmentation_pipeline.config.schema import Config
    from segmentation_pipeline.settings import Settings


def backup(
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write, NAME.tar.gz; one that is there is replaced. Default: a new one in the folder 'backups'."
        ),
    ] = None,
) -> None:
    """Write one archive of what files and configuration do not give again: the warehouse with its history, lists, logs,
    publication, landed copies and the history of runs.

    Not in it: config/, your source files, and secrets/, which is to be kept apart.
    """
    from datetime import UTC, datetime

    from rich.console import Console

    from segmentation_pipeline.backup.backup import back_up, usual_path
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.settings import Settings

    settings, console = Settings.find(), Console()
    config = load_config(settings.config)
    made_at = datetime.now(UTC)
    wait = config.pipeline.run.wait_for_writer_seconds
    with lock.writer(settings.writer_lock, "backup", wait, console.print), private_files():
        made = back_up(settings, config, out or usual_path(settings, made_at), made_at, console.print)
    day = f"up to {made.day}" if made.day else "before any publication"
    typer.echo(f"Done: {made.path}, {made.size / 1e6:,.1f} MB, {day}. It holds personal data and is readable by you alone.")
    if made.secrets:
        typer.echo(
            f"Not in it: {settings.secrets} ({', '.join(made.secrets)}). Back it up apart: without it nothing can be restored."
        )


def restore(
    file: Annotated[Path, typer.Argument(help="An archive that 'segmentation backup' wrote.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also where the project has days, runs or lists that the backup lacks: they are lost.")
    ] = False,
) -> None:
    """Bring back what a backup holds, into the same project or one with the same configuration; the hashes of all files are
    checked first. People erased since the backup are erased again.
    """
    from rich.console import Console

    from segmentation_pipeline.backup.restore import restore as bring_back
    from segmentation_pipeline.engine import lock
    from segmentation_pipeline.engine.file_modes import private_files
    from segmentation_pipeline.project.configuration import load_config
    from segmentation_pipeline.settings import Settings

    settings, console = Settings.find(), Console()
    config = load_config(settings.config)

    def tell(line: str) -> None:
        console.print(line, soft_wrap=True, highlight=False, markup=False)

    wait = config.pipeline.run.wait_for_writer_seconds
    with lock.writer(settings.writer_lock, "restore", wait, tell), private_files():
        found = bring_back(settings, config, file, tell, force=force)
        is_erased = _erase_again(settings, config, found, tell)
    typer.echo(f"Done: {found.files:,} files as of {found.as_of or 'before any publication'}, backed up at {found.made_at}.")
    if not is_erased:
        typer.echo("An erasure made since is not complete: run 'segmentation forget --resume'; until then no run starts.")
        raise typer.Exit(1)
    typer.echo("The next run goes on from there.")


def _erase_again(settings: Settings, config: Config, found: Restored, tell: Callable[[str], None]) -> bool:
    """Carry out what the backup lacks; whether it is complete."""
    if not found.erasures:
        return True
    from segmentation_pipeline.rights.forget import resume

    count = len(found.erasures)
    tell(f"{count} {'erasure was' if count == 1 else 'erasures were'} made after the backup: erasing again")
    outcome = resume(settings, config, rewrite_files=False, tell=tell)
    return outcome is None or outcome.complete
