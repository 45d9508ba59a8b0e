"""A run whose process died is seen as dead, and no other; the project's instance tries it again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEventType, RunFailureReason
from dagster._core.launcher.base import WorkerStatus
from dagster._core.storage.tags import RUN_FAILURE_REASON_TAG, WILL_RETRY_TAG

from segmentation_pipeline.assets.run_process import PROCESS_TAG, RunProcess, process_of, process_tag
from segmentation_pipeline.cli.dagster_home import prepare
from segmentation_pipeline.cli.daily_job import close_dead_runs
from segmentation_pipeline.cli.run_launcher import RunLauncher
from segmentation_pipeline.engine import lock
from segmentation_pipeline.settings import Settings


@dg.job
def nothing() -> None:
    pass


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("DAGSTER_HOME", "SEGMENTATION_HOME"):
        monkeypatch.setenv(name, "")
    prepare(Settings(tmp_path))
    with dg.DagsterInstance.get() as instance:
        yield instance


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def started(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    run = instance.create_run_for_job(nothing, tags=tags)
    event = dg.DagsterEvent(DagsterEventType.RUN_START.value, "nothing")
    instance.report_dagster_event(event, run.run_id)
    found = instance.get_run_by_id(run.run_id)
    assert found is not None and found.status is dg.DagsterRunStatus.STARTED
    return found


HERE = socket.gethostname()


def test_a_process_counts_when_it_runs_and_is_no_younger_than_the_run(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"
    assert not RunProcess(HERE, os.getpid()).ended(time.time(), path)
    assert RunProcess(HERE, dead_process()).ended(time.time(), path)
    if Path("/proc/stat").exists():
        assert RunProcess(HERE, os.getpid()).ended(time.time() - 3_000_000, path), "its number was given to another since"


def test_a_process_of_another_machine_lives_while_the_lock_is_held(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "writer.lock", RunProcess("another", os.getpid())
    assert elsewhere.ended(time.time(), path)
    with lock.writer(path, "a run there", 0, pytest.fail):
        assert not elsewhere.ended(time.time(), path)
    assert elsewhere.ended(time.time(), path)


def test_a_run_executed_again_is_not_taken_for_the_process_of_the_first(instance: dg.DagsterInstance) -> None:
    first = started(instance)
    instance.add_run_tags(first.run_id, process_tag(first.run_id))
    again = started(instance, **process_tag(first.run_id))
    assert process_of(instance, instance.get_run_by_id(first.run_id)) == RunProcess(HERE, os.getpid())
    assert process_of(instance, again) is None


def test_runs_that_died_are_closed_and_those_that_live_or_have_not_begun_stay(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, alive, waiting = started(instance), started(instance), started(instance)
    instance.add_run_tags(dead.run_id, {PROCESS_TAG: f"{dead.run_id}|{HERE}|{dead_process()}"})
    instance.add_run_tags(alive.run_id, process_tag(alive.run_id))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").touch()
    launcher = instance.run_launcher
    assert isinstance(launcher, RunLauncher) and launcher.supports_check_run_worker_health
    runs = [instance.get_run_by_id(run.run_id) for run in (dead, alive, waiting)]
    seen = [launcher.check_run_worker_health(run).status for run in runs]
    assert seen == [WorkerStatus.FAILED, WorkerStatus.RUNNING, WorkerStatus.RUNNING]
    assert close_dead_runs(Settings(tmp_path)) == [dead.run_id]
    closed = instance.get_run_by_id(dead.run_id)
    assert closed.status is dg.DagsterRunStatus.FAILURE and close_dead_runs(Settings(tmp_path)) == []
    assert closed.tags[WILL_RETRY_TAG] == "true"


def test_what_a_step_says_is_not_tried_again_nor_what_a_person_started(instance: dg.DagsterInstance) -> None:
    step, person = started(instance), started(instance, **{"dagster/max_retries": "0"})
    instance.add_run_tags(step.run_id, {RUN_FAILURE_REASON_TAG: RunFailureReason.STEP_FAILURE.value})
    for run in (step, person):
        instance.report_run_failed(run)
        assert instance.get_run_by_id(run.run_id).tags[WILL_RETRY_TAG] == "false"
