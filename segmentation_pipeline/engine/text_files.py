"""CSV and JSON lines as text: opening, looking through, and writing anew what the engine's reader cannot split.

Belongs here: everything about characters and lines.  Reading into tables is the engine's part.
"""

from __future__ import annotations

import csv as csv_module
import io
import re
from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.preamble import preamble
from segmentation_pipeline.engine.probable_encodings import not_in_encoding

MAX_LINE_CHARACTERS = 1_900_000
"""Longer records are malformed; the engine's reader takes records of 2 MB of UTF-8 at most."""

MAX_RECORD_LINES = 1_000
"""A quote that is not closed within so many lines is taken for a stray one."""

MAX_BROKEN_RECORDS = 100_000
"""More records than this with broken quotes mean that the configured quote is wrong."""

_CHUNK = 1 << 20
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class TextScan:
    """What one pass over a file's characters tells.

    ``odd_quotes``: at least one quote has no partner (or is an inch mark).  ``mixed_line_ends`` and
    ``blank_lines``: the file has them, maybe inside quoted values.  ``leading_blank``: it begins
    with a blank line.  ``ends_open``: the last line is not ended, it may be cut off.  ``beyond``: it has characters
    beyond ASCII.  ``controls``: it has control characters that are letters in windows-1252.  ``odd_bytes``: the first
    ones that the encoding does not know, with what stands around them.
    """

    odd_quotes: bool
    mixed_line_ends: bool
    blank_lines: bool
    leading_blank: bool
    ends_open: bool = False
    beyond: bool = False
    controls: bool = False
    odd_bytes: bytes | None = None


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A record that was left out of a rewritten file: its number, why, and its text."""

    row: int
    reason: str
    line: str


def open_text(path: Path, encoding: str, errors: str = "replace") -> IO[str]:
    """The decompressed file as text with line ends as they are; a byte order mark is skipped."""
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors, newline="")


def open_bytes(path: Path) -> pa.NativeFile:
    """The decompressed file."""
    return pa.input_stream(str(path), compression={".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower()))


def csv_header(path: Path, csv: CsvOptions) -> list[str]:
    """The column names in a CSV file's first record behind what ``preamble`` takes off; empty names are columns nobody can
    ask for.

    Raises ``SourceFileError`` for an empty file or a name that cannot be decoded.
    """
    with open_text(path, csv.encoding) as file:
        records = csv_module.reader(preamble(file, csv)[1], delimiter=csv.delimiter, quotechar=csv.quote)
        header = [name.strip() for name in next((record for record in records if record), [])]
    if not any(header):
        raise SourceFileError(f"{path}: the file is empty, expected a header line with column names")
    if any("\ufffd" in name or "\x00" in name for name in header):
        with open_bytes(path) as raw:
            raise SourceFileError(not_in_encoding(path, csv.encoding, raw.read(_SAMPLE)))
    return header


def position_of(path: Path, header: Sequence[str], column: str) -> int | None:
    """Where a column stands; None where it does not.  Raises ``SourceFileError`` when two bear its name."""
    if header.count(column) > 1:
        raise SourceFileError(
            f"{path}: column {column!r} appears more than once in the header, so nobody can tell which is meant"
        )
    return header.index(column) if column in header else None


def has_preamble(path: Path, csv: CsvOptions) -> bool:
    """Whether anything stands before the line with the column names."""
    with open_text(path, csv.encoding) as file:
        return bool(preamble(file, csv)[0])


def scan(path: Path, csv: CsvOptions) -> TextScan:
    """Look through the whole file once, in pieces.

    Raises ``OSError`` when a compressed file is cut off: the engine's reader would take the rest
    for all of it.
    """
    quotes = feeds = returns = pairs = 0
    blank = leading = beyond = controls = False
    odd: bytes | None = None
    before = ""
    with open_text(path, csv.encoding, errors_of(csv)) as file:
        while chunk := file.read(_CHUNK):
            leading = leading or (not before and chunk[0] in "\r\n")
            quotes += chunk.count(csv.quote)
            feeds += chunk.count("\n")
            returns += chunk.count("\r")
            pairs += (before[-1:] + chunk).count("\r\n")
            joined = before + chunk
            blank = blank or "\n\n" in joined or "\n\r\n" in joined or "\r\r" in joined
            if not chunk.isascii():
                beyond = beyond or _BEYOND.search(chunk) is not None
                controls = controls or _C1.search(chunk) is not None
                if odd is None and (found := _ODD.search(chunk)):
                    # Enough to tell letters by, too little to tell whose name it is.
                    odd = chunk[max(0, found.start() - 2) : found.end() + 2].encode("utf-8", "surrogateescape")
            before = joined[-2:]
    kinds = [feeds - pairs, returns - pairs, pairs]
    return TextScan(
        quotes % 2 == 1,
        sum(kind > 0 for kind in kinds) > 1,
        blank,
        leading,
        before[-1:] not in ("\r", "\n"),
        beyond,
        controls,
        odd,
    )


_BEYOND = re.compile("[^\x00-\x9f\ufeff\udc80-\udcff]")
_C1 = re.compile("[\x80-\x9f]")
_ODD = re.compile("[\udc80-\udcff]+")


def rewrite_csv(path: Path, target: Path, csv: CsvOptions, columns: int, needed: int, cut_off: bool) -> list[BrokenRecord]:
    """Write ``path`` to ``target`` as UTF-8 with one kind of line end, no blank lines and no broken quotes.

    A record whose quotes are broken is one line: reading goes on with the next.  In its place
    stands a line of too many columns, so that record numbers stay.  A record that lacks columns at its end which nobody
    reads (all behind the first ``needed``) gets them, empty, unless it is the last and may be ``cut_off``.  Returns the
    broken records.
    """
    stand_in = csv.delimiter.join("x" * (columns + 1))
    broken: list[BrokenRecord] = []
    with open_text(path, csv.encoding, errors_of(csv)) as source, _create(target) as file:
        lines = preamble(source, csv)[1]
        for row, ((record, sound), last) in enumerate(_with_last(_records(lines, csv))):
            if sound and not (last and cut_off) and needed <= (found := _columns(record, csv)) < columns:
                record += csv.delimiter * (columns - found)
            if not sound or len(record) > MAX_LINE_CHARACTERS:
                reason = "malformed:line_size_over_maximum" if sound else "malformed:unquoted_value"
                broken.append(BrokenRecord(row, reason, _readable(record)))
                _not_too_many(path, csv, broken)
                record = stand_in
            file.write(record + "\n")
    return broken


def _columns(record: str, csv: CsvOptions) -> int:
    if csv.quote not in record:
        return record.count(csv.delimiter) + 1
    source = io.StringIO(record, newline="")
    return sum(len(values) for values in csv_module.reader(source, delimiter=csv.delimiter, quotechar=csv.quote))


def _with_last(records: Iterator[tuple[str, bool]]) -> Iterator[tuple[tuple[str, bool], bool]]:
    """Each record, and whether it is the last."""
    held = next(records, None)
    while held is not None:
        following = next(records, None)
        yield held, following is None
        held = following


def rewrite_lines(path: Path, target: Path) -> None:
    """Write the lines of ``path`` that are not blank to ``target``, each ended by a line feed."""
    with open_text(path, "utf-8", "surrogateescape") as source, _create(target) as file:
        file.writelines(line.rstrip("\r\n") + "\n" for line in source if line.strip())


def errors_of(csv: CsvOptions) -> str:
    """Bytes that are no UTF-8 are handed on as they are, for the engine's reader to reject."""
    return "surrogateescape" if csv.encoding == "utf-8" else "replace"


def _create(target: Path) -> IO[str]:
    return target.open("w", encoding="utf-8", errors="surrogateescape", newline="")


def _readable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _not_too_many(path: Path, csv: CsvOptions, broken: Sequence[BrokenRecord]) -> None:
    if len(broken) > MAX_BROKEN_RECORDS:
        raise SourceFileError(
            f"{path}: more than {MAX_BROKEN_RECORDS} records have broken quotes, the first is record {broken[0].row}. "
            f"Is {csv.quote} the quote of this file? Set csv.quote in sources.yaml."
        )


def _records(lines: Iterator[str], csv: CsvOptions) -> Iterator[tuple[str, bool]]:
    """Each record, without its line end, and whether it could be split into columns."""
    delimiter, quote = re.escape(csv.delimiter), re.escape(csv.quote)
    # A quote opens a value only at its start; elsewhere it is a character like any other.
    inside = f"{quote}(?:[^{quote}]++|{quote}{quote})*+"
    plain = f"(?!{quote})[^{delimiter}\r\n]*+"
    field = f"(?:{inside}{quote}|{plain})"
    whole = re.compile(f"{field}(?:{delimiter}{field})*+")
    unfinished = re.compile(f"(?:{field}{delimiter})*+{inside}")

    waiting: deque[str] = deque()

    def following() -> str | None:
        return waiting.popleft() if waiting else next(lines, None)

    while (line := following()) is not None:
        if not (text := line.rstrip("\r\n")):
            continue
        if csv.quote not in line or whole.fullmatch(text):
            yield text, True
            continue
        taken, buffer = [line], line
        sound = False
        while unfinished.fullmatch(buffer) and len(taken) <= MAX_RECORD_LINES:
            # Only a line with a quote can close the value, so the pattern is not tried in between.
            added: list[str] = []
            while (more := following()) is not None:
                added.append(more)
                if csv.quote in more or len(taken) + len(added) > MAX_RECORD_LINES:
                    break
            taken += added
            buffer += "".join(added)
            if sound := whole.fullmatch(buffer.rstrip("\r\n")) is not None:
                break
            if more is None:
                break
        if sound:
            yield buffer.rstrip("\r\n"), True
        else:
            waiting.extendleft(reversed(taken[1:]))
            yield text, False


def rewrite_without(
    path: Path, target: Path, csv: CsvOptions | None, left_out: Container[int], changed: Mapping[int, Callable[[str], str]]
) -> None:
    """Write a CSV file (``csv`` None: JSON lines) to ``target``, encoded and compressed as it is, without some records.

    Records have the numbers reading gives them; those in ``changed`` are written as their function makes them.
    """
    encoding = csv.encoding if csv else "utf-8"
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    compression = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix.lower())
    with open_text(path, encoding, errors) as source, pa.output_stream(str(target), compression=compression) as sink:
        file = io.TextIOWrapper(sink, encoding=encoding, errors=errors, newline="")
        before, lines = preamble(source, csv) if csv else ([], source)
        file.writelines(before)
        end = _line_end(path, encoding)
        records = (
            (text for text, _ in _records(lines, csv)) if csv else (t for line in lines if (t := line.rstrip("\r\n")).strip())
        )
        for number, record in enumerate(records, start=0 if csv else 1):
            if number not in left_out:
                file.write(changed[number](record) + end if number in changed else record + end)
        file.flush()
        file.detach()


def _line_end(path: Path, encoding: str) -> str:
    with open_text(path, encoding) as file:
        return "\r\n" if file.readline().endswith("\r\n") else "\n"
