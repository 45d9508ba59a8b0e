"""What a finished pipeline run made and how long its steps took, from its publication and Dagster's event log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from segmentation_pipeline.cli import dagster_home
from segmentation_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Wall seconds by step, in the order they ran, and of the run from its first event to its last."""

    steps: dict[str, float]
    run: float


def step_times(root: Path) -> StepTimes:
    """Of the newest run in the project's Dagster instance."""
    dagster_home.prepare(Settings(root))
    with dg.DagsterInstance.get() as instance:
        [run] = instance.get_runs(limit=1)
        logs = instance.all_logs(run.run_id)
    started: dict[str, float] = {}
    steps: dict[str, float] = {}
    for entry in logs:
        event = entry.dagster_event
        if event is None or event.step_key is None:
            continue
        if event.event_type is dg.DagsterEventType.STEP_START:
            started[event.step_key] = entry.timestamp
        elif event.event_type is dg.DagsterEventType.STEP_SUCCESS:
            steps[event.step_key.replace("__", ".")] = entry.timestamp - started[event.step_key]
    return StepTimes(steps, logs[-1].timestamp - logs[0].timestamp)


def aggregates(root: Path) -> dict[str, Any]:
    """The figures both sides must agree on, as ``reference.py`` tells them."""
    with duckdb.connect(str(Settings(root).published), read_only=True) as con:
        customers, orders, revenue = con.execute(
            "SELECT count(*), sum(frequency), sum(monetary) FROM customer_profile"
        ).fetchall()[0]
        rfm = con.execute(
            "SELECT rfm_segment, count(*) FROM customer_profile WHERE frequency > 0 GROUP BY 1 ORDER BY 1"
        ).fetchall()
        sizes = con.execute("SELECT campaign, count(*) FROM campaign_audiences GROUP BY 1").fetchall()
    return {
        "customers": customers,
        "orders": int(orders),
        "net_revenue": str(revenue),
        "rfm": dict(rfm),
        "audiences": dict(sizes),
    }
