"""What a kind of destination is: its keys in the configuration, a test of the connection, delivery and erasure.

A kind is one file beside this one and one line in ``catalog.py``.  From its declaration come its keys under
``destinations`` in ``pipeline.yaml``, its asset, its line in ``segmentation check --connections``, its place in the
records of processing and its receipt in certificates of erasure.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import DestinationConfig
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.ingest.files import fingerprint

Settings = TypeVar("Settings", bound=DestinationConfig)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Rows by table as they are at the destination now; ``changed``: whether anything was sent; ``files`` sent, where
    what is sent are files."""

    rows: dict[str, int]
    changed: bool
    files: int | None = None


@dataclass(frozen=True, slots=True)
class PersonErased:
    """An erasure, as far as a destination needs to know of it.

    ``erasure`` is its number; ``removed`` what was taken out of the project's own audience files; ``take_out`` takes the
    people out of a local Parquet or audience file below a folder and tells whether it held any, with what was removed of
    a list; ``removal_list`` is the CSV that says whom to take off lists; files may be made in ``temp``.  ``learn`` reads from
    the local record of what was written for a platform (``*.members.csv``) how it knows the people, before anything is taken
    out of files that name nobody.
    """

    erasure: str
    removed: Sequence[Any]
    take_out: Callable[[Path, Path], tuple[bool, Sequence[Any]]]
    removal_list: Callable[[Sequence[Any]], str]
    temp: Path
    learn: Callable[[Path], None] = lambda record: None


class Destination(ABC, Generic[Settings]):
    """One configured destination.  Everything it may raise for a person is a ``ConnectionProblem``."""

    name: ClassVar[str]
    """Its key under ``destinations``, and the name of its asset."""

    description: ClassVar[str]
    badges: ClassVar[frozenset[str]]
    """What Dagster shows on the asset."""

    unreached: ClassVar[str] = "The next run brings the tables without the person."
    """What to do when it could not be reached to erase a person."""

    comes_last: ClassVar[bool] = False
    """Whether it waits for all others: a signal that they have what they are to have."""

    config: ClassVar[type[DestinationConfig]]
    """The keys it takes in the configuration."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def place(self) -> Place:
        """What messages call it."""
        return Place(f"destination {self.name}", f"destinations.{self.name}")

    @property
    @abstractmethod
    def recipient(self) -> str:
        """Who receives, for the records of processing: an address, never who may read there."""

    @property
    def audiences(self) -> bool:
        """Whether audience files, which hold contact data, are brought too."""
        return False

    @abstractmethod
    def connection_test(self) -> str:
        """What was found, in a few words; writes nothing.  Raises ``ConnectionProblem`` for what would stop a delivery."""

    @abstractmethod
    def deliver(self, publication: Path, audiences: Path) -> Delivered:
        """Bring the chosen tables of ``publication``, all or none; left alone where they are already.

        ``audiences`` is the folder with a folder per day.  Raises ``ConnectionProblem``; then the destination is as it was.
        """

    @abstractmethod
    def erase(self, publication: Path, audiences: Path, person: PersonErased) -> str:
        """Bring the publication, which the person has left, and take the person out of earlier deliveries that are kept.

        What was done, in words.  Raises ``ConnectionProblem``.
        """

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        """What is wrong with its settings beyond their shape; opens nothing."""
        return iter(())


def content_hash(published: Path, tables: Sequence[str], audiences: Sequence[Path] = ()) -> str:
    """A hash of all that is to be brought: a destination that holds it already is left alone.

    ``published`` is a file or, made by Spark, a folder per table, whose files bear random names.
    """
    parts = [published] if published.is_file() else published.glob("*/*.parquet")
    made = sorted([part.parent.name, fingerprint(part)] for part in parts)
    files = [[f"{path.parent.name}/{path.name}", fingerprint(path)] for path in audiences]
    return hashlib.sha256(json.dumps([made, sorted(tables), files]).encode()).hexdigest()
