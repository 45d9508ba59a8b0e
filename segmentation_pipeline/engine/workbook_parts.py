"""The files a workbook consists of: where its sheets lie, its first rows alone, and the cells whose value nobody can use.

The library that reads workbooks gives an empty text for a cell that holds an error (``#N/A``) and for a formula that was
never calculated; which cells these are stands in the sheet's own file, which is looked through in pieces.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.workbook_cells import column_number

ERROR, UNCALCULATED = "malformed:error_in_a_cell", "malformed:formula_without_a_value"
"""Reasons: a cell holds an error; a formula's value is not in the file."""

_CHUNK = 1 << 20
_LONGEST_CELL = 1 << 17
"""More than the text of any cell: spreadsheets take 32,767 characters, of up to three bytes."""

_ROW_END = re.compile(rb"</((?:\w+:)?)row>|<((?:\w+:)?)row\b[^>]*/>")
_DATA_END = re.compile(rb"</(?:\w+:)?sheetData>")
_AT_FAULT = re.compile(
    rb"<(?:\w+:)?c\b(?P<error>[^>]*\st=[\"']e[\"'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>(?P<told>[^<]*)<"
    rb"|<(?:\w+:)?c\b(?P<formula>(?:(?!\st=[\"']str[\"'])[^>/])*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</)",
    re.DOTALL,
)
_MAYBE = re.compile(rb"\st=[\"']e[\"']|[<:]f[\s>/]")
"""What stands in a piece of a sheet that may have such a cell: looked for first, since most have none."""
_PLACE = re.compile(rb"\sr=[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_NOT_NEEDED = ("xl/media/", "xl/pivotCache/", "xl/drawings/", "xl/charts/", "customXml/")


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell whose value nobody can use: row and column from 0, why, and what is shown there."""

    row: int
    column: int
    reason: str
    shown: str


def sheet_parts(path: Path) -> dict[str, str]:
    """The file within the workbook that holds each worksheet, by the sheet's name."""
    with _opened(path) as book:
        main = next((name for name in _targets(book, "", "officeDocument").values()), "xl/workbook.xml")
        targets = _targets(book, main, "worksheet")
        sheets = (element for element in ElementTree.fromstring(book.read(main)).iter() if _bare(element.tag) == "sheet")
        found = {}
        for sheet in sheets:
            linked = next((value for key, value in sheet.attrib.items() if _bare(key) == "id" and key != "id"), "")
            if linked in targets:
                found[sheet.attrib["name"]] = targets[linked]
        return found


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as book:
            yield book
    except (LookupError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:  # a part is missing or damaged
        raise zipfile.BadZipFile(str(error)) from error


def _targets(book: zipfile.ZipFile, part: str, kind: str) -> dict[str, str]:
    """The parts of a kind that ``part`` refers to, by the name it has for them."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in book.namelist():
        return {}
    found = {}
    for relation in ElementTree.fromstring(book.read(relations)):
        if relation.attrib.get("Type", "").endswith(f"/{kind}"):
            target = relation.attrib["Target"]
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[relation.attrib["Id"]] = whole
    return found


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def faults(path: Path, part: str) -> Iterator[Fault]:
    """The cells of a sheet without a value that can be used, row by row.

    Raises ``SourceFileError`` where a cell does not say where it stands, or rows are out of order.
    """
    last = -1
    with _opened(path) as book, book.open(part) as file:
        buffer = b""
        while chunk := file.read(_CHUNK):
            buffer += chunk
            behind = 0
            for found in _AT_FAULT.finditer(buffer) if _MAYBE.search(buffer) else ():
                behind = found.end()
                place = _PLACE.search(found["error"] if found["error"] is not None else found["formula"])
                row = int(place[2]) - 1 if place else -1
                if place is None or row < last:
                    raise SourceFileError(
                        f"{path}: a cell holds an error or a formula without a value, and the file does not say in order which "
                        f"one. Open it in a spreadsheet program and save it again."
                    )
                last = row
                if found["error"] is not None:
                    yield Fault(row, column_number(place[1].decode()), ERROR, found["told"].decode("utf-8", "replace"))
                else:
                    yield Fault(row, column_number(place[1].decode()), UNCALCULATED, "a formula without a value")
            buffer = buffer[max(behind, len(buffer) - _LONGEST_CELL) :]


def write_head(path: Path, target: Path, rows: int, *, with_rest: bool = False) -> None:
    """Write a workbook of the first ``rows`` rows of every sheet, as they are; what else a sheet says of itself
    ``with_rest`` only, for which all of it must be read."""
    sheets = set(sheet_parts(path).values())
    with _opened(path) as book, zipfile.ZipFile(target, "w") as head:
        for part in book.infolist():
            if part.filename.startswith(_NOT_NEEDED) or part.is_dir():
                continue
            with book.open(part) as source, head.open(part.filename, "w", force_zip64=True) as sink:
                for piece in (
                    _head(source, rows, with_rest) if part.filename in sheets else iter(lambda: source.read(_CHUNK), b"")
                ):
                    sink.write(piece)


def _head(source: IO[bytes], rows: int, with_rest: bool) -> Iterator[bytes]:
    ended, buffer = 0, b""
    while chunk := source.read(_CHUNK):
        buffer += chunk
        behind = 0
        for found in _ROW_END.finditer(buffer):
            behind, ended = found.end(), ended + 1
            if ended == rows:
                yield buffer[:behind]
                prefix = found[1] or found[2] or b""
                yield from _rest(source, buffer[behind:], prefix) if with_rest else (_closing(prefix),)
                return
        yield buffer[:behind]
        buffer = buffer[behind:]
    yield buffer


def _closing(prefix: bytes) -> bytes:
    return b"</%bsheetData></%bworksheet>" % (prefix, prefix)


def _rest(source: IO[bytes], buffer: bytes, prefix: bytes) -> Iterator[bytes]:
    """What stands behind the rows."""
    while (found := _DATA_END.search(buffer)) is None:
        if not (chunk := source.read(_CHUNK)):
            yield _closing(prefix)
            return
        buffer = buffer[-64:] + chunk
    yield buffer[found.start() :]
    yield from iter(lambda: source.read(_CHUNK), b"")
