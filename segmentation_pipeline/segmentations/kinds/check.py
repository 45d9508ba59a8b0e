"""What a kind checks its keys with: what there is in the project, and where the segmentation stands in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Check:
    """One segmentation, which stands at ``path`` of ``file``.  ``known`` is what its rules may name: nothing made from it."""

    config: Config
    catalog: Catalog
    known: Vocabulary
    file: YamlFile
    path: KeyPath

    def problem(self, keys: KeyPath, found: str, expected: str, suggestion: str | None = None) -> Diagnostic:
        """A mistake at ``keys`` of the segmentation."""
        return self.file.problem((*self.path, *keys), found, expected, suggestion)

    def column(self, name: str, types: tuple[Type, ...], what: str) -> Iterator[Diagnostic]:
        """Where ``name``, given as ``column``, is no column of one of ``types``."""
        if wrong := self.catalog.missing(name, types, what):
            yield self.problem(("column",), *wrong)
