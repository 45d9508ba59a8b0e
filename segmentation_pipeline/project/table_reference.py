"""The reference of every published table and its columns, as the page ``docs/reference/tables.md``.

What a row is, key, columns, units and what an empty cell means come from the contracts.  The columns of
``customer_profile`` depend on the project; those of a configuration with every source are shown.  Write the page anew with

    python -m segmentation_pipeline.project.table_reference examples/every_source/config > docs/reference/tables.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.markdown import plain
from segmentation_pipeline.models.catalog import models_of
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.segmentations.rule_binding import segmentation_columns
from segmentation_pipeline.table_contracts import PROFILE, TABLES, published_names

_HEAD = """# Every published table and its columns

Generated from the contracts of the tables (`segmentation_pipeline/project/table_reference.py`): what stands here is what is
published. The table `data_dictionary` says the same of your own project, with the lineage of each column. How to read the tables:
[README](../../README.md#read-the-results), [measurement](../measurement.md), [models](../models.md).

`money` is in the currency of the project, an `instant` is in UTC. A column that is never empty has nothing under *empty means*.

| table | a row is |
|---|---|
"""
_PROFILE = """The columns of a project follow from its sources, models and segmentations. The features have
[a page of their own](features.md); the others are those of [examples/every_source](../../examples/every_source/README.md).

"""
COLUMNS_HEAD = ("column", "type", "unit", "meaning", "empty means")
_COLUMNS = f"| {' | '.join(COLUMNS_HEAD)} |\n|---|---|---|---|---|\n"


def tables_page(config: Config) -> str:
    """The page, with the profile as ``config`` makes it; all other tables are the same in every project that has them."""
    published = [table for table in TABLES if table.published]
    index = "".join(f"| [`{table.name}`](#{table.name}) | {_cell(table.description)} |\n" for table in published)
    here = set(published_names(config))
    sections = [_section(table, config if table.name in here else None) for table in published]
    return f"{_HEAD}{index}\n" + "\n".join(sections)


def _section(table: TableContract, config: Config | None) -> str:
    days = "It holds the rows of all days." if table.accumulates else "It holds the rows of the day that was run."
    key = ", ".join(f"`{name}`" for name in table.key)
    head = f"## `{table.name}`\n\n{text(table.description)} {days}" + (f" Key: {key}.\n\n" if key else "\n\n")
    if table is PROFILE and config is not None:
        return head + _PROFILE + "\n".join(_profile_parts(table.of(config), config))
    return head + _rows(table.columns)


def _profile_parts(table: TableContract, config: Config) -> Iterator[str]:
    """The columns of the profile that are no features by what makes them: each model, the segmentations."""
    segmentations = {column.name for column in segmentation_columns(config)}
    parts: list[tuple[str, str, Sequence[Column]]] = [
        (f"Model: {model.name.replace('_', ' ')}", model.description, model.columns(config)) for model in models_of(config)
    ]
    parts += [("Segmentations", "", [column for column in table.columns if column.name in segmentations])]
    told = {*feature_columns(config), *(column.name for _, _, columns in parts for column in columns)}
    yield _rows(column for column in table.columns if column.name not in told)
    for title, description, columns in parts:
        yield f"### {title}\n\n" + (f"{text(description)}\n\n" if description else "") + _rows(columns)


def _rows(columns: Iterable[Column]) -> str:
    return _COLUMNS + "".join(map(_row, columns))


def _row(column: Column) -> str:
    return f"| {' | '.join(column_cells(column))} |\n"


def column_cells(column: Column) -> tuple[str, ...]:
    """What the contract says of a column, as the cells below ``COLUMNS_HEAD``."""
    told = (column.unit, _meaning(column), column.null_means)
    return f"`{column.name}`", column.type.value, *map(_cell, told)


def _meaning(column: Column) -> str:
    return f"{column.description} One of {', '.join(column.allowed)}." if column.allowed else column.description


def _cell(words: str | None) -> str:
    return text(words or "").replace("|", "\\|").replace("\n", " ")


def text(words: str) -> str:
    """As ``plain``, in the form that GitHub and the site read alike."""
    return plain(words).replace("\\<", "&lt;")


if __name__ == "__main__":
    sys.stdout.write(tables_page(load_config(Path(sys.argv[1]))))
