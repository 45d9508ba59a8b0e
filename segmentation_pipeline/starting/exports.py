"""What a file looks like before anybody has said how to read it: its columns, how they are parted, its first values.

Only bounded pieces of a file are looked at; what comes of it is a proposal, and a run reads what the configuration says.
"""

from __future__ import annotations

import csv as csv_module
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import UNSAID, XlsxOptions
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.encodings import check_encoding
from segmentation_pipeline.engine.preamble import is_separator_line
from segmentation_pipeline.engine.probable_encodings import probable_encodings
from segmentation_pipeline.engine.text_files import open_bytes, open_text, scan
from segmentation_pipeline.ingest.files import FORMATS, IN_USE, SourceFile
from segmentation_pipeline.quality.sample_files import RECORDS
from segmentation_pipeline.starting.first_values import IsKnown, best_header, first_values

_CHARACTERS = 8_000_000
_LINES = 40
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Export:
    """A file: ``csv`` says how it is parted, ``values`` has the first ones of each column, empty ones left out.

    ``encodings`` are those it may be in, with a piece as it would read, where it is not UTF-8; an ``ascii_only`` one reads
    alike in nearly all.  ``texts`` are the values that are texts in a file that has numbers and days as such, which no
    setting is needed for; ``xlsx`` says how a workbook is read.
    """

    file: SourceFile
    csv: CsvOptions
    header: tuple[str, ...]
    values: dict[str, list[str]] = field(default_factory=dict)
    encodings: tuple[tuple[str, str], ...] = ()
    ascii_only: bool = False
    texts: Mapping[str, list[str]] | None = None
    xlsx: XlsxOptions = UNSAID

    def of(self, columns: Sequence[str]) -> list[str]:
        """The first values of some columns."""
        return [value for column in columns for value in self.values.get(column, ())]

    def texts_of(self, columns: Sequence[str]) -> list[str]:
        """Of the first values of some columns those that are written as texts."""
        values = self.values if self.texts is None else self.texts
        return [value for column in columns for value in values.get(column, ())]

    def has_others(self, column: str) -> bool:
        """Whether a column has values that the file does not hold as texts."""
        return self.texts is not None and len(self.texts.get(column, ())) < len(self.values.get(column, ()))

    @property
    def reading(self) -> dict[str, object]:
        """How a file that is no text is read, as ``sources.yaml`` says it."""
        return {} if self.xlsx == UNSAID else {"xlsx": self.xlsx.model_dump(exclude_defaults=True)}


def look_at(file: SourceFile, is_known: IsKnown) -> Export:
    """The file as it lies there.  The line with the names of the columns is the first that ``is_known``, else the first
    that has the most.

    Raises ``SourceFileError`` when there is none.
    """
    if file.format != "csv":
        first = first_values(file, is_known)
        return Export(file, CsvOptions(), first.header, first.values, texts=first.texts, xlsx=first.xlsx)
    encodings: tuple[tuple[str, str], ...] = ()
    ascii_only = False
    with open_bytes(file.path) as raw:
        begin = raw.read(4)
    options = CsvOptions(encoding="utf-16") if begin.startswith((b"\xff\xfe", b"\xfe\xff")) else CsvOptions()
    if options.encoding == "utf-8":
        whole = scan(file.path, options)
        ascii_only = not whole.beyond and whole.odd_bytes is None
        try:
            check_encoding(file.path, options, whole)
        except SourceFileError:
            encodings = tuple(probable_encodings(whole.odd_bytes or b""))
            options = CsvOptions.model_validate({"encoding": encodings[0][0] if encodings else "latin-1"})
    with open_text(file.path, options.encoding) as text:
        content = text.read(_CHARACTERS)
    lines = list(islice(io.StringIO(content, newline=""), _LINES))
    place, delimiter = _header_line(file, lines, is_known)
    skipped = place - (place > 0 and is_separator_line(lines[place - 1]))
    options = options.model_copy(update={"delimiter": delimiter, "skip_lines": skipped})
    records = csv_module.reader(io.StringIO("".join(_from(content, place)), newline=""), delimiter=delimiter)
    header = [name.strip() for name in next(records)]
    values: dict[str, list[str]] = {name: [] for name in header if name}
    for record in islice(_readable(records), RECORDS):
        for name, value in zip(header, record, strict=False):
            if name and (written := value.strip()) and value.strip() != name:
                values[name].append(written)
    return Export(file, options, tuple(header), values, encodings, ascii_only)


def _from(content: str, place: int) -> Iterator[str]:
    return islice(io.StringIO(content, newline=""), place, None)


def _readable(records: Iterator[list[str]]) -> Iterator[list[str]]:
    """Records up to one that the module cannot read: it has seen enough."""
    try:
        yield from records
    except csv_module.Error:
        return


def _header_line(file: SourceFile, lines: list[str], is_known: IsKnown) -> tuple[int, str]:
    candidates = (((place, sign), _names(line, sign)) for place, line in enumerate(lines) for sign in _DELIMITERS)
    best = best_header(candidates, is_known)
    if best is None:
        raise SourceFileError(
            f"{file.path}: none of the first {len(lines)} lines names columns that are parted by one of , ; | or a tab. "
            "Export it as CSV with a line of column names."
        )
    return best


def _names(line: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv_module.reader([line.rstrip("\r\n")], delimiter=delimiter), [])]


def known_ending(path: Path) -> bool:
    """Whether a file's name says that it may hold data."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    return name.endswith(tuple(FORMATS)) and not name.startswith(IN_USE)
