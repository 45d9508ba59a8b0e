"""Dagster's event log with connections that stay open."""

from __future__ import annotations

import os
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy.pool import NullPool

_MOST_OPEN = 8


@dataclass(frozen=True, slots=True)
class _Open:
    connection: sa.Connection
    file: int

    @property
    def changes(self) -> int:
        driver: Any = self.connection.connection.driver_connection
        return int(driver.total_changes)


class EventLog(SqliteEventLogStorage):
    """The event log as Dagster keeps it in SQLite, a file for each run and one for all, written by one connection each.

    Dagster's own opens, writes, checkpoints and closes a file for every event: of a small run's time more than anything it
    computes.  Here a connection stays open until eight others were needed since; what is written is the same, at
    once visible to other processes, and survives a process that is killed (after a loss of power the last events may be
    missing).
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._opened: OrderedDict[str, _Open] = OrderedDict()
        weakref.finalize(self, _close_all, self._opened)
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> EventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            opened = self._of(shard)
            before = opened.changes
            try:
                with opened.connection.begin():
                    yield opened.connection
            except BaseException:
                self._close(shard)
                raise
            if opened.changes != before:
                # The UI waits for the file to change; what is written stands beside it until a checkpoint.
                os.utime(self.path_for_shard(shard))

    def _of(self, shard: str) -> _Open:
        path = Path(self.path_for_shard(shard))
        opened = self._opened.get(shard)
        if opened is not None and path.exists() and path.stat().st_ino == opened.file:
            self._opened.move_to_end(shard)
            return opened
        self._close(shard)
        engine = sa.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=NullPool,
            # Used by one thread at a time, though not always by the same.
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        if shard not in self._initialized_dbs or not path.exists():
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        connection = engine.connect()
        connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
        connection.commit()
        self._opened[shard] = _Open(connection, path.stat().st_ino)
        if len(self._opened) > _MOST_OPEN:
            self._close(next(iter(self._opened)))
        return self._opened[shard]

    def _close(self, shard: str) -> None:
        if (opened := self._opened.pop(shard, None)) is not None:
            opened.connection.close()

    def wipe(self) -> None:
        with self._db_lock:
            _close_all(self._opened)
        super().wipe()

    def dispose(self) -> None:
        with self._db_lock:
            _close_all(self._opened)
        super().dispose()


def _close_all(opened: OrderedDict[str, _Open]) -> None:
    """The last connection of a file writes it whole, so that nothing lies beside it when the process has ended."""
    while opened:
        opened.popitem()[1].connection.close()
