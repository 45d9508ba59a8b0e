"""The reference of every feature of customers by its family, as the page ``docs/reference/features.md``.

What a feature says, its unit, what an empty cell means and what it is made from come from the families.  Some families have
columns that a configuration names; those of a configuration with every source are shown.  Write the page anew with

    python -m segmentation_pipeline.project.feature_reference examples/every_source/config > docs/reference/features.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.features.catalog import FAMILIES
from segmentation_pipeline.features.family import Family, Feature
from segmentation_pipeline.features.rule_windows import rule_window_families
from segmentation_pipeline.features.trailing import ORDER_EVENTS
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.table_reference import COLUMNS_HEAD, column_cells, text

_HEAD = """# Every feature of customers

Generated from the families of features (`segmentation_pipeline/project/feature_reference.py`): what stands here is computed.
Features are columns of [`customer_profile`](tables.md#customer_profile), which rules, segmentations, models and campaigns may
read. All of them say what was known at the end of the day that was run.

A feature is there where the sources have the columns it is *made from*; `segmentation check` lists those that are off, and what
would turn them on. Where a project names categories, channels, occasions, constructs or regions itself, the columns are those of
[examples/every_source](../../examples/every_source/README.md). A feature of your own:
[extending](../extending.md#a-feature-family-one-file-its-test-one-line).

| family | what it tells | made from | looks back |
|---|---|---|---|
"""
_WINDOWS = """## Windows that rules ask for

Each `count(...)` and `total(...)` in a rule makes a column of its own ([rules](rules.md#events-in-windows)). The rules of the
example ask for these.

"""
_ORDERS = "orders"
_LINES = ("order_items", "products")


def features_page(config: Config) -> str:
    """The page, with the columns that ``config`` names."""
    index = "".join(
        f"| [{_title(family)}](#{_title(family).lower().replace(' ', '-')}) | {text(family.description)} "
        f"| {_code(_sources(family, config))} | {_looks_back(family)} |\n"
        for family in FAMILIES
    )
    parts = [f"## {_title(family)}\n\n{text(family.description)}\n\n{_rows([family], config)}\n" for family in FAMILIES]
    return "".join([_HEAD, index, "\n", *parts, _WINDOWS, _rows(rule_window_families(config), config)])


def _title(family: Family) -> str:
    return family.name.replace("_", " ").capitalize()


def _made_from(feature: Feature, family: Family) -> tuple[str, ...]:
    """The source columns a feature needs beyond those that must be there; the sources where it needs none."""
    return feature.needs or family.reads or (_ORDERS, *(_LINES if family.order_line_aggregate else ()))


def _sources(family: Family, config: Config) -> tuple[str, ...]:
    made_from = [name.partition(".")[0] for feature in family.features(config) for name in _made_from(feature, family)]
    return tuple(dict.fromkeys((*family.reads, *made_from, *family.shared)))


def _looks_back(family: Family) -> str:
    """The windows of days that end with the day of the run, by what lies in them."""
    windows: dict[str, list[str]] = {}
    for window in sorted({*family.windows, *family.shared_windows}, key=lambda each: each.days):
        if window.days > 0:
            source = "orders and returns" if window.source == ORDER_EVENTS else f"`{window.source}`"
            windows.setdefault(source, []).append(str(window.days))
    return "; ".join(f"{', '.join(days)} days of {source}" for source, days in windows.items())


def _rows(of_families: Iterable[Family], config: Config) -> str:
    names = (*COLUMNS_HEAD, "made from")
    rows = [
        (*column_cells(feature.column), _code(_made_from(feature, family)))
        for family in of_families
        for feature in family.features(config)
    ]
    return f"| {' | '.join(names)} |\n{'|---' * len(names)}|\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(features_page(load_config(Path(sys.argv[1]))))
