"""The ways there are of bringing alerts, and those a project has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from segmentation_pipeline.alerts.apprise import AppriseAlerts
from segmentation_pipeline.alerts.channel import Channel
from segmentation_pipeline.alerts.email import EmailAlerts
from segmentation_pipeline.alerts.webhook import WebhookAlerts
from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema.alerts import AlertsConfig
from segmentation_pipeline.config.schema.composed import with_kinds
from segmentation_pipeline.config.yaml_file import YamlFile

CHANNELS: tuple[type[Channel[Any]], ...] = (
    WebhookAlerts,
    EmailAlerts,
    AppriseAlerts,
)


@cache
def alerts_model() -> type[AlertsConfig]:
    """The model of ``alerts`` with the keys of every way."""
    return with_kinds(AlertsConfig, {kind.name: kind.config for kind in CHANNELS})


def channels_of(config: AlertsConfig) -> list[Channel[Any]]:
    """The ways a project has, in the order of ``CHANNELS``."""
    kinds = {kind.name: kind for kind in CHANNELS}
    return [kinds[name](settings) for name, settings in config.configured.items()]


def alert_problems(config: AlertsConfig, file: YamlFile) -> Iterator[Diagnostic]:
    """What each way finds wrong with its settings."""
    for channel in channels_of(config):
        yield from channel.problems(file)
