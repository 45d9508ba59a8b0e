"""Run the daily job in this process and in the project's Dagster instance, telling its progress."""

from __future__ import annotations

import os
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from segmentation_pipeline.assets.audience_lists import AUDIENCES_LEFT
from segmentation_pipeline.assets.raw import GONE, NOT_COMPARED
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.definitions import ACCEPT_SHRUNK_TAG, AUDIENCES_TAG, FULL_TAG, JOB, REISSUE_TAG, build_definitions
from segmentation_pipeline.markdown import seen
from segmentation_pipeline.settings import Settings

_PROCESS_TAG = "segmentation/pid"


@dataclass
class Outcome:
    """What a run came to: rows by asset, the messages of what failed or warned, why audiences were left."""

    success: bool
    run_id: str
    seconds: float
    rows: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    audiences_left: str | None = None


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
    _close_dead_runs(instance)
    definitions = build_definitions(settings, config, on_wait=lambda line: console.print(f"[yellow]{escape(line)}[/]"))
    job = definitions.resolve_job_def(JOB)
    run_id = str(uuid.uuid4())
    started = time.monotonic()
    finished: list[dg.ExecuteInProcessResult] = []

    def work() -> None:
        finished.append(
            job.execute_in_process(
                instance=instance,
                partition_key=as_of.isoformat(),
                run_id=run_id,
                raise_on_error=False,
                tags={
                    _PROCESS_TAG: str(os.getpid()),
                    FULL_TAG: str(full).lower(),
                    AUDIENCES_TAG: str(audiences).lower(),
                    ACCEPT_SHRUNK_TAG: ",".join(accept_shrunk),
                    REISSUE_TAG: ",".join(reissue),
                },
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        )

    worker = threading.Thread(target=work, name="daily-job", daemon=True)
    console.print(f"[bold]segmentation[/] {escape(settings.root.name)}, as of [bold]{as_of}[/]")
    total = len(list(definitions.resolve_asset_graph().get_all_asset_keys()))
    with _telling(console, instance, run_id, total, each_table):
        worker.start()
        worker.join()
    outcome = Outcome(success=bool(finished and finished[0].success), run_id=run_id, seconds=time.monotonic() - started)
    for event in _events(instance, run_id):
        _note(outcome, event)
    if not finished:
        outcome.errors.append("the run ended without a result; see the log above")
    return outcome


@contextmanager
def _telling(console: Console, instance: dg.DagsterInstance, run_id: str, total: int, each_table: bool) -> Iterator[None]:
    """Show the progress of a run in this process, told by the instance as it stores each event."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)

        def tell(entry: dg.EventLogEntry) -> None:
            event = entry.dagster_event
            if event is None:
                return
            name = str(event.step_key).replace("__", ".")
            if event.event_type is dg.DagsterEventType.STEP_START:
                progress.update(task, description=name)
            elif event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
                materialization = event.step_materialization_data.materialization
                rows = materialization.metadata["dagster/row_count"].value
                made = ".".join(materialization.asset_key.path)
                progress.advance(task)
                if each_table:
                    progress.console.print(f"  [green]made[/] {made:<40} {rows:>12,} rows", highlight=False)
            elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
                progress.console.print(f"  [red]failed[/] {name}", highlight=False)

        instance.add_event_listener(run_id, tell)
        yield


def _events(instance: dg.DagsterInstance, run_id: str) -> Iterator[dg.DagsterEvent]:
    for record in instance.all_logs(run_id):
        if record.dagster_event is not None:
            yield record.dagster_event


def _note(outcome: Outcome, event: dg.DagsterEvent) -> None:
    if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
        materialization = event.step_materialization_data.materialization
        rows = materialization.metadata.get("dagster/row_count")
        outcome.rows[".".join(materialization.asset_key.path)] = int(str(rows.value)) if rows else 0
        for told in (NOT_COMPARED, GONE):
            if said := materialization.metadata.get(told):
                outcome.warnings.append(f"{told}: {said.value}")
        if left := materialization.metadata.get(AUDIENCES_LEFT):
            outcome.audiences_left = str(left.value)
    elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        evaluation = event.asset_check_evaluation_data
        if not evaluation.passed:
            message = seen(evaluation.description or "") or evaluation.check_name
            (outcome.errors if evaluation.blocking else outcome.warnings).append(message)
    elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
        failure = event.step_failure_data
        name = str(event.step_key).replace("__", ".")
        if failure.user_failure_data is not None:
            outcome.errors.append(f"{name}: {failure.user_failure_data.description}")
        elif failure.error is not None and "DagsterAssetCheckFailedError" not in failure.error.message:
            cause = failure.error.cause or failure.error
            outcome.errors.append(f"{name}: {cause.message.strip()}")
    elif event.event_type is dg.DagsterEventType.RUN_FAILURE and not outcome.errors:
        whole = event.job_failure_data.error
        outcome.errors.append((whole.cause or whole).message.strip() if whole else "the run failed")


def _close_dead_runs(instance: dg.DagsterInstance) -> None:
    """Runs of a CLI process that was killed would count as running for ever and hold up the queue."""
    alive = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=alive)):
        process = run.tags.get(_PROCESS_TAG)
        if process and not _runs(int(process)):
            instance.report_run_failed(run, f"process {process} ended without finishing the run")


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()
