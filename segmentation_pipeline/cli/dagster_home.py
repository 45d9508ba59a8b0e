"""The project's own Dagster instance: where runs are kept, shared by CLI and UI."""

from __future__ import annotations

import json
import os
from pathlib import Path

from segmentation_pipeline.settings import HOME_VARIABLE, Settings

_DAGSTER_YAML = """\
# Written by segmentation; deleted and written again at each start.
telemetry: {enabled: false}
nux: {enabled: false}
concurrency:
  runs: {max_concurrent_runs: 1}          # one writer: runs queue one at a time
run_monitoring: {enabled: true, start_timeout_seconds: 300}
compute_logs:                             # steps print nothing; capturing it would cost two processes each
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
event_log_storage:
  module: segmentation_pipeline.cli.event_log
  class: EventLog
  config: {base_dir: %s}
"""


def prepare(settings: Settings) -> Path:
    """Make the instance folder with its ``dagster.yaml`` and point this process to it."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    text = _DAGSTER_YAML % json.dumps(str(home / "history" / "runs"), ensure_ascii=False)
    if not config.is_file() or config.read_text(encoding="utf-8") != text:
        config.write_text(text, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ[HOME_VARIABLE] = str(settings.root)
    return home
