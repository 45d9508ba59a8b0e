"""A backup is made: under the writer lock, of what no file and no configuration gives again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path

from segmentation_pipeline.backup.archive import ENDING, remove_unfinished, write_archive
from segmentation_pipeline.backup.contents import check_engine, entries, secrets_in_use, state_of
from segmentation_pipeline.campaigns.atomic_folder import recover_all
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings

_NAMED_BY = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written: the file, its bytes, the last published day in it (None: none), and the ``secrets`` it lacks."""

    path: Path
    size: int
    day: date | None
    secrets: tuple[str, ...]


def usual_path(settings: Settings, made_at: datetime) -> Path:
    """Where a backup goes when no file is named: ``backups`` beside ``data``."""
    return settings.backups / f"{settings.root.name}-{made_at.strftime(_NAMED_BY)}{ENDING}"


def back_up(settings: Settings, config: Config, path: Path, made_at: datetime, on_wait: Callable[[str], None]) -> Backup:
    """Write a backup to ``path``, in place of one that is there.  The caller holds the writer lock.

    Raises ``UserError`` where there is nothing to back up, the engine is not DuckDB, or ``path`` is no place for it.
    """
    check_engine(config.pipeline.engine, "backup")
    if not path.name.endswith(ENDING):
        raise UserError(f"--out {path}: expected a name that ends in {ENDING}")
    if settings.data in path.resolve().parents:
        raise UserError(f"--out {path}: lies in {settings.data}, with which it would be lost. Choose a place outside it.")
    if not settings.warehouse.is_file():
        raise UserError(f"nothing to back up yet: {settings.warehouse} does not exist. Run 'segmentation run' first.")
    recover_all(settings.audiences)
    state = state_of(settings, config.pipeline.engine, config.pipeline.run.wait_for_writer_seconds, on_wait)
    secrets = secrets_in_use(settings)
    told = {
        "version": version("segmentation-pipeline"),
        "project": settings.root.name,
        "made_at": made_at.isoformat(timespec="seconds"),
        "as_of": max(state.days).isoformat() if state.days else None,
        "state": state.as_json(),
        "secrets": secrets,
    }
    remove_unfinished(settings.backups)
    settings.temp.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.temp) as copies:
        size = write_archive(path, told, entries(settings, Path(copies)))
    return Backup(path, size, max(state.days, default=None), tuple(secrets))
