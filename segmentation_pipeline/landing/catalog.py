"""The kinds of landings there are, and the one that fetches a source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config, SourceConfig, SourcesConfig
from segmentation_pipeline.config.schema.composed import with_field, with_first_keys, with_kinds
from segmentation_pipeline.config.schema.origins import SourceOrigin
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.landing.database import DatabaseLanding
from segmentation_pipeline.landing.landing import Landing
from segmentation_pipeline.landing.objects import ObjectLanding

LANDINGS: tuple[type[Landing], ...] = (
    DatabaseLanding,
    ObjectLanding,
)


@cache
def source_model() -> type[SourceConfig]:
    """The model of a source with the keys of every kind of landing."""
    origins = {kind.key: kind.origin for kind in LANDINGS if kind.key and kind.origin}
    words = "".join(f"``{key}`` instead of files: {(origin.__doc__ or '').splitlines()[0]}\n" for key, origin in origins.items())
    return with_first_keys(SourceConfig, with_kinds(SourceOrigin, origins), words)


@cache
def sources_model() -> type[SourcesConfig]:
    """The model of ``sources.yaml`` with the keys of every kind of landing."""
    return with_field(SourcesConfig, "sources", dict[str, source_model()], ...)  # type: ignore[misc]


def landing_of(name: str, source: SourceConfig) -> Landing:
    """What fetches a source that ``lands``."""
    return next(landing for kind in LANDINGS if (landing := kind(name, source)).fetches)


def origin_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """What is wrong with where sources are fetched from: queries that are not one SELECT, URLs that cannot be opened,
    secrets written into the file."""
    for name, source in config.sources.items():
        for kind in LANDINGS:
            yield from kind(name, source).problems(file)
