"""What a run came to, read from Dagster's event log: the same for runs of the command line, the schedule and the UI."""

from __future__ import annotations

from dataclasses import dataclass, field

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

from segmentation_pipeline.assets.audience_lists import AUDIENCES_LEFT
from segmentation_pipeline.assets.raw import GONE, NOT_COMPARED
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.markdown import seen

INTERRUPTS = (KeyboardInterrupt.__name__, DagsterExecutionInterruptedError.__name__)
"""How the event log names that a person or the system stopped a run."""


@dataclass
class Outcome:
    """Rows by asset, the messages of what failed or warned, why audiences were left.

    ``errors`` are for the person at the terminal; ``failed_checks`` are those of them that a blocking check tells.
    ``other_failures`` are all others as they may leave the house: what is not told in our own words may quote data, and
    is named by its step and kind alone.
    """

    success: bool
    run_id: str
    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed_checks: list[str] = field(default_factory=list)
    other_failures: list[str] = field(default_factory=list)
    audiences_left: str | None = None
    stopped: bool = False

    @property
    def published(self) -> bool:
        return tables.PUBLICATION in self.rows


def outcome_of(instance: dg.DagsterInstance, run_id: str, *, success: bool) -> Outcome:
    """What the events of a run that has ended tell."""
    outcome = Outcome(success, run_id)
    for record in instance.all_logs(run_id):
        if record.dagster_event is not None:
            _note(outcome, record.dagster_event)
    return outcome


def is_interrupt(event: dg.DagsterEvent) -> bool:
    """Whether a step ended because it was stopped."""
    if event.event_type is not dg.DagsterEventType.STEP_FAILURE:
        return False
    error = event.step_failure_data.error
    return error is not None and any(name in INTERRUPTS for name in (error.cls_name, error.cause and error.cause.cls_name))


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
            if evaluation.blocking:
                outcome.failed_checks.append(message)
    elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
        _note_step(outcome, event)
    elif event.event_type is dg.DagsterEventType.RUN_FAILURE and not outcome.errors:
        _note_run(outcome, event)


def _note_step(outcome: Outcome, event: dg.DagsterEvent) -> None:
    failure, name = event.step_failure_data, str(event.step_key).replace("__", ".")
    if is_interrupt(event):
        outcome.stopped = True
    elif failure.user_failure_data is not None:
        outcome.errors.append(f"{name}: {failure.user_failure_data.description}")
        outcome.other_failures.append(outcome.errors[-1])
    elif failure.error is not None and "DagsterAssetCheckFailedError" not in failure.error.message:
        cause = failure.error.cause or failure.error
        outcome.errors.append(f"{name}: {cause.message.strip()}")
        outcome.other_failures.append(f"{name} failed by {cause.cls_name or 'an error'}; the UI tells more")


def _note_run(outcome: Outcome, event: dg.DagsterEvent) -> None:
    # A run that somebody else closed has a message alone.
    whole = event.job_failure_data.error if event.event_specific_data is not None else None
    cause = (whole.cause or whole) if whole else None
    if cause is not None and cause.cls_name in INTERRUPTS:
        outcome.stopped = True
        return
    if cause is None:
        told = safe = event.message or "the run failed"
    elif cause.cls_name == dg.Failure.__name__:  # a mistake in our own words, behind the name of the class
        told = safe = cause.message.strip().partition(": ")[2]
    else:
        told, safe = cause.message.strip(), f"the run failed by {cause.cls_name or 'an error'}; the UI tells more"
    outcome.errors.append(told)
    outcome.other_failures.append(safe)
