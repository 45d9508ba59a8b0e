"""Alerts of what the command line runs: told when a run has ended, and never a reason for one to fail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg
from rich.console import Console
from rich.markup import escape

from segmentation_pipeline.alerts.catalog import channels_of
from segmentation_pipeline.assets.alerts import alerts_of, tell
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.settings import Settings


def tell_of_runs(settings: Settings, config: Config, run_ids: Iterable[str]) -> None:
    """Tell of runs that ended, and say what could not be told."""
    if not channels_of(config.pipeline.alerts):
        return
    instance = dg.DagsterInstance.get()
    try:
        runs = [run for run_id in run_ids if (run := instance.get_run_by_id(run_id))]
        alerts = [alert for run in runs for alert in alerts_of(instance, run, settings, config)]
        problems = tell(settings, config, alerts, datetime.now(UTC))
    except Exception as error:  # whatever it is, the run is as it is
        problems = [f"alerts could not be told: {type(error).__name__}"]
    for problem in problems:
        Console().print(f"[yellow]alert[/] {escape(problem)}", soft_wrap=True, highlight=False)
