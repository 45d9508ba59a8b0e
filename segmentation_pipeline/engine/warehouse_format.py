"""Which form of working store a program can go on from: one of another release is told with what to do, never half read.

The form is a number, raised where a release keeps something that the one before would misread, or cannot read what it kept.
Tables that are made anew by each run do not count: a changed program makes them again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.published import opened_publication
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings

FORMAT = 1
OLDEST = 1
"""The earliest form that is still read; stores without a mark are of this one."""
_OTHER_DUCKDB = re.compile(
    r"database file with version|not a valid DuckDB database file|newer (version|storage)|Corrupt database"
)
_SCHEMA = {"format": "int64", "version": "string"}
_ANEW = (
    "Or begin anew: move {path} to a safe place and run 'segmentation run'. All is made again from the files but what only "
    "it held: earlier days of segments, models that were promoted, contacts of lists that are no longer in data/audiences."
)


class UnreadableWarehouse(UserError):
    """The working store is of another release, or damaged."""


def check_format(engine: Engine, path: Path | str) -> None:
    """Mark a store that has no mark yet.

    Raises ``UnreadableWarehouse`` for one that an earlier or later release made in a form this program does not read.
    """
    if not engine.has(tables.WAREHOUSE_FORMAT):
        mark: dict[str, list[object]] = {"format": [FORMAT], "version": [version("segmentation-pipeline")]}
        engine.write(tables.WAREHOUSE_FORMAT, engine.memtable(mark, _SCHEMA))
        return
    [found] = engine.rows(engine.table(tables.WAREHOUSE_FORMAT))
    _check(found, path)


def _check(found: Mapping[str, Any], path: Path | str) -> None:
    if OLDEST <= int(found["format"]) <= FORMAT:
        return
    is_later = int(found["format"]) > FORMAT
    cure = (
        f"Install segmentation-pipeline {found['version']} or later, or restore a backup of before ('segmentation restore FILE')."
        if is_later
        else f"Go on with segmentation-pipeline {found['version']}. {_ANEW.format(path=path)}"
    )
    raise UnreadableWarehouse(
        f"{path} was made by segmentation {found['version']} in {'a later' if is_later else 'an earlier'} form "
        f"({found['format']}) than this program reads ({OLDEST} to {FORMAT}); nothing was changed. {cure}"
    )


def stored_format(path: Path) -> tuple[int, str] | None:
    """The form of the file at ``path`` and the release that began it, read without writing; None where it bears no mark.

    Raises ``UnreadableWarehouse``, and ``UserError`` where another program has it open or it may not be read.
    """
    try:
        with opened_publication(path, tables.WAREHOUSE_FORMAT.split(".")[0]) as opened:
            if tables.WAREHOUSE_FORMAT.split(".")[1] not in opened.names:
                return None
            [found] = opened.select(f"FROM {tables.WAREHOUSE_FORMAT}")
    except duckdb.Error as error:
        if is_of_another_duckdb(str(error)):
            raise not_readable(path, str(error)) from None
        raise UserError(f"{path} cannot be looked into now: {str(error).splitlines()[0]}") from None
    _check(found, path)
    return int(found["format"]), str(found["version"])


def is_of_another_duckdb(told: str) -> bool:
    """Whether what DuckDB says of a file is that it is of another version or damaged."""
    return bool(_OTHER_DUCKDB.search(told))


def not_readable(path: Path, told: str) -> UnreadableWarehouse:
    """What to do with a file that DuckDB does not take, in words."""
    anew = _ANEW.format(path=path)
    return UnreadableWarehouse(
        f"DuckDB cannot read {path}: {told.splitlines()[0].rstrip('.!')}. It was written by a later DuckDB (install the versions "
        f"of constraints.txt that made it), or is damaged: restore a backup ('segmentation restore FILE'). {anew}"
    )


def check_whole(settings: Settings) -> None:
    """Raise ``UnreadableWarehouse`` where a restore was interrupted: what lies there is of two days."""
    if settings.restoring.exists():
        archive = settings.restoring.read_text(encoding="utf-8").strip()
        raise UnreadableWarehouse(
            f"a restore was interrupted, and {settings.data} is half of before and half of the backup: run 'segmentation restore "
            f"{archive}' again."
        )
