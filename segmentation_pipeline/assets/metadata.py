"""What people see of a table in Dagster: its columns, their lineage, and what making it told."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.markdown import plain
from segmentation_pipeline.run_context import StepResult

_MOST_ROWS = 200
"""Of a table shown as metadata: more nobody reads there, and every event is stored."""


def static_metadata(contract: TableContract) -> dict[str, object]:
    """What is known of an asset before it is made."""
    metadata: dict[str, object] = {"dagster/table_name": contract.table}
    if contract.columns:
        metadata["dagster/column_schema"] = dg.TableSchema(columns=[_column(column) for column in contract.columns])
    return metadata


def _lineage(lineage: Mapping[str, Sequence[tuple[str, str]]]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey(source.split(".")), source_column) for source, source_column in origins]
            for column, origins in lineage.items()
        }
    )


def run_metadata(made: StepResult) -> dict[str, dg.MetadataValue | int | float | str]:
    """What making an asset told."""
    metadata: dict[str, dg.MetadataValue | int | float | str] = {"dagster/row_count": made.rows, **made.numbers}
    metadata |= {name: table_metadata(rows) for name, rows in made.tables.items()}
    metadata |= {name: dg.MetadataValue.md(plain(text)) for name, text in made.texts.items()}
    metadata |= {name: dg.MetadataValue.url(url) for name, url in made.links.items()}
    if made.lineage:
        metadata["dagster/column_lineage"] = dg.MetadataValue.column_lineage(_lineage(made.lineage))
    if made.picture:
        encoded = base64.b64encode(made.picture.encode()).decode()
        metadata["picture"] = dg.MetadataValue.md(f"![picture](data:image/svg+xml;base64,{encoded})")
    return metadata


def table_metadata(rows: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    """The first rows as a table of Dagster's own, which shows cells as they are."""
    names = list(rows[0]) if rows else []
    columns = [dg.TableColumn(name, _kind(row[name] for row in rows)) for name in names]
    records = [dg.TableRecord({name: _cell(row[name]) for name in names}) for row in rows[:_MOST_ROWS]]
    return dg.MetadataValue.table(records, dg.TableSchema(columns=columns))


def _column(column: Column) -> dg.TableColumn:
    unit = (column.unit or "").replace(" ", "_")
    return dg.TableColumn(
        column.name,
        str(column.type.ibis),
        description=_words(column),
        constraints=dg.TableColumnConstraints(nullable=column.null_means is not None),
        tags={"unit": unit} if unit.isidentifier() else {},
    )


def _words(column: Column) -> str:
    unit = f" Unit: {column.unit}." if column.unit else ""
    null = f" Null: {column.null_means}." if column.null_means else ""
    return plain(f"{column.description}{unit}{null}")


def _cell(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _kind(values: Iterable[object]) -> str:
    """Numbers are told as such, so that Dagster sets them right; all else is text."""
    kinds = {type(value) for value in values if value is not None}
    return "int" if kinds == {int} else "float" if kinds and kinds <= {int, float} else "string"
