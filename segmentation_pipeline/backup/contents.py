"""What of a project's data goes into a backup: all that a run leaves, and nothing that is read by one or kept apart.

Belongs here: which files, and what they say of themselves.  Does not belong here: the archive's form.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from segmentation_pipeline.campaigns.audience_log import DELIVERED, REISSUED, SEALED, AudienceLog
from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.warehouse import open_warehouse
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.erasures import done_erasures
from segmentation_pipeline.publish.publication import days_published
from segmentation_pipeline.settings import Settings

_SQLITE = ".db"
_BESIDE_SQLITE = (".db-wal", ".db-shm", ".db-journal")
_WRITTEN_AT_START = "dagster.yaml"


@dataclass(frozen=True, slots=True)
class State:
    """What a warehouse has gone through: ``days`` that were published, the ``last_run`` by its fingerprint, ``erasures`` by
    number, and lists that were ``handed_over``."""

    days: tuple[date, ...]
    last_run: str
    erasures: tuple[str, ...]
    handed_over: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "days": [day.isoformat() for day in self.days]}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> State:
        days = tuple(date.fromisoformat(day) for day in found["days"])
        return cls(days, str(found["last_run"]), tuple(found["erasures"]), tuple(found["handed_over"]))


def places(settings: Settings) -> tuple[Path, ...]:
    """Files and folders that a backup has whole and a restore replaces whole, whether they are there or not."""
    warehouse = settings.warehouse
    return (
        warehouse,
        warehouse.with_name(f"{warehouse.name}.wal"),
        settings.published.parent,
        settings.audiences,
        settings.audience_log,
        settings.alerts,
        settings.landing,
        settings.dagster_home,
        settings.data_docs,
    )


def entries(settings: Settings, copies: Path) -> Iterator[tuple[str, Path]]:
    """Every folder and file to keep, by its name below ``data``, folders first; what an interrupted run left is left out.

    Dagster's databases, which the UI may write at any time, are copied to ``copies`` and given from there.
    """
    for place in places(settings):
        found = (place, *sorted(place.rglob("*"))) if place.is_dir() else (place,) if place.is_file() else ()
        for path in found:
            name = path.relative_to(settings.data).as_posix()
            left_out = path.name.endswith(_BESIDE_SQLITE) or path.name == _WRITTEN_AT_START or path.is_symlink()
            if left_out or any(part.startswith(".") for part in Path(name).parts):
                continue
            yield name, (_copied(path, copies / name) if path.suffix == _SQLITE and path.is_file() else path)


def state_of(settings: Settings, config: EngineConfig, wait_seconds: float, on_wait: Callable[[str], None]) -> State:
    """What the warehouse that lies there has gone through; the caller holds the writer lock.

    Raises ``UserError`` where it cannot be read, and ``WriterBusy``.
    """
    with closing(open_warehouse(settings, config, wait_seconds, on_wait)) as engine:
        days, erasures = sorted(days_published(engine)), sorted(done_erasures(engine))
        return State(tuple(days), _last_run(engine), tuple(erasures), tuple(handed_over(settings.audience_log)))


def secrets_in_use(settings: Settings) -> list[str]:
    """The names of the files in ``secrets``, which no backup holds."""
    return sorted(path.name for path in settings.secrets.iterdir() if path.is_file()) if settings.secrets.is_dir() else []


def check_engine(config: EngineConfig, command: str) -> None:
    """Raise ``UserError`` where the working store is no file."""
    if config.kind != "duckdb":
        raise UserError(
            f"'segmentation {command}' works on the DuckDB engine; on Spark copy the folder 'data' and engine.spark.warehouse "
            "by the means of your store while no run writes (docs/running.md)"
        )


def _last_run(engine: Engine) -> str:
    if not engine.has(tables.LAST_RUN):
        return ""
    return ",".join(sorted(str(row["fingerprint"]) for row in engine.rows(engine.table(tables.LAST_RUN))))


def handed_over(log: Path) -> list[str]:
    """The lists that a restore must not let be made again, each with what happened to it."""
    found = [event for event in AudienceLog(log).events() if event.event in (SEALED, DELIVERED, REISSUED)]
    return sorted({f"{one.campaign or 'all lists'} of {one.as_of} ({one.event}, version {one.version})" for one in found})


def _copied(path: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    shutil.copystat(path, target)
    return target
