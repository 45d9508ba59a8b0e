"""The instance a project writes waits on a busy machine, and tries again what may heal."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from segmentation_pipeline.cli.dagster_home import prepare
from segmentation_pipeline.cli.run_launcher import RunLauncher
from segmentation_pipeline.settings import Settings

TIMEOUT = "DAGSTER_GRPC_TIMEOUT_SECONDS"


def test_launches_and_runs_that_died_are_tried_again_and_steps_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "SEGMENTATION_HOME", TIMEOUT):
        monkeypatch.setenv(name, "")
    monkeypatch.delenv(TIMEOUT)
    prepare(Settings(tmp_path))
    assert os.environ[TIMEOUT] == "600"
    with dg.DagsterInstance.get() as instance:
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert (queue.max_concurrent_runs, queue.max_user_code_failure_retries, queue.user_code_failure_retry_delay) == (
            1,
            10,
            30,
        )
        assert instance.run_retries_enabled and instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_enabled and instance.run_monitoring_start_timeout_seconds == 1800
        assert instance.code_server_process_startup_timeout == 900
        assert isinstance(instance.run_launcher, RunLauncher)


def test_a_timeout_that_is_set_already_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "SEGMENTATION_HOME"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv(TIMEOUT, "30")
    prepare(Settings(tmp_path))
    assert os.environ[TIMEOUT] == "30"
