"""The embedded engine: everything that is DuckDB-only stands in this file."""

from __future__ import annotations

import codecs
import csv as csv_module
import gzip
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot.expressions as sge
import zstandard
from ibis.backends.duckdb import Backend

from segmentation_pipeline.config.schema import CsvOptions, EngineConfig
from segmentation_pipeline.engine.base import FileRead, SourceFileError

STORAGE_VERSION = "v1.0.0"
"""Published files can be opened by every DuckDB client from 1.0 on."""

BATCH_ROWS = 100_000
"""Rows per Arrow batch when rows leave the engine: a few megabytes."""

_WHOLE_LINE = "\x01"
"""A delimiter and quote no text line holds: JSON lines are read as one column, then taken apart."""


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.Array(dt.string)), dt.timestamp))
def _try_strptime(text, formats): ...


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, dt.timestamp), dt.Timestamp(timezone="UTC")))
def _at_zone(zone, instant): ...


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, dt.Timestamp(timezone="UTC")), dt.timestamp))
def _in_zone(zone, instant): ...


@ibis.udf.scalar.builtin(name="json_valid", signature=((dt.string,), dt.boolean))
def _json_valid(text): ...


@ibis.udf.scalar.builtin(name="json_extract_string", signature=((dt.string, dt.string), dt.string))
def _json_text(text, path): ...


class DuckDBEngine:
    """An ``Engine`` over one DuckDB file; open one per process and close it."""

    name = "duckdb"
    transient_errors: tuple[type[Exception], ...] = (duckdb.IOException,)

    def __init__(self, path: Path | None, config: EngineConfig | None = None, temp: Path | None = None) -> None:
        """Open ``path`` (None: in memory) for writing with the limits of ``config``."""
        config = config or EngineConfig()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {"memory_limit": config.memory_limit, "preserve_insertion_order": True}
        if config.threads:
            options["threads"] = config.threads
        directory = config.temp_directory or (str(temp) if temp else None)
        if directory:
            options["temp_directory"] = directory
        self.backend: Backend = ibis.duckdb.connect(path or ":memory:", **options)
        self._schemas: set[str] = set()

    # ------------------------------------------------------------ tables

    def table(self, name: str) -> ir.Table:
        schema, table = name.split(".")
        return self.backend.table(table, database=schema)

    def has(self, name: str) -> bool:
        schema, table = name.split(".")
        found = self._run(
            "SELECT count(*) FROM information_schema.tables WHERE table_catalog = current_database() "
            "AND table_schema = ? AND table_name = ?", [schema, table],
        )
        return bool(found[0][0])

    def write(self, name: str, expression: ir.Table) -> int:
        self._make_schema(name)
        return int(self._run(f"CREATE OR REPLACE TABLE {_quoted(name)} AS {self._sql(expression)}")[0][0])

    def write_view(self, name: str, expression: ir.Table) -> int:
        self._make_schema(name)
        self._run(f"CREATE OR REPLACE VIEW {_quoted(name)} AS {self._sql(expression)}")
        return self.count(self.table(name))

    def append(self, name: str, expression: ir.Table) -> None:
        self._make_schema(name)
        sql = self._sql(expression)
        self._run(f"CREATE TABLE IF NOT EXISTS {_quoted(name)} AS SELECT * FROM ({sql}) LIMIT 0")
        self._run(f"INSERT INTO {_quoted(name)} BY NAME {sql}")

    def replace_slice(self, name: str, expression: ir.Table, keys: Mapping[str, date | str]) -> None:
        self._make_schema(name)
        sql = self._sql(expression)
        where = " AND ".join(f"{_identifier(column)} = ?" for column in keys)
        with self._transaction():
            self._run(f"CREATE OR REPLACE TEMP TABLE replacement AS {sql}")
            self._run(f"CREATE TABLE IF NOT EXISTS {_quoted(name)} AS SELECT * FROM replacement LIMIT 0")
            self._run(f"DELETE FROM {_quoted(name)} WHERE {where}", list(keys.values()))
            self._run(f"INSERT INTO {_quoted(name)} BY NAME SELECT * FROM replacement")
            self._run("DROP TABLE replacement")

    def delete(self, name: str, keys: Mapping[str, date | str]) -> None:
        if self.has(name):
            where = " AND ".join(f"{_identifier(column)} = ?" for column in keys)
            self._run(f"DELETE FROM {_quoted(name)} WHERE {where}", list(keys.values()))

    def drop(self, name: str) -> None:
        self._run(f"DROP TABLE IF EXISTS {_quoted(name)}")

    def memtable(self, columns: Mapping[str, Sequence[object]], schema: Mapping[str, object]) -> ir.Table:
        wanted = ibis.schema(dict(schema)).to_pyarrow()
        return ibis.memtable(pa.table({field.name: pa.array(list(columns[field.name]), field.type) for field in wanted}, wanted))

    def count(self, table: ir.Table) -> int:
        return int(self._run(self._sql(table.count().as_table()))[0][0])

    def rows(self, table: ir.Table) -> list[dict[str, object]]:
        # Not through Ibis: it would cast sums to the types it expects, and refuse wider ones.
        found = self.backend.con.sql(self._sql(table)).to_arrow_table().to_pylist()
        return [{name: _whole(value) for name, value in row.items()} for row in found]

    def batches(self, table: ir.Table) -> Iterator[pa.RecordBatch]:
        reader = self.backend.to_pyarrow_batches(table, chunk_size=BATCH_ROWS)
        try:
            yield from reader
        finally:  # also when the consumer stops early: an unfinished result would block the connection
            reader.close()

    # ------------------------------------------------------------ source files

    def file_columns(self, path: Path, file_format: str, csv: CsvOptions) -> list[str]:
        if file_format == "parquet":
            with _told_by_file(path):
                return [row[0] for row in self._run("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [str(path)])]
        if file_format == "csv":
            return csv_header(path, csv)
        lines = self._text_lines(path).head(1000)
        keys = lines.filter(_json_valid(lines.line) & lines.line.strip().startswith("{")).select(key=lines.line)
        found = self._run(f"SELECT DISTINCT unnest(json_keys(key)) FROM ({self._sql(keys)})")
        return sorted(row[0] for row in found)

    def read_file(self, path: Path, file_format: str, columns: Sequence[str], csv: CsvOptions) -> FileRead:
        with _told_by_file(path):
            if file_format == "parquet":
                return self._read_parquet(path, columns)
            if file_format == "csv":
                return self._read_csv(path, columns, csv)
            return self._read_jsonl(path, columns)

    def _read_parquet(self, path: Path, columns: Sequence[str]) -> FileRead:
        present = self.file_columns(path, "parquet", CsvOptions())
        chosen = ", ".join(_identifier(c) if c in present else f"NULL::VARCHAR AS {_identifier(c)}" for c in columns)
        self._run(
            f"CREATE OR REPLACE TEMP VIEW source_file AS SELECT {chosen}, file_row_number + 1 AS _row "
            f"FROM read_parquet({_literal(str(path))}, file_row_number = true)"
        )
        return FileRead(self.backend.table("source_file"), self._malformed([]))

    def _read_csv(self, path: Path, columns: Sequence[str], csv: CsvOptions) -> FileRead:
        header = csv_header(path, csv)
        self._stage_csv(path, header, csv)
        rejects = self._run(
            "SELECT line::BIGINT - 1, string_agg(DISTINCT lower(error_type::VARCHAR), ';' ORDER BY lower(error_type::VARCHAR)), "
            "any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
        )
        staged = self.backend.table("staged_file")
        if rejects:
            staged = self._shift_rows(staged, [cast(int, row[0]) for row in rejects])
        chosen = {c: staged[c] if c in header else ibis.null("string") for c in columns}
        malformed = self._malformed([(row[0], "malformed:" + str(row[1]).replace(" ", "_"), row[2]) for row in rejects])
        return FileRead(staged.select(**chosen, _row=staged._row), malformed)

    def _stage_csv(self, path: Path, header: list[str], csv: CsvOptions) -> None:
        """Read the file once into a temp table; the reader's rejects land in ``reject_errors``."""
        self._run("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans; DROP TABLE IF EXISTS staged_file")
        types = ", ".join(f"{_literal(column)}: 'VARCHAR'" for column in header)
        self._run(
            f"CREATE TEMP TABLE staged_file AS SELECT *, row_number() OVER () AS _row FROM read_csv({_literal(str(path))}, "
            f"header = true, auto_detect = false, delim = {_literal(csv.delimiter)}, quote = {_literal(csv.quote)}, "
            f"escape = {_literal(csv.quote)}, encoding = {_literal(csv.encoding)}, columns = {{{types}}}, "
            f"nullstr = '', strict_mode = true, store_rejects = true, rejects_limit = 0)"
        )

    def _shift_rows(self, staged: ir.Table, bad_rows: list[int]) -> ir.Table:
        """Make ``_row`` count the malformed records too: add the rejects that stand before a row."""
        good_before = [row - position - 1 for position, row in enumerate(bad_rows)]
        steps = self.memtable(
            {"from_row": [good + 1 for good in good_before], "shift": list(range(1, len(bad_rows) + 1))},
            {"from_row": "int64", "shift": "int64"},
        )
        steps = steps.group_by("from_row").agg(shift=steps["shift"].max())
        joined = staged.asof_join(steps, staged._row >= steps.from_row)
        return joined.mutate(_row=joined._row + joined["shift"].fill_null(0)).drop("from_row", "shift")

    def _read_jsonl(self, path: Path, columns: Sequence[str]) -> FileRead:
        lines = self._text_lines(path)
        lines = lines.filter(lines.line.strip() != "")
        valid = _json_valid(lines.line) & lines.line.strip().startswith("{")
        good = lines.filter(valid)
        records = good.select(**{c: _json_text(good.line, '$."' + c.replace('"', '\\"') + '"') for c in columns}, _row=good._row)
        bad = lines.filter(~valid)
        return FileRead(records, bad.select(_row=bad._row, reason=ibis.literal("malformed:invalid_json"), line=bad.line))

    def _text_lines(self, path: Path) -> ir.Table:
        self._run(
            f"CREATE OR REPLACE TEMP VIEW text_lines AS SELECT line, row_number() OVER () AS _row FROM read_csv({_literal(str(path))}, "
            f"header = false, auto_detect = false, delim = '{_WHOLE_LINE}', quote = '', escape = '', "
            f"columns = {{'line': 'VARCHAR'}}, null_padding = true, ignore_errors = true)"
        )
        return self.backend.table("text_lines")

    def _malformed(self, rejects: list[tuple[Any, ...]]) -> ir.Table:
        return self.memtable(
            {"_row": [r[0] for r in rejects], "reason": [r[1] for r in rejects], "line": [r[2] for r in rejects]},
            {"_row": "int64", "reason": "string", "line": "string"},
        )

    # ------------------------------------------------------------ dates

    def parse_instant(self, text: ir.StringValue, formats: Sequence[str]) -> ir.TimestampValue:
        return cast(ir.TimestampValue, _try_strptime(text, ibis.array(list(formats))))

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
        self._run(f"ATTACH {_literal(str(path))} AS current_publication (READ_ONLY)")
        try:
            return self.rows(self.backend.table(table, database=("current_publication", "main")))
        finally:
            self._run("DETACH current_publication")

    def publish(
        self, path: Path, tables: Mapping[str, ir.Table], comments: Mapping[str, Mapping[str, str]], keep: Sequence[str] = ()
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
            leftover.unlink(missing_ok=True)
        self._run(f"ATTACH {_literal(str(fresh))} AS publication (STORAGE_VERSION '{STORAGE_VERSION}')")
        if keep:
            self._run(f"ATTACH {_literal(str(path))} AS current_publication (READ_ONLY)")
        try:
            for name, expression in tables.items():
                self._run(f"CREATE TABLE publication.main.{_identifier(name)} AS {self._sql(expression)}")
            for name in keep:
                self._run(f"CREATE TABLE publication.main.{_identifier(name)} AS FROM current_publication.main.{_identifier(name)}")
            for name in (*tables, *keep):
                for column, comment in comments.get(name, {}).items():
                    target = f"publication.main.{_identifier(name)}.{_identifier(column)}"
                    self._run(f"COMMENT ON COLUMN {target} IS {_literal(comment)}")
            self._run("CHECKPOINT publication")
        finally:
            self._run("DETACH publication")
            if keep:
                self._run("DETACH current_publication")
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(fresh, path)

    # ------------------------------------------------------------ plumbing

    def close(self) -> None:
        self.backend.disconnect()

    def _run(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run and fetch to the end: an unfinished result would block the connection."""
        return self.backend.con.execute(sql, list(parameters) or None).fetchall()

    def _sql(self, expression: ir.Table) -> str:
        self.backend._run_pre_execute_hooks(expression)  # registers the memtables the expression reads
        return self.backend.compile(expression)

    def _make_schema(self, name: str) -> None:
        schema = name.split(".")[0]
        if schema not in self._schemas:
            self._run(f"CREATE SCHEMA IF NOT EXISTS {_identifier(schema)}")
            self._schemas.add(schema)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            raise
        self._run("COMMIT")


def csv_header(path: Path, csv: CsvOptions) -> list[str]:
    """The column names in a CSV file's first record.

    Raises ``SourceFileError`` for an empty file, a repeated name or one that cannot be decoded.
    """
    with _told_by_file(path), _open_text(path, csv.encoding) as file:
        header = next(csv_module.reader(file, delimiter=csv.delimiter, quotechar=csv.quote), [])
    header = [name.strip() for name in header]
    if not any(header):
        raise SourceFileError(f"{path}: the file is empty, expected a header line with column names")
    if undecodable := [name for name in header if "\ufffd" in name]:
        raise SourceFileError(f"{path}: column name {undecodable[0]!r} is not {csv.encoding}; name the encoding under csv.encoding")
    if repeated := sorted({name for name in header if header.count(name) > 1}):
        raise SourceFileError(f"{path}: column {', '.join(map(repr, repeated))} appears more than once in the header")
    return header


def _open_text(path: Path, encoding: str) -> IO[str]:
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, errors="replace", newline="")
    if path.suffix == ".zst":
        return cast(IO[str], codecs.getreader(encoding)(zstandard.open(path, "rb"), errors="replace"))
    return path.open(encoding=encoding, errors="replace", newline="")


@contextmanager
def _told_by_file(path: Path) -> Iterator[None]:
    """Turn what a reader throws about a broken file into a message that names the file."""
    try:
        yield
    except (duckdb.Error, OSError, EOFError, UnicodeError, csv_module.Error, zstandard.ZstdError) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SourceFileError(
            f"{path}: cannot be read ({first_line}). Is it complete, and of the format its ending or the config says?"
        ) from error


def _whole(value: object) -> object:
    """DuckDB's 128-bit sums of integers arrive as decimals without places."""
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value


def _identifier(name: str) -> str:
    return sge.to_identifier(name, quoted=True).sql("duckdb")


def _quoted(name: str) -> str:
    return ".".join(_identifier(part) for part in name.split("."))


def _literal(text: str) -> str:
    return sge.Literal.string(text).sql("duckdb")
