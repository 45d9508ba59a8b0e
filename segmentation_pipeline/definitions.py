"""The whole assembly: a project's configuration in, Dagster definitions out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

import dagster as dg
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.storage.tags import RETRY_STRATEGY_TAG

from segmentation_pipeline.assets import (
    audience_fairness,
    campaigns,
    clean,
    destinations,
    features,
    identity,
    landing,
    measurement,
    models,
    privacy,
    published,
    raw,
    recommendations,
    report,
    segments,
    survey,
)
from segmentation_pipeline.assets.resumption import Resumption
from segmentation_pipeline.assets.run_process import PROCESS_TAG, process_tag
from segmentation_pipeline.assets.sensors import alert_sensors, daily_schedule, new_files_sensor
from segmentation_pipeline.assets.table_asset import Step, table_asset, wired
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.run_context import RunContext, open_run
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.table_contracts import contracts

JOB = "daily"
SEGMENTS_JOB = "segments_and_campaigns"
FULL_TAG = "segmentation/full"
"""A run with this tag set to ``true`` makes everything anew, whatever the last run left."""
ACCEPT_SHRUNK_TAG = "segmentation/accept_shrunk"
"""Sources, comma-separated, or ``all``: a run with this tag accepts that they lost rows, files or opt-outs."""

AUDIENCES_TAG = "segmentation/audiences"
"""A run with this tag set to ``false`` makes segments and history and leaves audiences as they are."""

REISSUE_TAG = "segmentation/reissue"
"""Campaigns, comma-separated: a run with this tag writes a new version of their frozen lists of its day."""


def all_steps(config: Config) -> list[Step]:
    """Every step of the graph, in the order of the story."""
    people = (landing, raw, clean, identity, privacy, features, models, recommendations, survey, segments)
    rooms = (*people, campaigns, audience_fairness, measurement, published, report, destinations)
    return wired([step for room in rooms for step in room.steps(config)], contracts(config), checks_for(config))


def build_definitions(settings: Settings, config: Config, on_wait: Callable[[str], None] | None = None) -> dg.Definitions:
    """Assets, checks, jobs, schedule and sensors of one project."""
    # A published table older than a day and a bit means that a nightly run did not come through.
    freshness = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30), warn_window=timedelta(hours=26))
    steps = all_steps(config)
    before = Resumption(steps)
    assets = [table_asset(step, config, before, freshness if step.table == tables.PUBLICATION else None) for step in steps]
    # A run that died is tried again whole: files may have come since, and what is made of the same is soon made again.
    again = {RETRY_STRATEGY_TAG: ReexecutionStrategy.ALL_STEPS.value}
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), description="Everything, for one as_of day.", tags=again)
    afterwards = dg.define_asset_job(
        SEGMENTS_JOB,
        selection=dg.AssetSelection.groups("segments", "campaigns"),
        description="Segments, campaigns and the day's lists alone, from the features and scores of the last run and for its "
        "day: to look at a changed rule or campaign. Publishes nothing; the next daily run makes everything anew.",
        tags=again,
    )
    return dg.Definitions(
        assets=assets,
        jobs=[job, afterwards],
        schedules=[daily_schedule(job, config)],
        sensors=[new_files_sensor(job, settings, config), *alert_sensors(settings, config)],
        executor=dg.in_process_executor,
        resources={"run_context": dg.ResourceDefinition(_run_context(settings, config, on_wait))},
    )


def _run_context(
    settings: Settings, config: Config, on_wait: Callable[[str], None] | None
) -> Callable[[dg.InitResourceContext], object]:
    @contextmanager
    def make(context: dg.InitResourceContext) -> Iterator[RunContext]:
        run = context.run
        assert run is not None
        as_of = date.fromisoformat(run.tags["dagster/partition"])
        if context.instance is not None and run.tags.get(PROCESS_TAG) != process_tag(run.run_id)[PROCESS_TAG]:
            context.instance.add_run_tags(run.run_id, process_tag(run.run_id))
        tell = on_wait or (context.log.info if context.log else print)
        full = run.tags.get(FULL_TAG) == "true"
        audiences = run.tags.get(AUDIENCES_TAG) != "false"
        accepted, reissued = (_names(run.tags.get(tag, "")) for tag in (ACCEPT_SHRUNK_TAG, REISSUE_TAG))
        with ExitStack() as held:
            try:
                opened = held.enter_context(
                    open_run(settings, config, as_of, run.run_id, tell, full, audiences, accepted, reissued)
                )
            except UserError as error:
                raise dg.Failure(description=str(error), allow_retries=False) from error
            yield opened

    return make


def _names(listed: str) -> frozenset[str]:
    return frozenset(name.strip() for name in listed.split(",") if name.strip())


@dg.definitions
def defs() -> dg.Definitions:
    settings = Settings.find()
    return build_definitions(settings, load_project(settings))
