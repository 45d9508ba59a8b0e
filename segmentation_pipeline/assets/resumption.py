"""A run of some steps goes on from what the others left: of its own day, and of what was corrected since.

From a failure Dagster plans the steps that failed and what follows them, and takes the others for made.  They are, if files,
configuration, program and day are those the failed run began with, and nobody wrote in between.  Else they are made again
first.  Any other run of some steps, such as a job of a part of the graph, takes what the others left for its day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import dagster as dg
from dagster._core.storage.tags import ASSET_RESUME_RETRY_TAG, RESUME_RETRY_TAG

from segmentation_pipeline.assets.table_asset import Step, asset_results, op_name, run_step
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.run_context import RunContext


class Resumption:
    """What is asked before each step of the graph: whether steps that this run leaves out are to be made first."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps

    def __call__(self, context: dg.AssetExecutionContext, run: RunContext) -> None:
        """Make them, before the first step of a run that goes on from a failure.

        Raises ``dagster.Failure`` where a check of them fails that stops what depends on it, and before the first step of any
        other run where what it goes on from is of another day.
        """
        if run.resumed:
            return
        if {RESUME_RETRY_TAG, ASSET_RESUME_RETRY_TAG} & context.run.tags.keys():
            self._make_what_is_left_out(context, run)
        else:
            self._check_day_of_what_is_left_out(context, run)
        run.resumed = True  # only now: a step that is tried again asks again

    def _left_out(self, context: dg.AssetExecutionContext) -> list[Step]:
        planned = set(context.get_step_execution_context().execution_plan.step_keys_to_execute)
        return [step for step in in_order(self._steps) if op_name(step) not in planned]

    def _check_day_of_what_is_left_out(self, context: dg.AssetExecutionContext, run: RunContext) -> None:
        left_out = {table for step in self._left_out(context) for table in step.assets}
        run.partial = bool(left_out)
        read = {dep for step in self._steps if left_out.isdisjoint(step.assets) for dep in step.deps} & left_out
        for table in sorted(read):
            if (day := run.made_on(table)) != run.as_of:
                made = f"was last made for {day}" if day else "was not made yet by this version"
                raise dg.Failure(
                    f"{table}, on which this run rests and which it does not make, {made}, and the run is for {run.as_of}. "
                    f"Run the job 'daily' for {run.as_of} first{f', or choose {day}' if day else ''}.",
                    allow_retries=False,
                )

    def _make_what_is_left_out(self, context: dg.AssetExecutionContext, run: RunContext) -> None:
        left_out = self._left_out(context)
        fetched = [step for step in left_out if step.table in {tables.landing(source) for source in run.config.sources}]
        for step in fetched:  # what databases and buckets hold now decides whether anything changed
            _make(step, context, run)
        if run.goes_on_from(context.run.parent_run_id):
            return
        context.log.info("files, configuration or program changed since the failed run: all is made again")
        for step in left_out:
            if step not in fetched:
                _make(step, context, run)


def _make(step: Step, context: dg.AssetExecutionContext, run: RunContext) -> None:
    made, results = run_step(step, run)
    for materialized in asset_results(step, made, results):
        checks = list(materialized.check_results or ())
        assert materialized.asset_key is not None
        context.log_event(
            dg.AssetMaterialization(materialized.asset_key, metadata=materialized.metadata, partition=context.partition_key)
        )
        if failed := [c for c in checks if not c.passed and c.severity is dg.AssetCheckSeverity.ERROR]:
            raise dg.Failure(description="\n".join(c.description or "" for c in failed), allow_retries=False)


def in_order(steps: Iterable[Step]) -> Iterator[Step]:
    """Each step after those it comes after, else in the order given."""
    waiting = list(steps)
    unmade = {table for step in waiting for table in step.assets}
    while waiting:
        step = next(step for step in waiting if not _depends_on(step, unmade))
        waiting.remove(step)
        unmade -= set(step.assets)
        yield step


def _depends_on(step: Step, unmade: Collection[str]) -> bool:
    return any(dep in unmade and dep not in step.assets for dep in step.deps)
