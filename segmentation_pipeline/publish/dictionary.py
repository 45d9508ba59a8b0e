"""The data dictionary: every published column, described; and the check that nothing is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.publication_tables import DATA_DICTIONARY_COLUMNS, DICTIONARY, PUBLICATION
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError


class UndocumentedColumn(UserError):
    """A published table has a column the contracts do not describe, or lacks one they do."""


def check_documented(tables: Sequence[TableContract], actual: Mapping[str, Sequence[str]]) -> None:
    """Raises ``UndocumentedColumn`` unless every table has exactly the columns its contract describes."""
    for table in tables:
        described = {column.name for column in table.columns}
        found = set(actual[table.name])
        if described != found:
            extra, missing = sorted(found - described), sorted(described - found)
            raise UndocumentedColumn(
                f"published table '{table.name}': columns without description: {extra or 'none'}; "
                f"described but missing: {missing or 'none'}. "
                f"Describe them in the contract of the table, or in the feature family that makes them."
            )


def data_dictionary(engine: Engine, tables: Sequence[TableContract], lineage: Mapping[tuple[str, str], str]) -> ir.Table:
    """A row is a published column, with the tables about the publication included.

    ``lineage`` maps (table, column) to words; without an entry the working table is named.
    """
    rows = [
        {
            "table_name": table.name,
            "table_description": table.description,
            "column_name": column.name,
            "position": position,
            "type": type_name(column),
            "unit": column.unit,
            "description": column.description,
            "null_means": column.null_means,
            "lineage": lineage.get((table.name, column.name), _origin(table, column)),
        }
        for table in (*tables, DICTIONARY, PUBLICATION)
        for position, column in enumerate(table.columns, 1)
    ]
    names = [column.name for column in DATA_DICTIONARY_COLUMNS]
    schema = {column.name: column.type.ibis for column in DATA_DICTIONARY_COLUMNS}
    return engine.memtable({name: [row[name] for row in rows] for name in names}, schema)


def type_name(column: Column) -> str:
    """The column's type as the dictionary names it."""
    return str(column.type.ibis)


def _origin(table: TableContract, column: Column) -> str:
    return "made at publication" if table in (DICTIONARY, PUBLICATION) else f"{table.table}.{column.name}"
