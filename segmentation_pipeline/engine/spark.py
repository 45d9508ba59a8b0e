"""The engine for data beyond one machine: expressions run in Spark, tables lie as Parquet in a warehouse folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, SparkSession

from segmentation_pipeline.config.schema import CsvOptions, EngineConfig
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.engine import spark_values
from segmentation_pipeline.engine.base import WHOLE, FileRead, TableFunction
from segmentation_pipeline.engine.column_lineage import Written
from segmentation_pipeline.engine.duckdb import BATCH_ROWS, DuckDBEngine
from segmentation_pipeline.engine.duckdb_sql import small_table
from segmentation_pipeline.engine.spark_files import SparkFiles
from segmentation_pipeline.engine.spark_published import publish, published_rows
from segmentation_pipeline.engine.spark_store import Part, Store, StoredTable
from segmentation_pipeline.engine.spark_types import from_spark, to_spark
from segmentation_pipeline.engine.spark_views import Views

_SMALL_ROWS, _SMALL_PARTS = 10_000, 64
"""A table with more than so many small parts is written anew when it is added to."""


class SparkEngine:
    """An ``Engine`` over one Spark session and one warehouse folder, whose only writer it is."""

    name = "spark"
    incremental = False  # a table's parts are whole files: changing a few rows writes them all anew
    values_at_once = math.inf
    transient_errors: tuple[type[Exception], ...] = (OSError,)

    def __init__(
        self, session: SparkSession, warehouse: str, config: EngineConfig | None = None, temp: Path | None = None
    ) -> None:
        self.session = session
        self._store = Store(warehouse)
        self._views = Views(session, self._store)
        self._reader = DuckDBEngine(None, config, temp)
        self._files = SparkFiles(self._views, self._reader)
        self.written = Written()
        spark_values.register(session)

    # ------------------------------------------------------------ tables

    def table(self, name: str) -> ir.Table:
        return self._views.table(name)

    def has(self, name: str) -> bool:
        return name in self._store.tables

    def write(self, name: str, expression: ir.Table) -> int:
        self.written.note(name, expression)
        columns, part = self._written(name, expression)
        self._set(name, columns, (part,))
        return part.rows

    def view(self, name: str, expression: ir.Table) -> None:
        self.write(name, expression)

    def append(self, name: str, expression: ir.Table) -> None:
        if not self.has(name):
            self.write(name, expression)
            return
        stored = self._store.tables[name]
        part = self._written_as(name, stored.columns, expression)
        self._set(name, stored.columns, self._joined(name, stored.columns, (*stored.parts, part)))

    def replace_slice(self, name: str, expression: ir.Table, keys: Mapping[str, date | str]) -> None:
        if not self.has(name):
            self.write(name, expression)
            return
        stored = self._store.tables[name]
        part = self._written_as(name, stored.columns, expression)
        self._set(name, stored.columns, (*self._without(name, stored, keys), part))

    def replace_keys(self, name: str, expression: ir.Table, keys: ir.Table) -> None:
        stored = self._store.tables[name]
        part = self._written_as(name, stored.columns, expression)
        replaced = self._views.frame(keys).distinct().alias("replaced")
        held = self._views.parts(stored.columns, stored.parts).alias("stored")
        same = [F.col(f"stored.`{key}`").eqNullSafe(F.col(f"replaced.`{key}`")) for key in keys.columns]
        kept = self._save(name, held.join(replaced, reduce(Column.__and__, same), "left_anti"))
        self._set(name, stored.columns, (kept, part))

    def delete(self, name: str, keys: Mapping[str, date | str]) -> None:
        if self.has(name):
            stored = self._store.tables[name]
            self._set(name, stored.columns, self._without(name, stored, keys))

    def drop(self, name: str) -> None:
        if self.has(name):
            with self.transaction():
                del self._store.tables[name]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            with self._store.transaction():
                yield
        finally:
            self._views.refresh()

    @contextmanager
    def staged(self, expression: ir.Table) -> Iterator[ir.Table]:
        folder, columns = self._staged_folder(expression)
        with self._views.folder(folder, columns) as table:
            self.written.note_staged(table, expression)
            yield table

    def memtable(self, columns: Mapping[str, Sequence[object]], schema: Mapping[str, Any]) -> ir.Table:
        return small_table(columns, schema)

    def count(self, table: ir.Table) -> int:
        known = self._views.stored_rows(table)
        return int(self.rows(table.agg(n=table.count()))[0]["n"]) if known is None else known

    def frame(self, table: ir.Table) -> DataFrame:
        """The expression as Spark's own frame."""
        return self._views.frame(table)

    def rows(self, table: ir.Table) -> list[dict[str, Any]]:
        self.written.note_read(table)
        return list(self._views.frame(table).toArrow().to_pylist())

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        self.written.note_read(table)
        folder, _ = self._staged_folder(table)  # Spark hands rows out one by one or all at once, files in pieces
        try:
            for path in self._store.parquet_files(folder):
                with self._store.files.open_input_file(path) as file:
                    yield from pq.ParquetFile(file).iter_batches(batch_size=BATCH_ROWS)
        finally:
            self._store.remove(folder)

    # ------------------------------------------------------------ source files

    def file_columns(self, path: Path, file_format: str, csv: CsvOptions, sheet: SheetReading = WHOLE) -> list[str]:
        return self._files.columns(path, file_format, csv, sheet)

    def read_file(
        self, path: Path, file_format: str, columns: Sequence[str], csv: CsvOptions, sheet: SheetReading = WHOLE
    ) -> FileRead:
        return self._files.read(path, file_format, columns, csv, sheet)

    def reading(self, path: Path) -> AbstractContextManager[None]:
        return self._files.reading(path)

    # ------------------------------------------------------------ text as values

    def parse_text(self, text: ir.StringValue, kind: dt.DataType) -> ir.Value:
        return spark_values.parse_text(text, kind)

    def parse_local(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        return spark_values.parse_local(text, formats)

    def parse_with_offset(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        return spark_values.parse_with_offset(text, formats)

    def parse_day(self, text: ir.StringValue, formats: Sequence[str]) -> ir.DateValue:
        return spark_values.parse_day(text, formats)

    def without_zone(self, instant: ir.TimestampValue) -> ir.TimestampValue:
        return instant.cast("timestamp")  # the session's time zone is UTC

    def local_to_utc(self, instant: ir.TimestampValue, timezone: str) -> ir.TimestampValue:
        return instant if timezone == "UTC" else spark_values.local_to_utc(instant, timezone)

    def utc_to_local_day(self, instant: ir.TimestampValue, timezone: str) -> ir.DateValue:
        return instant.date() if timezone == "UTC" else spark_values.utc_to_local_day(instant, timezone)

    # ------------------------------------------------------------ publication

    def published_rows(self, path: Path, table: str) -> list[dict[str, Any]]:
        return published_rows(path, table)

    def publish(
        self,
        path: Path,
        tables: Mapping[str, ir.Table],
        comments: Mapping[str, Mapping[str, str]],
        keep: Sequence[str] = (),
        functions: Sequence[TableFunction] = (),
        described: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        publish(self._store, self._views, path, tables, comments, keep)

    def close(self) -> None:
        """Release the warehouse; the Spark application goes with the process."""
        self._files.close()
        self._reader.close()

    # ------------------------------------------------------------ parts

    def _set(self, name: str, columns: Mapping[str, str], parts: tuple[Part, ...]) -> None:
        with self.transaction():
            self._store.tables[name] = StoredTable(columns, tuple(part for part in parts if part.rows))

    def _written(self, name: str, expression: ir.Table) -> tuple[dict[str, str], Part]:
        """The expression's rows as a new part of ``name``, and the columns they have."""
        op = expression.op()
        if isinstance(op, ops.InMemoryTable):  # needs no job
            columns = {column: str(from_spark(to_spark(kind))) for column, kind in op.schema.items()}
            folder = self._store.new_folder(name)
            rows = op.data.to_pyarrow(op.schema)
            with self._store.writer(folder, rows.schema) as writer:
                writer.write_table(rows)
            return columns, self._store.part(folder)
        frame = self._views.frame(expression)
        return self._views.columns_of(frame), self._save(name, frame)

    def _written_as(self, name: str, columns: Mapping[str, str], expression: ir.Table) -> Part:
        """The expression's rows as a new part of ``name`` with just these columns; one it lacks is null."""
        self.written.note(name, expression)
        if unknown := [column for column in expression.columns if column not in columns]:
            raise ValueError(f"{name} has no column {', '.join(unknown)}; it has {', '.join(columns)}")
        wanted = {column: dt.dtype(kind) for column, kind in columns.items()}
        op = expression.op()
        if (
            isinstance(op, ops.InMemoryTable)
            and list(op.schema.names) == list(columns)
            and all(str(from_spark(to_spark(op.schema[column]))) == columns[column] for column in columns)
        ):
            return self._written(name, expression)[1]
        frame = self._views.frame(expression)
        chosen = [
            (F.col(f"`{column}`") if column in frame.columns else F.lit(None)).cast(to_spark(kind)).alias(column)
            for column, kind in wanted.items()
        ]
        return self._save(name, frame.select(*chosen))

    def _save(self, name: str, frame: DataFrame) -> Part:
        folder = self._store.new_folder(name)
        frame.write.parquet(self._store.url_of(folder), mode="overwrite")
        return self._store.part(folder)

    def _staged_folder(self, expression: ir.Table) -> tuple[str, dict[str, str]]:
        frame = self._views.frame(expression)
        folder = self._store.new_folder("staged")
        frame.write.parquet(self._store.url_of(folder), mode="overwrite", compression="uncompressed")
        return folder, self._views.columns_of(frame)

    def _without(self, name: str, stored: StoredTable, keys: Mapping[str, date | str]) -> tuple[Part, ...]:
        """The table's parts without the rows that have the ``keys``; most are kept or left out unread."""
        told = [(part, part.told(keys)) for part in stored.parts]
        mixed = tuple(part for part, answer in told if answer is None)
        kept = tuple(part for part, answer in told if answer is False)
        if not mixed:
            return kept
        has = reduce(Column.__and__, (F.col(f"`{key}`").eqNullSafe(F.lit(value)) for key, value in keys.items()))
        return (*kept, self._save(name, self._views.parts(stored.columns, mixed).filter(~has)))

    def _joined(self, name: str, columns: Mapping[str, str], parts: tuple[Part, ...]) -> tuple[Part, ...]:
        small = tuple(part for part in parts if part.rows <= _SMALL_ROWS)
        if len(small) <= _SMALL_PARTS:
            return parts
        large = tuple(part for part in parts if part.rows > _SMALL_ROWS)
        return (*large, self._save(name, self._views.parts(columns, small).coalesce(1)))
