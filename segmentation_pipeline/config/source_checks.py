"""Do ``sources.yaml`` and what refers to it name things the source contracts know?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segmentation_pipeline.config.mistakes import Problem, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, SourceConfig
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.sources import SOURCES

DERIVING = {"order_items": ("customer_id", "ordered_at")}
"""Columns a source must give when orders are made from it, optional as they are otherwise."""


def unknown_sources(file: YamlFile) -> Iterator[Problem]:
    """Source names without a contract; works on the data as read, so that it helps with wrong shapes too."""
    sources = file.data.get("sources") if isinstance(file.data, Mapping) else None
    for name in sources if isinstance(sources, Mapping) else ():
        if name not in SOURCES:
            hint = did_you_mean(name, SOURCES)
            yield file.problem(("sources", name), f"the unknown source '{name}'", one_of(SOURCES, "source"), hint)


def source_problems(config: Config, file: YamlFile) -> Iterator[Problem]:
    """Mapped columns a contract does not have, and required ones that are not mapped."""
    for name, source in config.sources.items():
        known = SOURCES[name].names
        for column in source.columns:
            if column not in known:
                path, found = ("sources", name, "columns", column), f"the unknown column '{column}' of source '{name}'"
                yield file.problem(path, found, one_of(known, "column"), did_you_mean(column, known))
        if source.columns:
            yield from _unmapped(config, name, source, file)


def _unmapped(config: Config, name: str, source: SourceConfig, file: YamlFile) -> Iterator[Problem]:
    required = [column.name for column in SOURCES[name].columns if column.required]
    if config.sources["orders"].derive_from == name:
        required += DERIVING.get(name, ())
    for column in required:
        if column not in source.columns:
            hint = "with 'columns' given, only the columns listed there are read"
            yield file.problem(("sources", name, "columns"), f"no column '{column}'", f"{column}: the file's column for it", hint)


def quality_problems(config: Config, file: YamlFile) -> Iterator[Problem]:
    """Thresholds and expectations about sources that are not configured or columns they do not have."""
    quality = config.pipeline.quality
    named: list[tuple[KeyPath, str]] = [
        (("quality", "max_quarantined_share_by_source", name), name) for name in quality.max_quarantined_share_by_source
    ]
    for position, rule in enumerate(quality.expectations):
        place: KeyPath = ("quality", "expectations", position)
        named.append(((*place, "table"), rule.table))
        column, known = rule.arguments.get("column"), _clean_columns(config, rule.table)
        if isinstance(column, str) and known and column not in known:
            hint = did_you_mean(column, known)
            yield file.problem((*place, "arguments", "column"), f"the unknown column '{column}'", one_of(known, "column"), hint)
    for path, name in named:
        if name not in config.sources:
            found = f"'{name}', which is no configured source"
            yield file.problem(path, found, one_of(config.sources, "source"), did_you_mean(name, config.sources))


def _clean_columns(config: Config, source: str) -> list[str]:
    """The columns of a clean table; empty for a source that is not configured."""
    if source not in config.sources:
        return []
    contract = SOURCES[source]
    return [*(c.name for c in contract.columns if not c.pii), *(["event_date"] if contract.event_time else [])]
