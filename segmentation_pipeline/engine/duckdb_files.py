"""Source files as DuckDB reads them: CSV, JSON lines and Parquet, with every record accounted for.

The reader splits good files fast.  Where it is known to lose records or to count them wrongly
(stray quotes, blank lines beside malformed records, mixed line ends) the file is written anew first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import WORKBOOK, SheetReading
from segmentation_pipeline.contracts.engine_function import engine_function
from segmentation_pipeline.engine import text_files, workbooks
from segmentation_pipeline.engine.base import WHOLE, FileRead
from segmentation_pipeline.engine.duckdb_sql import compiled, file_literal, identifier, literal, run, small_table
from segmentation_pipeline.engine.encodings import NATIVE, check_encoding, decoding
from segmentation_pipeline.engine.file_errors import told_by_file
from segmentation_pipeline.engine.json_paths import LATER_ELEMENT, json_text, outermost, repeats_within
from segmentation_pipeline.engine.parquet_types import check_types

_WHOLE_LINE = "\x01"
"""A delimiter no line of JSON holds: JSON lines are read as one column, then taken apart."""

_NESTED_VALUE = r":\s*[\[{]"
"""What stands in a line that may hold a value within another."""

_BREAKS_COUNTING = {"unquoted value", "line size over maximum"}
"""Errors after which the reader may skip records without a word."""


_json_valid = engine_function("json_valid", (dt.string,), dt.boolean)
_json_keys = engine_function("json_keys", (dt.string,), dt.Array(dt.string))
_json_values = engine_function("json_extract", (dt.string, dt.string), dt.Array(dt.string))


class SourceFiles:
    """Reads source files through one connection, into its temporary tables."""

    def __init__(self, backend: Backend, temp: Path | None) -> None:
        self._backend = backend
        self._temp = temp

    def columns(self, path: Path, file_format: str, csv: CsvOptions, sheet: SheetReading = WHOLE) -> list[str]:
        with told_by_file(path):
            if file_format == WORKBOOK:
                return workbooks.workbook_columns(path, sheet, self._temp)
            if file_format == "parquet":
                return [row[0] for row in self._run(f"DESCRIBE FROM {_parquet(path)}") if row[0] != "file_row_number"]
            if file_format == "csv":
                return list(dict.fromkeys(name for name in text_files.csv_header(path, csv) if name))
            self._stage_json(path, file_format)
            lines = self._backend.table("staged_file")
            keys = lines.filter(_is_object(lines.line)).select(key=lines.line)
            found = self._run(f"SELECT DISTINCT unnest(json_keys(key)) FROM ({compiled(self._backend, keys)})")
            nested = lines.filter(_is_object(lines.line) & lines.line.re_search(_NESTED_VALUE)).select("line")
            deep = self._run(
                f"SELECT DISTINCT substr(tree.fullkey, 3) FROM ({compiled(self._backend, nested)}) AS lines, "
                "json_tree(lines.line) AS tree "
                f"WHERE tree.path <> '$' AND NOT regexp_matches(tree.fullkey, {literal(LATER_ELEMENT)})"
            )
            return sorted({row[0] for row in (*found, *deep)})

    def read(
        self, path: Path, file_format: str, columns: Sequence[str], csv: CsvOptions, sheet: SheetReading = WHOLE
    ) -> FileRead:
        with told_by_file(path):
            if file_format == WORKBOOK:
                return self._read_workbook(path, columns, sheet)
            if file_format == "parquet":
                return self._read_parquet(path, columns)
            if file_format == "csv":
                return self._read_csv(path, columns, csv)
            return self._read_json(path, file_format, columns)

    # ------------------------------------------------------------ parquet

    def _read_parquet(self, path: Path, columns: Sequence[str]) -> FileRead:
        check_types(path, columns)
        present = self.columns(path, "parquet", CsvOptions())
        chosen = ", ".join(identifier(c) if c in present else f"NULL::VARCHAR AS {identifier(c)}" for c in columns)
        chosen += ", file_row_number + 1 AS _row"
        self._run(f"CREATE OR REPLACE TEMP VIEW source_file AS SELECT {chosen} FROM {_parquet(path)}")
        columns_of_none = {"_row": "int64", "reason": "string", "line": "string"}
        return FileRead(self._backend.table("source_file"), small_table({name: [] for name in columns_of_none}, columns_of_none))

    # ------------------------------------------------------------ workbooks

    def _read_workbook(self, path: Path, columns: Sequence[str], sheet: SheetReading) -> FileRead:
        with tempfile.TemporaryDirectory(dir=self._temp) as folder:
            written = Path(folder) / "records.parquet"
            places = workbooks.write_records(path, columns, sheet, written, self._temp)
            self._run(f"CREATE OR REPLACE TEMP TABLE staged_sheet AS FROM read_parquet({file_literal(written)})")
        rows = self._backend.table("staged_sheet")
        bad, good = rows.filter(rows["_reason"].notnull()), rows.filter(rows["_reason"].isnull())
        chosen = {c: good[f"c{places[c]}"] if c in places else ibis.null("string") for c in columns}
        if self._run("SELECT bool_or(_skip IS NOT NULL) FROM staged_sheet") == [(True,)]:
            chosen["_skip"] = good["_skip"]
        return FileRead(good.select(**chosen, _row=good._row), bad.select("_row", reason=bad["_reason"], line=bad["_line"]))

    # ------------------------------------------------------------ CSV

    def _read_csv(self, path: Path, columns: Sequence[str], csv: CsvOptions) -> FileRead:
        header = text_files.csv_header(path, csv)
        places = {column: text_files.position_of(path, header, column) for column in columns}
        needed = max((place + 1 for place in places.values() if place is not None), default=0)
        broken = self._stage_csv(path, csv, len(header), needed)
        known = small_table(
            {"_row": [b.row for b in broken], "known_reason": [b.reason for b in broken], "known_line": [b.line for b in broken]},
            {"_row": "int64", "known_reason": "string", "known_line": "string"},
        )
        rejects = self._backend.table("staged_rejects")
        malformed = rejects.left_join(known, "_row").select(
            "_row", reason=lambda t: t.known_reason.fill_null(t.reason), line=lambda t: t.known_line.fill_null(t.line)
        )
        staged = self._counted()
        chosen = {c: ibis.null("string") if place is None else staged[f"c{place}"] for c, place in places.items()}
        if skip := self._no_records(header):
            chosen["_skip"] = cast(ir.StringValue, ibis.cases(*((holds(staged), name) for name, holds in skip.items())))
        return FileRead(staged.select(**chosen, _row=staged._row), malformed)

    def _no_records(self, header: Sequence[str]) -> dict[str, Callable[[ir.Table], ir.BooleanValue]]:
        """Lines between the records that are none: without any value, and the header once more."""
        ways: dict[str, Callable[[ir.Table], ir.BooleanValue]] = {
            "blank rows": lambda t: ibis.and_(*(t[f"c{n}"].strip().nullif("").isnull() for n in range(len(header)))),
            "repeated headers": lambda t: ibis.and_(*(t[f"c{n}"].strip() == name for n, name in enumerate(header) if name)),
        }
        staged = self._backend.table("staged_file")
        first = next(n for n, name in enumerate(header) if name)
        # Looked for by one column first: nearly no file has any.
        maybe = staged.filter(ibis.or_(staged.c0.strip().nullif("").isnull(), staged[f"c{first}"].strip() == header[first]))
        [found] = self._backend.to_pyarrow(maybe.agg(**{name: way(maybe).any() for name, way in ways.items()})).to_pylist()
        return {name: way for name, way in ways.items() if found[name]}

    def _stage_csv(self, path: Path, csv: CsvOptions, columns: int, needed: int) -> list[text_files.BrokenRecord]:
        """Read the file into ``staged_file`` and ``staged_rejects``; the records only text can tell of."""
        look = text_files.scan(path, csv)
        check_encoding(path, csv, look)
        csv = decoding(csv, look)
        plain = csv.encoding in NATIVE and not text_files.has_preamble(path, csv)
        if plain and not (look.odd_quotes or look.mixed_line_ends or look.leading_blank):
            self._stage(path, csv, columns)
            found = {str(row[0]) for row in self._run("SELECT DISTINCT error_type FROM staged_errors")}
            ragged = needed < columns and "missing columns" in found
            if not (ragged or found & _BREAKS_COUNTING or (found and look.blank_lines)):
                return []
        with tempfile.TemporaryDirectory(dir=self._temp) as folder:
            rewritten = Path(folder) / "rewritten.csv"
            broken = text_files.rewrite_csv(path, rewritten, csv, columns, needed, look.ends_open)
            self._stage(rewritten, csv.model_copy(update={"encoding": "utf-8"}), columns)
        return broken

    def _stage(self, path: Path, csv: CsvOptions, columns: int) -> None:
        # Columns go by position here: a header may repeat a name in another case or leave one empty.
        types = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(columns))
        self._stage_text(
            path,
            f"header = true, delim = {literal(csv.delimiter)}, quote = {literal(csv.quote)}, escape = {literal(csv.quote)}, "
            f"encoding = {literal(csv.encoding)}, columns = {{{types}}}, nullstr = '', strict_mode = true",
            header_lines=1,
        )

    # ------------------------------------------------------------ JSON lines

    def _read_json(self, path: Path, file_format: str, columns: Sequence[str]) -> FileRead:
        self._stage_json(path, file_format)
        lines, rejects = self._counted(), self._backend.table("staged_rejects")
        objects, bad = lines.filter(_is_object(lines.line)), lines.filter(~_is_object(lines.line))
        at_odds = _contradicts_itself(objects.line, outermost(columns)) | repeats_within(objects.line, columns)
        good, twofold = objects.filter(~at_odds), objects.filter(at_odds)
        records = good.select(**{c: json_text(good.line, c) for c in columns}, _row=good._row)
        malformed = bad.select(_row=bad._row, reason=ibis.literal("malformed:invalid_json"), line=bad.line)
        contradicting = twofold.select(_row=twofold._row, reason=ibis.literal("malformed:repeated_key"), line=twofold.line)
        return FileRead(records, malformed.union(contradicting, rejects.select("_row", "reason", "line")))

    def _stage_json(self, path: Path, file_format: str) -> None:
        """A line for each record: of a file of lines its own, of one list its elements."""
        if file_format == "jsonl":
            self._stage_lines(path)
            return
        with tempfile.TemporaryDirectory(dir=self._temp) as folder:
            lines = Path(folder) / "elements.jsonl"
            # The reader of lists knows no records at fault: what is broken anywhere is broken as a whole, and told so.
            elements = f"SELECT json(json) FROM read_json_objects({file_literal(path)}, format = 'array')"
            written = f"FORMAT csv, HEADER false, DELIMITER '{_WHOLE_LINE}', QUOTE '', ESCAPE ''"
            self._run("SET preserve_insertion_order = true")  # records are numbered as they stand
            try:
                self._run(f"COPY ({elements}) TO {file_literal(lines)} ({written})")
            finally:
                self._run("SET preserve_insertion_order = false")
            self._stage_lines(lines)

    def _stage_lines(self, path: Path) -> None:
        look = text_files.scan(path, CsvOptions())
        if not look.blank_lines and not look.leading_blank:
            self._stage_whole_lines(path)
            return
        with tempfile.TemporaryDirectory(dir=self._temp) as folder:
            rewritten = Path(folder) / "rewritten.jsonl"
            text_files.rewrite_lines(path, rewritten)
            self._stage_whole_lines(rewritten)

    def _stage_whole_lines(self, path: Path) -> None:
        self._stage_text(
            path,
            f"header = false, delim = '{_WHOLE_LINE}', quote = '', escape = '', columns = {{'line': 'VARCHAR'}}, "
            "strict_mode = false",
            header_lines=0,
        )

    # ------------------------------------------------------------ both

    def _stage_text(self, path: Path, options: str, header_lines: int) -> None:
        """Fill ``staged_file`` with the good records, numbered among themselves, ``staged_errors``
        with the reader's rejects by error and ``staged_rejects`` with one row per malformed record."""
        self._run("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        self._run("SET preserve_insertion_order = true")  # records are numbered as they stand
        try:
            self._run(
                "CREATE OR REPLACE TEMP TABLE staged_file AS SELECT *, row_number() OVER () AS _row "
                f"FROM read_csv({file_literal(path)}, auto_detect = false, hive_partitioning = false, "
                f"store_rejects = true, rejects_limit = 0, {options})"
            )
        finally:
            self._run("SET preserve_insertion_order = false")
        self._run(
            "CREATE OR REPLACE TEMP TABLE staged_errors AS SELECT "
            f"line::BIGINT - {header_lines} AS _row, lower(error_type::VARCHAR) AS error_type, csv_line FROM reject_errors"
        )
        self._run(
            "CREATE OR REPLACE TEMP TABLE staged_rejects AS "
            "SELECT _row, string_agg(DISTINCT reason, ';' ORDER BY reason) AS reason, "
            "ltrim(any_value(csv_line), chr(10) || chr(13)) AS line "
            "FROM (SELECT *, 'malformed:' || replace(error_type, ' ', '_') AS reason FROM staged_errors) GROUP BY _row"
        )

    def _counted(self) -> ir.Table:
        """``staged_file`` with ``_row`` counting the malformed records too: add the rejects that stand before a row."""
        staged, rejects = self._backend.table("staged_file"), self._backend.table("staged_rejects")
        if self._run("SELECT count(*) FROM staged_rejects") == [(0,)]:
            return staged
        numbered = rejects.select("_row", position=ibis.row_number().over(ibis.window(order_by=rejects._row)))
        good_before = numbered._row - numbered.position - 1
        steps = numbered.select(from_row=good_before + 1, shift=numbered.position + 1)
        steps = steps.group_by("from_row").agg(shift=steps["shift"].max())
        joined = staged.asof_join(steps, staged._row >= steps.from_row)
        return joined.mutate(_row=joined._row + joined["shift"].fill_null(0)).drop("from_row", "shift")

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return run(self._backend, sql)


def _parquet(path: Path) -> str:
    # A folder named like x=1 must not add a column or replace one of the file's.
    return f"read_parquet({file_literal(path)}, file_row_number = true, hive_partitioning = false)"


def _is_object(line: ir.StringValue) -> ir.BooleanValue:
    return cast(ir.BooleanValue, _json_valid(line) & line.strip().startswith("{"))


def _contradicts_itself(line: ir.StringValue, columns: Sequence[str]) -> ir.BooleanValue:
    """Whether an object gives one of ``columns`` twice, with two values: which of them is meant nobody can tell."""
    pairs = _json_keys(line).zip(_json_values(line, "$.*")).filter(lambda pair: pair.f1.isin(list(columns)))
    several = pairs.map(lambda pair: pair.f1)
    repeated = _json_keys(line).length() > _json_keys(line).unique().length()
    return cast(ir.BooleanValue, repeated & (pairs.unique().length() > several.unique().length()))
