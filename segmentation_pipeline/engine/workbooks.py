"""Sheets of workbooks (``.xlsx``) as tables of text: which sheet, which rows are records, and which cannot be used.

Belongs here: what is one sheet's records.  What is in a cell is told in ``workbook_cells.py``, how the file is made up in
``workbook_parts.py``.  Rows are handed on in portions to a Parquet file, which the engine reads.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, groupby, islice
from operator import attrgetter
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from segmentation_pipeline.config.schema.workbooks import SheetReading, XlsxOptions
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.workbook_cells import Cell, cell_text, column_letters
from segmentation_pipeline.engine.workbook_parts import Fault, faults, sheet_parts, write_head
from segmentation_pipeline.engine.workbook_tabs import chosen, tabs

MERGED = "malformed:merged_cells"
"""Reason: a cell that is read is merged into another one."""

BLANK, REPEATED = "blank rows", "repeated headers"

_PORTION = 20_000
_HEAD_ROWS = 60
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_SAVE_AGAIN = "Open it in a spreadsheet program and save it as .xlsx."


def workbook_columns(path: Path, reading: SheetReading, temp: Path | None = None) -> list[str]:
    """The column names of a sheet, from its first rows alone.  Raises ``SourceFileError`` as ``write_records`` does."""
    with _head(path, reading.options.skip_rows + _HEAD_ROWS, temp) as head, _sheet(path, head, reading.options) as sheet:
        return list(dict.fromkeys(name for name in _header(path, sheet, reading.options)[1] if name))


def first_cells(path: Path, options: XlsxOptions, count: int, temp: Path | None = None) -> list[list[Cell]]:
    """The cells of the first rows of a sheet, from the first one on."""
    with _head(path, count, temp) as head, _sheet(path, head, options) as sheet:
        return list(islice(sheet.iter_rows(), count))


def first_rows(path: Path, options: XlsxOptions, count: int, temp: Path | None = None) -> list[list[str]]:
    """The texts of the first rows of a sheet, from the first one on."""
    return [[cell_text(value) or "" for value in row] for row in first_cells(path, options, count, temp)]


def sheets_seen(path: Path, temp: Path | None = None) -> list[str]:
    """The names of the sheets that can be seen, in the order of their tabs."""
    with _plain(path, temp) as plain, _told(path), plain.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        return tabs(book)[0]


def write_sample(path: Path, options: XlsxOptions, target: Path, records: int) -> None:
    """Write a workbook of the first ``records`` of ``path``, compressed as it is, to ``target``."""
    with tempfile.TemporaryDirectory() as folder, _plain(path, None) as plain:
        head = Path(folder) / "head.xlsx"
        write_head(plain, head, options.skip_rows + 1 + records, with_rest=True)
        compression = {".gz": "gzip", ".zst": "zstd"}.get(target.suffix.lower())
        with head.open("rb") as source, pa.output_stream(str(target), compression=compression) as sink:
            shutil.copyfileobj(source, sink)


def write_records(
    path: Path, columns: Sequence[str], reading: SheetReading, target: Path, temp: Path | None = None
) -> dict[str, int]:
    """Write the records of a sheet to the Parquet file ``target``; the positions of ``columns`` there, where the sheet has them.

    A row has the texts ``c<position>``, ``_row`` as the spreadsheet counts it (from 1), ``_skip`` where it is no record, and
    ``_reason`` and ``_line`` where it cannot be used: a column that is read holds an error, a formula without a value, or
    a cell merged into another one.

    Raises ``SourceFileError`` when the file is none that can be read, has no such sheet or several, or no column names.
    """
    options = reading.options
    with _plain(path, temp) as plain, _sheet(path, plain, options) as sheet:
        header_row, header = _header(path, sheet, options)
        places = {column: place for column in columns if (place := _position(path, header, column)) is not None}
        left = (sheet.start or (0, 0))[1]
        records = _Records(reading, header, left, places)
        at_fault = faults(plain, sheet_parts(plain).get(sheet.name, sheet.name))
        with pq.ParquetWriter(target, records.schema) as writer:
            numbered = enumerate(sheet.iter_rows())
            rows = _with_faults(_with_merged(numbered, sheet, left, options), at_fault)
            behind = (each for each in rows if each[0] > header_row)
            while portion := list(islice(behind, _PORTION)):
                writer.write_table(records.table(portion))
    return places


@contextmanager
def _plain(path: Path, temp: Path | None) -> Iterator[Path]:
    """The workbook, decompressed where it is compressed once more; told what it is where it is none."""
    with path.open("rb") as file:
        first = file.read(len(_OLD_OR_LOCKED))
    if first == _OLD_OR_LOCKED:
        raise SourceFileError(
            f"{path}: the file is protected by a password or an old .xls workbook; neither is read. Open it in a spreadsheet "
            f"program, take the password off, and save it as .xlsx."
        )
    if path.suffix.lower() not in (".gz", ".zst"):
        yield path
        return
    compression = "gzip" if path.suffix.lower() == ".gz" else "zstd"
    with tempfile.TemporaryDirectory(dir=temp) as folder:
        plain = Path(folder) / "plain.xlsx"
        with pa.input_stream(str(path), compression=compression) as source, plain.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        yield plain


@contextmanager
def _head(path: Path, rows: int, temp: Path | None) -> Iterator[Path]:
    with _plain(path, temp) as plain, tempfile.TemporaryDirectory(dir=temp) as folder:
        head = Path(folder) / "head.xlsx"
        with _told(path):
            write_head(plain, head, rows)
        yield head


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, EOFError) as error:
        raise SourceFileError(
            f"{path}: cannot be read as a workbook ({_reason(error)}). Is it complete? {_SAVE_AGAIN}"
        ) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of the library's own language: no Exception of Python
            raise
        raise SourceFileError(f"{path}: cannot be read as a workbook (it is damaged). {_SAVE_AGAIN}") from error


def _reason(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def _sheet(path: Path, plain: Path, options: XlsxOptions) -> Iterator[CalamineSheet]:
    """The sheet of ``plain`` that is meant; ``path`` is what people know the file as."""
    with _told(path), plain.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        yield book.get_sheet_by_name(chosen(path, book, options))


def _header(path: Path, sheet: CalamineSheet, options: XlsxOptions) -> tuple[int, list[str]]:
    """The row, from 0, of the column names and these: the first row with anything in it behind those that are skipped."""
    for number, row in enumerate(islice(sheet.iter_rows(), options.skip_rows + _HEAD_ROWS)):
        if number >= options.skip_rows and not _is_blank(row):
            return number, [" ".join((cell_text(value) or "").split()) for value in row]
    raise SourceFileError(f"{path}: sheet {sheet.name!r} is empty, expected a row with column names")


def _position(path: Path, header: Sequence[str], column: str) -> int | None:
    if header.count(column) > 1:
        raise SourceFileError(
            f"{path}: column {column!r} appears more than once in the header, so nobody can tell which is meant"
        )
    return header.index(column) if column in header else None


def _is_blank(row: Sequence[Cell]) -> bool:
    return all(isinstance(value, str) and not value.strip() for value in row)


_Row = tuple[int, list[Cell], frozenset[int]]
"""Number from 0, cells, and the positions among them that are merged into another."""


def _with_merged(rows: Iterator[tuple[int, list[Cell]]], sheet: CalamineSheet, left: int, options: XlsxOptions) -> Iterator[_Row]:
    """The rows with what cells have that are merged into another one."""
    ranges = sorted((range_ for range_ in sheet.merged_cell_ranges or ()), reverse=True)
    nothing: frozenset[int] = frozenset()
    active: list[tuple[int, int, int, int, Cell]] = []
    for number, row in rows:
        active = [range_ for range_ in active if range_[1] >= number]
        while ranges and ranges[-1][0][0] <= number:
            (top, first), (bottom, last) = ranges.pop()
            here = top == number and 0 <= first - left < len(row)
            active.append((top, bottom, first - left, last - left, row[first - left] if here else ""))
        if not active or options.merged == "first":
            yield number, row, nothing
            continue
        merged = set()
        for top, _, first, last, value in active:
            for place in range(max(first, 0), min(last + 1, len(row))):
                if (number, place) != (top, first):
                    if options.merged == "repeat":
                        row[place] = value
                    else:
                        merged.add(place)
        yield number, row, frozenset(merged)


def _with_faults(
    rows: Iterator[_Row], at_fault: Iterator[Fault]
) -> Iterator[tuple[int, list[Cell], frozenset[int], list[Fault]]]:
    """The rows with their cells at fault, which come in the same order; also rows that have no other cells and lie behind all."""
    following = next(at_fault, None)
    width = 0
    for number, row, merged in rows:
        width = len(row)
        found = []
        while following is not None and following.row <= number:
            found.append(following)
            following = next(at_fault, None)
        yield number, row, merged, found
    behind = at_fault if following is None else chain([following], at_fault)
    for number, group in groupby(behind, key=attrgetter("row")):
        yield number, [""] * width, frozenset(), list(group)


class _Records:
    """Makes records of rows: those of one sheet under one header."""

    def __init__(self, reading: SheetReading, header: Sequence[str], left: int, places: dict[str, int]) -> None:
        self._header, self._left = header, left
        self._places = sorted(set(places.values()))
        self._decimals = {place: reading.decimals.get(column) for column, place in places.items()}
        texts = [pa.field(f"c{place}", pa.string()) for place in self._places]
        more = [pa.field(name, pa.string()) for name in ("_skip", "_reason", "_line")]
        self.schema = pa.schema([*texts, pa.field("_row", pa.int64()), *more])

    def table(self, rows: Sequence[tuple[int, list[Cell], frozenset[int], list[Fault]]]) -> pa.Table:
        judged = [self._judged(row, merged, found) for _, row, merged, found in rows]
        columns = [[cell_text(row[place], self._decimals[place]) for _, row, _, _ in rows] for place in self._places]
        numbers = [number + 1 for number, *_ in rows]
        told = [[each[n] for each in judged] for n in range(3)]
        return pa.table(
            [pa.array(values, field.type) for values, field in zip([*columns, numbers, *told], self.schema, strict=True)],
            self.schema,
        )

    def _judged(self, row: list[Cell], merged: frozenset[int], found: list[Fault]) -> tuple[str | None, str | None, str | None]:
        """Why a row is no record, why it cannot be used, and then its text."""
        if found or merged:
            read = [fault for fault in found if fault.column - self._left in self._places]
            reasons = {fault.reason for fault in read} | ({MERGED} if merged.intersection(self._places) else set())
            if reasons:
                return None, ";".join(sorted(reasons)), self._line(row, merged, found)
        if not found and self._is_empty(row[0]) and _is_blank(row):
            return BLANK, None, None
        first = row[0]
        if isinstance(first, str) and " ".join(first.split()) == self._header[0] and self._is_header(row):
            return REPEATED, None, None
        return None, None, None

    @staticmethod
    def _is_empty(value: Cell) -> bool:
        return isinstance(value, str) and not value.strip()

    def _is_header(self, row: list[Cell]) -> bool:
        return all(
            " ".join((cell_text(value) or "").split()) == name for value, name in zip(row, self._header, strict=True) if name
        )

    def _line(self, row: list[Cell], merged: frozenset[int], found: list[Fault]) -> str:
        number = found[0].row + 1 if found else None
        texts = [cell_text(value) or "" for value in row]
        for place in merged:
            texts[place] = "merged into another cell"
        for fault in found:
            if 0 <= (place := fault.column - self._left) < len(texts):
                texts[place] = f"{fault.shown} in {column_letters(fault.column)}{number}"
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="").writerow(texts)
        return line.getvalue()
