"""Dagster's own launcher, which besides can tell whether the process of a run is still there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus

from segmentation_pipeline.assets.run_process import process_of
from segmentation_pipeline.settings import Settings


class RunLauncher(DefaultRunLauncher):
    """A run that died while nobody watched (the machine restarted, the UI was stopped) would stand as running for ever, and
    as runs queue one at a time no night would start after it.  With this Dagster's monitor closes it, and it is tried again.
    """

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> RunLauncher:
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        process = process_of(self._instance, run)
        if process is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)  # it has not begun; how long that may take is limited elsewhere
        record = self._instance.get_run_record_by_id(run.run_id)
        began = record.start_time if record is not None and record.start_time else time.time()
        if process.ended(began, Settings.find().writer_lock):
            return CheckRunHealthResult(WorkerStatus.FAILED, f"Process {process.number} ended without finishing the run.")
        return CheckRunHealthResult(WorkerStatus.RUNNING)
