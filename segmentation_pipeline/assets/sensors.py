"""When runs happen: every night, and when source files change."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from segmentation_pipeline.alerts.catalog import channels_of
from segmentation_pipeline.alerts.lateness import late_publication
from segmentation_pipeline.assets.alerts import alerts_of, tell
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.published import publication
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.files import find_files
from segmentation_pipeline.ingest.lookups import lookup_files
from segmentation_pipeline.settings import Settings

_ENDED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS)
_OVERLAP = timedelta(minutes=3)
"""How far a look reaches back over the one before, for what was noted while that went on.  What was told is not told again."""


def yesterday(config: Config, now: datetime) -> str:
    """The last finished day in the business time zone."""
    return (now.astimezone(config.pipeline.business.zone) - timedelta(days=1)).date().isoformat()


def daily_schedule(job: dg.UnresolvedAssetJobDefinition, config: Config) -> dg.ScheduleDefinition:
    """Every day at ``run.hour:run.minute`` for the day before."""
    run = config.pipeline.run

    @dg.schedule(
        name="daily_schedule",
        job=job,
        cron_schedule=f"{run.minute} {run.hour} * * *",
        execution_timezone=config.pipeline.business.timezone,
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = yesterday(config, context.scheduled_execution_time)
        return dg.RunRequest(run_key=day, partition_key=day)

    return daily


def new_files_sensor(job: dg.UnresolvedAssetJobDefinition, settings: Settings, config: Config) -> dg.SensorDefinition:
    """A run for the last finished day (or the configured ``run.as_of``) when files came, changed or went.

    Looks at names, sizes and times only; what is read again is decided by content.  Starts when a
    person switches it on; the state it finds then is the baseline.
    """

    @dg.sensor(name="new_files", job=job, minimum_interval_seconds=60, description="Runs when source files come, change or go.")
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            seen = _state(settings, config)
        except UserError as error:
            return dg.SkipReason(str(error))
        if context.cursor == seen:
            return dg.SkipReason("no file changed")
        if context.cursor is None:
            context.update_cursor(seen)
            return dg.SkipReason("watching from now on")
        chosen = config.pipeline.run.as_of
        day = chosen.isoformat() if chosen else yesterday(config, datetime.now(UTC))
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"{day}:{seen}", partition_key=day)], cursor=seen)

    return new_files


def alert_sensors(settings: Settings, config: Config) -> list[dg.SensorDefinition]:
    """Where alerts are configured: every minute, of runs that ended and of a publication that is late."""
    if not channels_of(config.pipeline.alerts):
        return []

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of runs that failed, checks that stopped one, new warnings and a publication that is late; each once.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now, pipeline = datetime.now(UTC), config.pipeline
        since = datetime.fromisoformat(context.cursor) if context.cursor else now
        ended = context.instance.get_runs(dg.RunsFilter(statuses=list(_ENDED), updated_after=since - _OVERLAP))
        final = [run for run in ended if not _may_be_tried_again(context.instance, run)]
        found = [alert for run in final for alert in alerts_of(context.instance, run, settings, config)]
        if late := late_publication(settings.root.name, pipeline, publication(settings, pipeline.engine), now):
            found.append(late)
        problems = tell(settings, config, found, now)
        context.update_cursor(now.isoformat())
        return dg.SkipReason("; ".join(problems) or "all is told")

    return [alerts]


def _may_be_tried_again(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run that failed is tried again, or that is not decided yet, which follows within moments."""
    decided = "" if instance.run_retries_enabled else "false"
    return run.status is dg.DagsterRunStatus.FAILURE and run.tags.get(WILL_RETRY_TAG, decided) != "false"


def _state(settings: Settings, config: Config) -> str:
    digest = hashlib.sha256()
    for name, source in sorted(config.sources.items()):
        # What lies elsewhere is looked at by the runs themselves.
        files = find_files(settings.root, name, source.patterns, source.format) if source.patterns else []
        for lookup, second in source.lookup.items():
            files += lookup_files(settings.root, name, lookup, second)
        for file in files:
            stat = file.path.stat()
            digest.update(f"{file.name}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
