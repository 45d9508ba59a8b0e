"""Opening the working file while somebody reads it: the pipeline waits for a reader as it waits for a writer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import duckdb

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.lock import WriterBusy
from segmentation_pipeline.engine.warehouse_format import check_format, check_whole, is_of_another_duckdb, not_readable
from segmentation_pipeline.settings import Settings

_PAUSE_SECONDS = 0.5
_HELD = "Could not set lock on file"
_HOLDER = re.compile(r"held in (?P<program>.+?)(?: by user (?P<user>\S+))? \(PID (?P<pid>\d+)\)(?: by user (?P<owner>[^\s.]+))?")


def open_warehouse(settings: Settings, config: EngineConfig, wait_seconds: float, on_wait: Callable[[str], None]) -> DuckDBEngine:
    """The working file, for writing; close it.

    Another program that has the file open, if only to read, keeps everybody from writing: waits for it up to
    ``wait_seconds`` and tells ``on_wait`` once for which.

    Raises ``WriterBusy`` when the wait is over, and ``UnreadableWarehouse`` for a file that this program cannot go on from.
    """
    check_whole(settings)
    until, told = time.monotonic() + wait_seconds, False
    while True:
        try:
            engine = DuckDBEngine(settings.warehouse, config, settings.temp)
            try:
                check_format(engine, settings.warehouse)
            except BaseException:
                engine.close()
                raise
            return engine
        except duckdb.Error as error:
            if is_of_another_duckdb(str(error)):
                raise not_readable(settings.warehouse, str(error)) from None
            if _HELD not in str(error):
                raise
            holder = _holder(str(error))
        if time.monotonic() >= until:
            raise WriterBusy(
                f"{holder} still has {settings.warehouse} open after {wait_seconds:.0f} s, and nothing can be written while it "
                f"does. Close it there, then run again; to read, open {settings.published} or use 'segmentation quarantine' "
                "and 'segmentation explain'."
            )
        if not told:
            on_wait(f"{holder} has {settings.warehouse} open; waiting up to {wait_seconds:.0f} s for it to be closed")
            told = True
        time.sleep(min(_PAUSE_SECONDS, max(until - time.monotonic(), 0.01)))


def _holder(told: str) -> str:
    """Program, process and user as DuckDB tells them, which it does where the system does.

    >>> _holder('Conflicting lock is held in /usr/bin/duckdb (PID 12) by user ann. See also')
    '/usr/bin/duckdb (process 12, user ann)'
    >>> _holder('Conflicting lock is held in /usr/bin/duckdb (PID 12). However, you would')
    '/usr/bin/duckdb (process 12)'
    >>> _holder('Resource temporarily unavailable')
    'another program'
    """
    found = _HOLDER.search(told)
    if found is None:
        return "another program"
    user = found["user"] or found["owner"]
    return f"{found['program']} (process {found['pid']}{f', user {user}' if user else ''})"
