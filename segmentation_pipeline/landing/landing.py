"""What a kind of landing is: its key in the configuration, a test of the connection, and fetching.

A kind is one file beside this one and one line in ``catalog.py``.  From its declaration come its key in a source of
``sources.yaml``, its asset, its line in ``segmentation check --connections`` and its origin in the records of processing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Origin, SourceConfig
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.landing.state import Landed


class Landing(ABC):
    """One source, fetched.  Everything a landing may raise for a person is a ``ConnectionProblem``."""

    key: ClassVar[str | None] = None
    """Under which key of a source its settings stand; None for what ``files`` names."""

    origin: ClassVar[type[Origin] | None] = None
    """What stands under the key."""

    what: ClassVar[str]
    """What is fetched, in words."""

    badges: ClassVar[frozenset[str]]
    """What Dagster shows on the asset."""

    def __init__(self, name: str, source: SourceConfig) -> None:
        self.name, self.source = name, source

    @property
    def place(self) -> Place:
        """What messages call it."""
        key = f".{self.key}" if self.key else ""
        return Place(f"source '{self.name}'", f"sources.{self.name}{key}")

    @property
    def fetches(self) -> bool:
        """Whether the source is one of this kind."""
        return self.origin is not None and isinstance(self.source.origin, self.origin)

    @abstractmethod
    def connection_test(self) -> str:
        """What was found, in a few words; fetches nothing.  Raises ``ConnectionProblem`` for what would stop a landing."""

    @abstractmethod
    def land(self, folder: Path, *, full: bool) -> Landed:
        """Bring ``folder/rows`` (Parquet files of rows) or ``folder/objects`` (files as they are) in line with the source.

        ``full`` fetches everything anew.  Raises ``ConnectionProblem`` when that cannot be; then everything stays as it was.
        """

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        """What is wrong with its settings beyond their shape; opens nothing."""
        return iter(())
