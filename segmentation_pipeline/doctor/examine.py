"""The whole examination, in the order in which a person would go about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from segmentation_pipeline.doctor import files, machine, runs
from segmentation_pipeline.doctor.finding import Finding, ok
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.settings import Settings


def examine(settings: Settings, variables: Mapping[str, str], now: datetime) -> Iterator[Finding]:
    """Every finding, good ones too.  Takes no lock, opens no connection and reads no rows.

    ``variables`` are those of the environment, ``now`` has a time zone.
    """
    yield from machine.installation()
    writing, busy = runs.writer(settings, now)
    try:
        config = load_config(settings.config)
    except UserError as problem:
        yield runs.configuration(problem)
    else:
        counts = f"{len(config.sources)} sources, {len(config.segmentations)} segmentations, {len(config.campaigns)} campaigns"
        yield ok("configuration", f"{settings.config}: {counts}")
        yield from files.environment(config, variables)
        found, total = files.sources(settings, config, now)
        yield from found
        yield machine.disk(settings, total)
        yield machine.memory(config.pipeline)
        yield machine.clock(settings, config.pipeline, now)
        yield runs.published(settings, config, now)
        yield runs.alerts(settings, config)
        yield from runs.destinations(config)
        if config.pipeline.engine.kind == "duckdb":
            yield files.warehouse(settings, busy=busy)
    yield writing
    yield runs.last_run(settings)
    yield from files.permissions(settings)
    yield runs.dagster_home(settings, variables)
