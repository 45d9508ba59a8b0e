"""The event log holds its connections and is, for everybody else, Dagster's own."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.events import DagsterEventType, EngineEventData, StepMaterializationData
from dagster._core.storage.event_log import SqliteEventLogStorage

from segmentation_pipeline.cli.dagster_home import prepare
from segmentation_pipeline.cli.event_log import EventLog
from segmentation_pipeline.settings import Settings


def entry(run: str, message: str) -> dg.EventLogEntry:
    event = dg.DagsterEvent(DagsterEventType.ENGINE_EVENT.value, "daily", message=message, event_specific_data=EngineEventData())
    return dg.EventLogEntry(None, 10, message, run, time.time(), dagster_event=event)


DAY = "2026-06-30"


def made(asset: str, version: str) -> dg.EventLogEntry:
    """A table was made for ``DAY``, with its data version."""
    result = dg.AssetMaterialization(asset, partition=DAY, tags={DATA_VERSION_TAG: version})
    event = dg.DagsterEvent(
        DagsterEventType.ASSET_MATERIALIZATION.value, "daily", event_specific_data=StepMaterializationData(result)
    )
    return dg.EventLogEntry(None, 10, version, "a", time.time(), dagster_event=event)


def last_of(log: SqliteEventLogStorage, *assets: str) -> dict[str, tuple[str | None, str | None]]:
    """The run's message of the last time each table was made, and the data version of its day."""
    keys = [dg.AssetKey(asset) for asset in assets]
    records = {record.asset_entry.asset_key: record.asset_entry for record in log.get_asset_records(keys)}
    told = {}
    for asset, key in zip(assets, keys, strict=True):
        last = records[key].last_materialization_record if key in records else None
        tags = log.get_latest_tags_by_partition(key, DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION_TAG], [DAY])
        told[asset] = (last and last.event_log_entry.user_message, tags.get(DAY, {}).get(DATA_VERSION_TAG))
    return told


def messages(log: SqliteEventLogStorage, run: str) -> list[str]:
    return [found.user_message for found in log.get_logs_for_run(run)]


def test_what_is_stored_is_at_once_seen_by_others_and_by_dagsters_own_log(tmp_path: Path) -> None:
    log, other = EventLog(str(tmp_path)), SqliteEventLogStorage(str(tmp_path))
    for number in range(3):
        log.store_event(entry("a", str(number)))
        assert messages(other, "a") == messages(log, "a") == [str(past) for past in range(number + 1)]
    other.store_event(entry("a", "theirs"))
    assert messages(log, "a")[-1] == "theirs"


def test_who_watches_a_run_is_told_of_each_event_and_not_of_its_own_reading(tmp_path: Path) -> None:
    log, watcher = EventLog(str(tmp_path)), EventLog(str(tmp_path))
    log.store_event(entry("a", "first"))
    told: list[str] = []
    second = threading.Event()

    def tell(found: dg.EventLogEntry, cursor: str) -> None:
        told.append(found.user_message)
        if len(told) == 2:
            second.set()

    watcher.watch("a", None, tell)
    try:
        log.store_event(entry("a", "second"))
        assert second.wait(20), told
        before = (tmp_path / "a.db").stat().st_mtime_ns
        assert messages(watcher, "a") == ["first", "second"]
        assert (tmp_path / "a.db").stat().st_mtime_ns == before
    finally:
        watcher.end_watch("a", tell)
        watcher.dispose()


def test_a_killed_process_loses_no_event(tmp_path: Path) -> None:
    code = f"""
import os
from segmentation_pipeline.cli.event_log import EventLog
from segmentation_pipeline_tests.cli.test_event_log import entry
log = EventLog({str(tmp_path)!r})
for number in range(20):
    log.store_event(entry("a", str(number)))
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    assert messages(EventLog(str(tmp_path)), "a") == [str(number) for number in range(20)]


def test_nothing_lies_beside_the_files_once_a_process_has_ended(tmp_path: Path) -> None:
    code = f"""
from segmentation_pipeline.cli.event_log import EventLog
from segmentation_pipeline_tests.cli.test_event_log import entry
log = EventLog({str(tmp_path)!r})
log.store_event(entry("a", "one"))
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "index.db"]


def test_the_files_of_many_runs_are_not_all_held_open(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    runs = [f"run{number}" for number in range(30)]
    for run in runs:
        log.store_event(entry(run, run))
    assert len(list(tmp_path.glob("*-wal"))) <= 9
    assert [messages(log, run) for run in runs] == [[run] for run in runs]


def test_a_history_that_was_wiped_or_deleted_starts_anew(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    log.store_event(entry("a", "before"))
    log.wipe()
    log.store_event(entry("a", "after"))
    assert messages(log, "a") == ["after"]
    for path in tmp_path.glob("a.db*"):
        path.unlink()
    log.store_event(entry("a", "again"))
    assert messages(log, "a") == ["again"]


def test_an_error_inside_leaves_nothing_half_written(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    log.store_event(entry("a", "kept"))
    try:
        with log.run_connection("a") as connection:
            connection.execute(log.prepare_insert_event(entry("a", "lost")))
            raise RuntimeError
    except RuntimeError:
        pass
    assert messages(log, "a") == ["kept"]


def test_what_is_known_of_a_table_follows_whoever_makes_or_wipes_it(tmp_path: Path) -> None:
    log, other = EventLog(str(tmp_path)), SqliteEventLogStorage(str(tmp_path))
    assert last_of(log, "orders", "items") == {"orders": (None, None), "items": (None, None)}
    for writer, asset, version in ((log, "orders", "1"), (log, "items", "2"), (log, "orders", "3"), (other, "items", "4")):
        writer.store_event(made(asset, version))
        assert last_of(log, asset) == {asset: (version, version)}
        assert last_of(log, "orders", "items") == last_of(other, "orders", "items")
    other.wipe_asset(dg.AssetKey("items"))
    log.wipe_asset(dg.AssetKey("orders"))
    assert last_of(log, "orders", "items") == {"orders": (None, None), "items": (None, None)}


def test_what_is_known_of_a_table_is_asked_once_while_others_are_made(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    log.store_event(made("orders", "1"))
    before = last_of(log, "orders")
    [record] = log.get_asset_records([dg.AssetKey("orders")])
    log.store_event(made("items", "2"))
    log.store_event(entry("a", "of no table"))
    assert last_of(log, "orders") == before
    assert log.get_asset_records([dg.AssetKey("orders")])[0] is record


def test_the_projects_instance_uses_it_and_reads_what_dagsters_own_wrote(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("SEGMENTATION_HOME", "")
    home = prepare(Settings(tmp_path / 'with "quotes" and: colons'))
    runs = home / "history" / "runs"
    runs.mkdir(parents=True)
    SqliteEventLogStorage(str(runs)).store_event(entry("a", "old"))
    with dg.DagsterInstance.get() as instance:
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        assert messages(log, "a") == ["old"]
