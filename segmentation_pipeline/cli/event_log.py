"""Dagster's event log with connections that stay open."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy.pool import NullPool

_MOST_OPEN = 8
_RECORD = "record"


@dataclass(slots=True)
class _Open:
    """A connection, and what was read of each asset by it: remembered until somebody writes of the asset."""

    connection: sa.Connection
    file: int
    _answers: dict[dg.AssetKey, dict[Hashable, Any]] = field(default_factory=dict)
    _version: int = 0

    @property
    def _driver(self) -> Any:
        return self.connection.connection.driver_connection

    @property
    def changes(self) -> int:
        return int(self._driver.total_changes)

    def answers(self, asset: dg.AssetKey) -> dict[Hashable, Any]:
        """What is known of an asset by question; SQLite's version of the data tells whether another connection wrote."""
        [version] = self._driver.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._answers.clear()
            self._version = version
        return self._answers.setdefault(asset, {})

    def forget(self, assets: Collection[dg.AssetKey] | None) -> None:
        """Forget what was read of ``assets``, of all where None."""
        for asset in list(self._answers) if assets is None else assets:
            self._answers.pop(asset, None)


class EventLog(SqliteEventLogStorage):
    """The event log as Dagster keeps it in SQLite, a file for each run and one for all, written by one connection each.

    Dagster's own opens, writes, checkpoints and closes a file for every event: of a small run's time more than anything it
    computes.  Here a connection stays open until eight others were needed since; what is written is the same, at
    once visible to other processes, and survives a process that is killed (after a loss of power the last events may be
    missing).

    Before each step Dagster asks for the last event of everything it reads, and its data version: the same of a table
    for each step that reads it.  That is asked once, and again when the table was made anew or another process wrote.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._opened: OrderedDict[str, _Open] = OrderedDict()
        self._writing = threading.local()
        self._there: set[tuple[str, ...]] = set()
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
                opened.forget(getattr(self._writing, "about", None))
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

    # ------------------------------------------------------------ read once

    def store_event(self, event: dg.EventLogEntry) -> None:
        asset = event.dagster_event.asset_key if event.dagster_event else None
        self._writing.about = () if asset is None else (asset,)
        try:
            super().store_event(event)
        finally:
            self._writing.about = None

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[AssetRecord]:
        if asset_keys is None:
            return super().get_asset_records()
        answers = {asset: self._answers(asset) for asset in asset_keys}
        if unknown := [asset for asset, known in answers.items() if _RECORD not in known]:
            found = {record.asset_entry.asset_key: record for record in super().get_asset_records(unknown)}
            for asset in unknown:
                answers[asset][_RECORD] = found.get(asset)
        return [known[_RECORD] for known in answers.values() if known[_RECORD] is not None]

    def get_latest_tags_by_partition(
        self,
        asset_key: dg.AssetKey,
        event_type: dg.DagsterEventType,
        tag_keys: Sequence[str],
        asset_partitions: Sequence[str] | None = None,
        before_cursor: int | None = None,
        after_cursor: int | None = None,
    ) -> Mapping[str, Mapping[str, str]]:
        partitions = None if asset_partitions is None else tuple(asset_partitions)
        question = (event_type, tuple(tag_keys), partitions, before_cursor, after_cursor)
        known = self._answers(asset_key)
        if question not in known:
            known[question] = super().get_latest_tags_by_partition(asset_key, *question)
        found: Mapping[str, Mapping[str, str]] = known[question]
        return found

    def _answers(self, asset: dg.AssetKey) -> dict[Hashable, Any]:
        with self._db_lock:
            return self._of(INDEX_SHARD_NAME).answers(asset)

    # What the files have they keep: Dagster adds tables and columns, and takes none away.

    def has_table(self, table_name: str) -> bool:
        if (table_name,) not in self._there and super().has_table(table_name):
            self._there.add((table_name,))
        return (table_name,) in self._there

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        column = ("asset_keys", column_name)
        if column not in self._there and super()._has_asset_key_col_on_connection(conn, column_name):
            self._there.add(column)
        return column in self._there

    # ------------------------------------------------------------ closed

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
