"""The project's own Dagster instance: where runs are kept, shared by CLI and UI."""

from __future__ import annotations

import json
import os
from pathlib import Path

from segmentation_pipeline.assets.run_history import check_form
from segmentation_pipeline.settings import HOME_VARIABLE, Settings

_DAGSTER_YAML = """\
# Written by segmentation; deleted and written again at each start.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 1}          # one writer: runs queue one at a time
# On a busy machine the start of a process takes minutes, and what asks for it may give up first: asked again, not failed.
run_queue: {max_user_code_failure_retries: 10, user_code_failure_retry_delay: 30}
code_servers: {local_startup_timeout: 900, reload_timeout: 900}
run_launcher: {module: segmentation_pipeline.cli.run_launcher, class: RunLauncher}
run_monitoring: {enabled: true, start_timeout_seconds: 1800, poll_interval_seconds: 30}
# A run that died or never began; what a step says of data or configuration does not heal by trying again.
run_retries: {enabled: true, max_retries: 2, retry_on_asset_or_op_failure: false}
compute_logs:                             # steps print nothing; capturing it would cost two processes each
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
event_log_storage:
  module: segmentation_pipeline.cli.event_log
  class: EventLog
  config: {base_dir: %s}
"""


_TIMEOUTS = {
    # How long the UI, the schedule and the queue wait for an answer of the process that has the definitions loaded.
    "DAGSTER_GRPC_TIMEOUT_SECONDS": "600",
    "DAGSTER_REPOSITORY_GRPC_TIMEOUT_SECONDS": "600",
    "DAGSTER_SCHEDULE_GRPC_TIMEOUT_SECONDS": "600",
    "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "600",
    "DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD": "60",  # else as long as the longest of them
}


def prepare(settings: Settings) -> Path:
    """Make the instance folder with its ``dagster.yaml`` and point this process to it, with time enough on a busy machine.

    Raises ``UserError`` where a later Dagster wrote the records in it.
    """
    home = settings.dagster_home
    check_form(home)
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    text = _DAGSTER_YAML % json.dumps(str(home / "history" / "runs"), ensure_ascii=False)
    if not config.is_file() or config.read_text(encoding="utf-8") != text:
        config.write_text(text, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ[HOME_VARIABLE] = str(settings.root)
    for name, seconds in _TIMEOUTS.items():
        os.environ.setdefault(name, seconds)
    return home
