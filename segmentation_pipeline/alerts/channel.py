"""A way alerts are brought: its keys in the configuration, a test of the connection, and sending.

A kind is one file beside this one and one line in ``catalog.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Generic, TypeVar

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema.alerts import ChannelConfig
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.connections.place import Place

Settings = TypeVar("Settings", bound=ChannelConfig)


class Channel(ABC, Generic[Settings]):
    """One configured way.  Everything it may raise for a person is a ``ConnectionProblem``."""

    name: ClassVar[str]
    """Its key under ``alerts``."""

    config: ClassVar[type[ChannelConfig]]
    """The keys it takes in the configuration."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def place(self) -> Place:
        """What messages call it."""
        return Place(f"alerts by {self.name}", f"alerts.{self.name}")

    @abstractmethod
    def connection_test(self) -> str:
        """What was found, in a few words; tells nobody anything.  Raises ``ConnectionProblem``."""

    @abstractmethod
    def send(self, alert: Alert) -> None:
        """Bring the alert; returns when whoever brings it on has taken it.  Raises ``ConnectionProblem``."""

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        """What is wrong with its settings beyond their shape; opens nothing."""
        return iter(())
