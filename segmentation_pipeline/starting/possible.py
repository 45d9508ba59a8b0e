"""What a project's sources and columns make possible, and what a further one would add: told by the catalogue of features."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from segmentation_pipeline.config.pydantic_errors import validated
from segmentation_pipeline.config.schema import ColumnMapping, Config, Segmentation, SourceConfig
from segmentation_pipeline.config.yaml_file import YamlFile, read_yaml
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.features.catalog import families, family_columns
from segmentation_pipeline.features.family import refunds_told
from segmentation_pipeline.features.rule_windows import rule_window_families
from segmentation_pipeline.models.catalog import available_columns, customer_columns
from segmentation_pipeline.segmentations.kinds import SegmentationsConfig
from segmentation_pipeline.segmentations.problems import segmentation_problems

_LIBRARY = Path(__file__).with_name("segmentations.yaml")
_ENTRY = re.compile(r"^  ([a-z_]+):\n(?:(?:    .*)?\n)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Possible:
    """``segmentations`` by name with their titles, ``families`` of features, and how many ``columns`` rules may name."""

    segmentations: Mapping[str, str]
    families: tuple[str, ...]
    columns: int


@dataclass(frozen=True, slots=True)
class Addition:
    """What a source, or a column of one, that is not there would add: ``what`` it is, and what becomes possible."""

    what: str
    segmentations: tuple[str, ...]
    families: tuple[str, ...]


def possible(config: Config) -> Possible:
    """What can be made of the sources and columns of ``config``, whichever segmentations it has."""
    asked = {family.name for family in rule_window_families(config)}
    fed = tuple(one.name for one in families(config) if one.name not in asked and family_columns(one, config))
    return Possible({name: one.title for name, one in _fed(config).items()}, fed, len(customer_columns(config)))


def additions(config: Config) -> list[Addition]:
    """What each further source and each column that is not mapped would add by itself: those that add most segmentations
    first, of equals the one that more shops have.  None that adds neither a segmentation nor a family."""
    now = possible(config)
    found = []
    for what, more in _further(config):
        then = possible(more)
        added = Addition(
            what,
            tuple(title for name, title in then.segmentations.items() if name not in now.segmentations),
            tuple(name for name in then.families if name not in now.families),
        )
        if added.segmentations or added.families:
            found.append(added)
    return sorted(found, key=lambda one: -len(one.segmentations))


def starting_segmentations(config: Config) -> str:
    """``segmentations.yaml`` with the segmentations that the sources of ``config`` can feed."""
    text = _LIBRARY.read_text("utf-8")
    kept = possible(config).segmentations
    head = text[: next(_ENTRY.finditer(text)).start()]
    entries = [found[0].rstrip("\n") for found in _ENTRY.finditer(text) if found[1] in kept]
    return head + "\n\n".join(entries) + "\n"


def _further(config: Config) -> Iterator[tuple[str, Config]]:
    """Configurations with one source or column more, and what that is."""
    for name in SOURCES:
        if not config.has(name) and not (name == "returns" and refunds_told(config)):
            yield name, _with(config, name, SourceConfig(files="*"))
    for name, source in config.sources.items():
        for column in SOURCES[name].columns if source.columns else ():
            if column.name not in source.columns:
                mapping = {**source.columns, column.name: ColumnMapping(value="")}
                yield f"{name}.{column.name}", _with(config, name, source.model_copy(update={"columns": mapping}))


def _with(config: Config, name: str, source: SourceConfig) -> Config:
    return config.model_copy(update={"sources": {**config.sources, name: source}})


def _fed(config: Config) -> dict[str, Segmentation]:
    """The segmentations of the library that load, with all they are made from."""
    file, kept = _library()
    catalog = available_columns(config.model_copy(update={"segmentations": kept}))  # with what their rules count in windows
    while True:
        tried = config.model_copy(update={"segmentations": kept})
        wrong = {problem.key_path.split(".")[1] for problem in segmentation_problems(tried, catalog, file)}
        if not wrong:
            return kept
        kept = {name: one for name, one in kept.items() if name not in wrong}


@cache
def _library() -> tuple[YamlFile, dict[str, Segmentation]]:
    file = read_yaml(_LIBRARY)
    library, problems = validated(file, SegmentationsConfig)
    if library is None:
        raise AssertionError(problems)
    return file, {**library.segmentations}
