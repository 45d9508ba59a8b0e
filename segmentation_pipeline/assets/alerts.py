"""Runs that ended, as alerts; the command line and the sensor tell the same of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import dagster as dg

from segmentation_pipeline.alerts.alert import Alert, is_wanted
from segmentation_pipeline.alerts.catalog import channels_of
from segmentation_pipeline.alerts.of_run import failure, new_warnings
from segmentation_pipeline.alerts.outbox import send
from segmentation_pipeline.assets.run_outcome import outcome_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.published import publication
from segmentation_pipeline.settings import Settings


def alerts_of(instance: dg.DagsterInstance, run: dg.DagsterRun, settings: Settings, config: Config) -> list[Alert]:
    """What is to be told of a run that ended: of one that failed, why; of one that came through, warnings that are new."""
    project, day = settings.root.name, run.tags.get("dagster/partition", "")
    if run.status is dg.DagsterRunStatus.FAILURE:
        outcome = outcome_of(instance, run.run_id, success=False)
        told = failure(project, day, run.run_id, outcome.failed_checks, outcome.other_failures, published=outcome.published)
        return [told]
    if run.status is not dg.DagsterRunStatus.SUCCESS or not day:
        return []
    engine = config.pipeline.engine
    found = new_warnings(project, date.fromisoformat(day), publication(settings, engine), engine, settings.reading)
    return [found] if found else []


def tell(settings: Settings, config: Config, alerts: Sequence[Alert], now: datetime) -> list[str]:
    """Bring those that the project wants to be told by every way it has, once; what could not be brought, in words."""
    wanted = [alert for alert in alerts if is_wanted(alert, config.pipeline.alerts.events)]
    return send(settings.alerts, wanted, channels_of(config.pipeline.alerts), now)
