"""Run the daily job in this process and in the project's Dagster instance, telling its progress."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.api import execute_run
from dagster._core.storage.tags import MAX_RETRIES_TAG
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from segmentation_pipeline.assets.run_outcome import Outcome, is_interrupt, outcome_of
from segmentation_pipeline.assets.run_process import process_of, process_tag
from segmentation_pipeline.cli.code_location import remote_origin
from segmentation_pipeline.cli.stop_signal import StopSignal, watching
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.definitions import ACCEPT_SHRUNK_TAG, AUDIENCES_TAG, FULL_TAG, JOB, REISSUE_TAG, build_definitions
from segmentation_pipeline.settings import Settings

_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def execute(
    settings: Settings,
    config: Config,
    as_of: date,
    full: bool = False,
    each_table: bool = True,
    audiences: bool = True,
    accept_shrunk: tuple[str, ...] = (),
    reissue: tuple[str, ...] = (),
) -> Outcome:
    """Execute the job for ``as_of``; never raises for a failing step, the outcome tells.

    ``audiences``: False for the days of a backfill before its last.  ``reissue``: campaigns whose frozen list gets a new
    version.  ``each_table``: a line per table that was made, beside the moving progress.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    console = Console()
    instance = dg.DagsterInstance.get()
    definitions = build_definitions(settings, config, on_wait=lambda line: console.print(f"[yellow]{escape(line)}[/]"))
    job = definitions.resolve_job_def(JOB)
    wishes = {
        FULL_TAG: "true" if full else "",
        AUDIENCES_TAG: "" if audiences else "false",
        ACCEPT_SHRUNK_TAG: ",".join(accept_shrunk),
        REISSUE_TAG: ",".join(reissue),
    }
    run = instance.create_run_for_job(
        job,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        tags={
            **job.run_tags,
            **job.get_tags_for_partition_key(as_of.isoformat(), selected_asset_keys=None),
            **{tag: value for tag, value in wishes.items() if value},  # the UI shows tags, and empty ones hide what was asked
            MAX_RETRIES_TAG: "0",  # whoever started it here starts it again
        },
        remote_job_origin=remote_origin(JOB),
    )
    instance.add_run_tags(run.run_id, process_tag(run.run_id))
    started, success = time.monotonic(), False
    console.print(f"[bold]segmentation[/] {escape(settings.root.name)}, as of [bold]{as_of}[/]")
    total = len(list(definitions.resolve_asset_graph().get_all_asset_keys()))
    with watching() as signals:
        with (
            _telling(console, instance, run.run_id, total, each_table, signals),
            suppress(KeyboardInterrupt, DagsterExecutionInterruptedError),  # the signal tells
        ):
            success = execute_run(InMemoryJob(job), run, instance).success
        stopped = signals.received and not success
    outcome = outcome_of(instance, run.run_id, success=success)
    outcome.seconds, outcome.stopped = time.monotonic() - started, stopped
    if stopped and (ended := instance.get_run_by_id(run.run_id)) and ended.status is not dg.DagsterRunStatus.CANCELED:
        instance.report_run_canceled(ended, "Stopped by the person or the system that started it.")
    return outcome


@contextmanager
def _telling(
    console: Console, instance: dg.DagsterInstance, run_id: str, total: int, each_table: bool, signals: StopSignal
) -> Iterator[None]:
    """Show the progress of a run in this process, told by the instance as it stores each event; no step begins once stopped."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)

        def tell(entry: dg.EventLogEntry) -> None:
            event = entry.dagster_event
            if event is None:
                return
            if is_interrupt(event) and (run := instance.get_run_by_id(run_id)) is not None:
                instance.report_run_canceling(run)  # else it would end as a failure
            name = str(event.step_key).replace("__", ".")
            if event.event_type is dg.DagsterEventType.STEP_START:
                progress.update(task, description=name)
                if signals.received:
                    raise DagsterExecutionInterruptedError
            elif event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
                materialization = event.step_materialization_data.materialization
                rows = materialization.metadata["dagster/row_count"].value
                made = ".".join(materialization.asset_key.path)
                progress.advance(task)
                if each_table:
                    progress.console.print(f"  [green]made[/] {made:<40} {rows:>12,} rows", highlight=False)
            elif event.event_type is dg.DagsterEventType.STEP_FAILURE and not is_interrupt(event):
                progress.console.print(f"  [red]failed[/] {name}", highlight=False)

        instance.add_event_listener(run_id, tell)
        yield


def close_dead_runs(settings: Settings) -> list[str]:
    """Close runs whose process was killed, which would count as running for ever and hold up the queue; the ids of them."""
    instance, closed = dg.DagsterInstance.get(), []
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        run = record.dagster_run
        process = process_of(instance, run)
        if process and process.ended(record.start_time or time.time(), settings.writer_lock):
            instance.report_run_failed(run, f"Process {process.number} ended without finishing the run.")
            closed.append(run.run_id)
    return closed
