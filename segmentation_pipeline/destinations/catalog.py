"""The kinds of destinations there are, and those a project has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from segmentation_pipeline.alerts.catalog import alerts_model
from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, DestinationsConfig, PipelineConfig
from segmentation_pipeline.config.schema.composed import with_field, with_kinds
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.destinations.destination import Destination
from segmentation_pipeline.destinations.object_store import ObjectStoreDestination
from segmentation_pipeline.destinations.postgres import PostgresDestination
from segmentation_pipeline.destinations.webhook import WebhookDestination
from segmentation_pipeline.models.catalog import models_config
from segmentation_pipeline.table_contracts import published_names

DESTINATIONS: tuple[type[Destination[Any]], ...] = (
    PostgresDestination,
    ObjectStoreDestination,
    WebhookDestination,
)


@cache
def pipeline_model() -> type[PipelineConfig]:
    """The model of ``pipeline.yaml`` with the keys of every kind of destination and of alert, and of every model."""
    destinations = with_kinds(DestinationsConfig, {kind.name: kind.config for kind in DESTINATIONS})
    with_models = with_field(PipelineConfig, "models", models_config(), models_config()())
    with_alerts = with_field(with_models, "alerts", alerts_model(), alerts_model()())
    return with_field(with_alerts, "destinations", destinations, destinations())


def destinations_of(config: Config) -> list[Destination[Any]]:
    """The destinations a project has, in the order of ``DESTINATIONS``."""
    kinds = {kind.name: kind for kind in DESTINATIONS}
    return [kinds[name](settings) for name, settings in config.pipeline.destinations.configured.items()]


def destination_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Tables that are not published, and what each destination finds wrong with its settings."""
    known = published_names(config)
    for destination in destinations_of(config):
        for position, table in enumerate(destination.settings.tables or ()):
            if table not in known:
                place = ("destinations", destination.name, "tables", position)
                found = f"'{table}', which is no published table"
                yield file.problem(place, found, one_of(known, "table"), did_you_mean(table, known))
        yield from destination.problems(file)
