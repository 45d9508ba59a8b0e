"""The semantic layer: published tables, their columns and metrics as a data model of Cube, for BI tools to ask by name.

The form is https://cube.dev/docs/reference/data-model/cube.  It is made of contracts and configuration alone: it holds no row,
and columns are those of published tables, none of which is personal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.publish.cubes import CUBES
from segmentation_pipeline.publish.metrics import COUNT, MONEY, SHARE, Cube, Metric

SEMANTIC_LAYER = "semantic_layer.yml"
"""The file, beside the publication."""

_HEAD = """# The semantic layer of the published tables, a data model of Cube (https://cube.dev). How to use it: docs/bi.md.
# Made by each run from contracts and configuration: do not change it here, the next run writes it anew.
"""
_TYPES = {
    Type.TEXT: "string",
    Type.INTEGER: "number",
    Type.NUMBER: "number",
    Type.MONEY: "number",
    Type.BOOLEAN: "boolean",
    Type.DAY: "time",
    Type.INSTANT: "time",
}
_FORMATS = {MONEY: "currency", SHARE: "percent"}


def semantic_layer(published: Sequence[TableContract], currency: str) -> str:
    """The text of the file for the tables a configuration publishes, with ``currency`` for amounts."""
    tables = {table.table: table for table in published}
    model = {"cubes": [_cube(cube, tables[cube.table], currency) for cube in CUBES]}
    return _HEAD + yaml.safe_dump(model, sort_keys=False, allow_unicode=True, width=130)


def _cube(cube: Cube, table: TableContract, currency: str) -> dict[str, Any]:
    taken = {metric.name for metric in cube.metrics}
    joins = [
        {
            "name": other,
            "relationship": "many_to_one",
            "sql": " AND ".join(f'{{CUBE}}."{name}" = {{{other}}}."{name}"' for name in shared),
        }
        for other, shared in cube.joins
    ]
    return {
        "name": cube.name,
        **({"sql": cube.rows} if cube.rows else {"sql_table": table.name}),
        "description": _escaped(" ".join(filter(None, (table.description, cube.note)))),
        **({"joins": joins} if joins else {}),
        "dimensions": [_dimension(column, table, taken, currency) for column in _dimensions(table)],
        "measures": [_measure(metric, currency) for metric in cube.metrics],
    }


def _dimensions(table: TableContract) -> Iterator[Column]:
    """What rows are filtered and grouped by: of customers every column, of other tables all but figures."""
    of_customers = table.key == ("customer_id",)
    for column in table.columns:
        if of_customers or column.name in table.key or _TYPES[column.type] != "number":
            yield column


def _dimension(column: Column, table: TableContract, taken: set[str], currency: str) -> dict[str, Any]:
    """A column; one that is named like a metric, whose names are unique beside it, has the ending ``_value``."""
    kind = _TYPES[column.type]
    own = f'{{CUBE}}."{column.name}"'
    empty = f" Empty: {column.null_means}." if column.null_means else ""
    return {
        "name": f"{column.name}_value" if column.name in taken else column.name,
        "sql": f"CAST({own} AS TIMESTAMP)" if column.type is Type.DAY else own,
        "type": kind,
        "description": _escaped(column.description + empty),
        **_unit(column.unit, currency),
        **({"primary_key": True, "public": True} if column.name in table.key else {}),
    }


def _measure(metric: Metric, currency: str) -> dict[str, Any]:
    return {
        "name": metric.name,
        **({"sql": metric.sql} if metric.sql else {}),
        "type": metric.kind,
        **({"filters": [{"sql": metric.where}]} if metric.where else {}),
        "description": _escaped(metric.description),
        **({"format": _FORMATS[metric.unit]} if metric.unit in _FORMATS else {}),
        **({} if metric.unit == COUNT else _unit(metric.unit, currency)),
    }


def _unit(unit: str | None, currency: str) -> dict[str, Any]:
    return {"meta": {"unit": _escaped(unit.replace(MONEY, currency))}} if unit else {}


def _escaped(text: str) -> str:
    """Cube reads texts as Python's f-strings: braces would be references, backslashes the beginning of escapes.

    A file with a brace beside a percent sign anywhere would be taken for a template of Jinja.
    """
    text = text.replace("\\", "\\\\").replace("{%", "{\\x25").replace("%}", "\\x25}")
    return text.replace("{", "\\{").replace("}", "\\}")
