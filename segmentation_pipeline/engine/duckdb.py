"""The embedded engine: tables, dates and the publication in DuckDB; files are read in ``duckdb_files``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from segmentation_pipeline.config.schema import CsvOptions, EngineConfig
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.contracts.engine_function import engine_function
from segmentation_pipeline.engine import duckdb_text, instants
from segmentation_pipeline.engine.base import WHOLE, FileRead, TableFunction
from segmentation_pipeline.engine.column_lineage import Written
from segmentation_pipeline.engine.duckdb_catalog import TABLE, VIEW, Catalog, described
from segmentation_pipeline.engine.duckdb_files import SourceFiles
from segmentation_pipeline.engine.duckdb_macros import Macros
from segmentation_pipeline.engine.duckdb_published import attached, publish
from segmentation_pipeline.engine.duckdb_sql import compiled, create_table, identifier, quoted, run, small_table, stoppable
from segmentation_pipeline.engine.file_errors import told_by_file

_BYTES_OF_VALUE = 100
"""Memory for a value of a wide join, whose hash tables are held together and go to disk in part only.  Tried with 1400MB and
118 columns of 17 families: 100,000 customers fit in one query, 333,000 do not."""
BATCH_ROWS = 100_000
"""Rows per Arrow batch when rows leave the engine: a few megabytes."""


_at_zone = engine_function("timezone", (dt.string, dt.timestamp), dt.Timestamp(timezone="UTC"))
_in_zone = engine_function("timezone", (dt.string, dt.Timestamp(timezone="UTC")), dt.timestamp)


def _bytes(size: str) -> float:
    return float(size[:-2]) * {"MB": 1e6, "GB": 1e9}[size[-2:]]


class DuckDBEngine:
    """An ``Engine`` over one DuckDB file; open one per process and close it."""

    name = "duckdb"
    incremental = True
    transient_errors: tuple[type[Exception], ...] = (duckdb.IOException,)

    def __init__(self, path: Path | None, config: EngineConfig | None = None, temp: Path | None = None) -> None:
        """Open ``path`` (None: in memory) for writing with the limits of ``config``."""
        config = config or EngineConfig()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.values_at_once = _bytes(config.memory_limit) / _BYTES_OF_VALUE
        # Tables have no order of their own, so that large ones are written in parallel and in little memory.
        options: dict[str, Any] = {"memory_limit": config.memory_limit, "preserve_insertion_order": False}
        if config.threads:
            options["threads"] = config.threads
        directory = Path(config.temp_directory) if config.temp_directory else temp
        if directory:
            directory.mkdir(parents=True, exist_ok=True)
            options["temp_directory"] = str(directory)
        self.backend: Backend = ibis.duckdb.connect(path or ":memory:", **options)
        self._run("SET TimeZone = 'UTC'")  # else instants with a zone would be shown in the machine's
        # Compressing text is most of what writing a table costs.  As an option of the connection this is ignored.
        self._run("SET disabled_compression_methods = 'fsst,dict_fsst'")
        # Memory DuckDB no longer uses goes back to the system sooner than by default: it is not counted in its limit.
        self._run("SET allocator_flush_threshold = '16MB'")
        self._run("SET allocator_bulk_deallocation_flush_threshold = '16MB'")
        duckdb_text.register(self.backend.con)
        self._macros = Macros(self.backend.con)
        self._files = SourceFiles(self.backend, directory)
        self._catalog = Catalog(self.backend)
        self._schemas: set[str] = set()
        self._staged = 0
        self.written = Written()

    # ------------------------------------------------------------ tables

    def table(self, name: str) -> ir.Table:
        return self._catalog.table(name)

    def has(self, name: str) -> bool:
        return self._catalog.kind(name) is not None

    def write(self, name: str, expression: ir.Table) -> int:
        self.written.note(name, expression)
        self._make_schema(name)
        sql = self._sql(expression)
        draft = quoted(name + "__draft")  # the expression may read the table it replaces
        with self.transaction():
            rows = create_table(self.backend, draft, sql)
            self.drop(name)
            self._run(f"ALTER TABLE {draft} RENAME TO {identifier(name.split('.')[1])}")
            self._catalog.made(name, TABLE)
        return rows

    def view(self, name: str, expression: ir.Table) -> None:
        self.written.note(name, expression)
        self._make_schema(name)
        sql = self._sql(expression)
        if self._catalog.kind(name) == TABLE:
            self.drop(name)
        self._run(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}")
        self._catalog.made(name, VIEW)

    def append(self, name: str, expression: ir.Table) -> None:
        self.written.note(name, expression)
        self._make_schema(name)
        sql = self._sql(expression)
        if self.has(name):
            self._run(f"INSERT INTO {quoted(name)} BY NAME {sql}")
        else:
            create_table(self.backend, quoted(name), sql)
            self._catalog.made(name, TABLE)

    def replace_slice(self, name: str, expression: ir.Table, keys: Mapping[str, date | str]) -> None:
        if not self.has(name):
            self.write(name, expression)
            return
        with ExitStack() as held:
            if expression.op().find(ops.DatabaseTable):  # it may read the table it replaces a slice of
                expression = held.enter_context(self.staged(expression))
            with self.transaction():
                self.delete(name, keys)
                self.append(name, expression)

    def replace_keys(self, name: str, expression: ir.Table, keys: ir.Table) -> None:
        same = " AND ".join(f"stored.{identifier(key)} IS NOT DISTINCT FROM replaced.{identifier(key)}" for key in keys.columns)
        self.written.note(name, expression)
        with self.transaction():
            self._run(f"CREATE OR REPLACE TEMP TABLE replacement AS {self._sql(expression)}")
            self._run(f"CREATE OR REPLACE TEMP TABLE replaced AS SELECT DISTINCT * FROM ({self._sql(keys)})")
            self._run(f"DELETE FROM {quoted(name)} AS stored USING replaced WHERE {same}")
            self._run(f"INSERT INTO {quoted(name)} BY NAME SELECT * FROM replacement")
            self._run("DROP TABLE replacement")
            self._run("DROP TABLE replaced")

    def delete(self, name: str, keys: Mapping[str, date | str]) -> None:
        if self.has(name):
            where = " AND ".join(f"{identifier(column)} = ?" for column in keys)
            self._run(f"DELETE FROM {quoted(name)} WHERE {where}", list(keys.values()))

    def drop(self, name: str) -> None:
        if kind := self._catalog.kind(name):
            self._run(f"DROP {kind} {quoted(name)}")
            self._catalog.dropped(name)

    @contextmanager
    def staged(self, expression: ir.Table) -> Iterator[ir.Table]:
        name = f"staged_{self._staged}"
        self._run(f"CREATE TEMP TABLE {name} AS {self._sql(expression)}")
        self._staged += 1  # and never less: what is staged later may be kept longer
        try:
            made = described(self.backend, f"temp.main.{name}")
            self.written.note_staged(made, expression)
            yield made
        finally:
            self._run(f"DROP TABLE temp.main.{name}")

    def memtable(self, columns: Mapping[str, Sequence[object]], schema: Mapping[str, object]) -> ir.Table:
        return small_table(columns, schema)

    def count(self, table: ir.Table) -> int:
        return int(self._run(f"SELECT COUNT(*) FROM ({self._sql(table)})")[0][0])

    def rows(self, table: ir.Table) -> list[dict[str, Any]]:
        self.written.note_read(table)
        # Not through Ibis: it would cast sums to the types it expects, and refuse wider ones.
        with stoppable(self.backend):
            found = self.backend.con.execute(self._sql(table)).to_arrow_table().to_pylist()
        return [{name: _whole(value) for name, value in row.items()} for row in found]

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        self.written.note_read(table)
        reader = self.backend.to_pyarrow_batches(table, chunk_size=BATCH_ROWS)
        try:
            yield from reader
        finally:  # also when the consumer stops early: an unfinished result would block the connection
            reader.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("BEGIN")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            self._schemas.clear()  # those made inside are gone again
            self._catalog.forget_everything()
            raise
        self._run("COMMIT")

    # ------------------------------------------------------------ source files

    def file_columns(self, path: Path, file_format: str, csv: CsvOptions, sheet: SheetReading = WHOLE) -> list[str]:
        return self._files.columns(path, file_format, csv, sheet)

    def read_file(
        self, path: Path, file_format: str, columns: Sequence[str], csv: CsvOptions, sheet: SheetReading = WHOLE
    ) -> FileRead:
        return self._files.read(path, file_format, columns, csv, sheet)

    def reading(self, path: Path) -> AbstractContextManager[None]:
        return told_by_file(path)

    # ------------------------------------------------------------ text as values

    def parse_text(self, text: ir.StringValue, kind: dt.DataType) -> ir.Value:
        # 1_000 is a number to DuckDB, and to no file.
        return ibis.ifelse(text.contains("_"), ibis.null("string"), text).try_cast(kind)

    def parse_local(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        return self._moment(instants.local_sql("v", formats), text, dt.timestamp)

    def parse_with_offset(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        sql = instants.absolute_sql("v", formats)
        return self.without_zone(self._moment(sql, text, dt.Timestamp(timezone="UTC")))

    def parse_day(self, text: ir.StringValue, formats: Sequence[str]) -> ir.DateValue:
        return self._moment(instants.day_sql("v", formats), text, dt.timestamp).date()

    def _moment(self, sql: str | None, text: ir.StringValue, kind: dt.DataType) -> ir.TimestampValue:
        return cast(ir.TimestampValue, ibis.null(kind) if sql is None else self._macros.call(sql, text, kind))

    def without_zone(self, instant: ir.TimestampValue) -> ir.TimestampValue:
        return cast(ir.TimestampValue, _in_zone("UTC", instant))

    def local_to_utc(self, instant: ir.TimestampValue, timezone: str) -> ir.TimestampValue:
        if timezone == "UTC":
            return instant
        return cast(ir.TimestampValue, _in_zone("UTC", _at_zone(timezone, instant)))

    def utc_to_local_day(self, instant: ir.TimestampValue, timezone: str) -> ir.DateValue:
        if timezone == "UTC":
            return instant.date()
        return cast(ir.TimestampValue, _in_zone(timezone, _at_zone("UTC", instant))).date()

    # ------------------------------------------------------------ publication

    def published_rows(self, path: Path, table: str) -> list[dict[str, object]]:
        if not path.is_file():
            return []
        with attached(self.backend, path, "current_publication", "READ_ONLY"):
            return self.rows(self.backend.table(table, database=("current_publication", "main")))

    def publish(
        self,
        path: Path,
        tables: Mapping[str, ir.Table],
        comments: Mapping[str, Mapping[str, str]],
        keep: Sequence[str] = (),
        functions: Sequence[TableFunction] = (),
        described: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        publish(self.backend, path, tables, comments, keep, functions, described)

    # ------------------------------------------------------------ plumbing

    def close(self) -> None:
        self.backend.disconnect()

    def _run(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return run(self.backend, sql, parameters)

    def _sql(self, expression: ir.Table) -> str:
        return compiled(self.backend, expression)

    def _make_schema(self, name: str) -> None:
        schema = name.split(".")[0]
        if schema not in self._schemas:
            self._run(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
            self._schemas.add(schema)


def _whole(value: object) -> object:
    """DuckDB's 128-bit sums of integers arrive as decimals without places."""
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value
