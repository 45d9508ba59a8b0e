"""The first values of files that are no text: of Parquet, JSON and workbooks, apart by whether the file has them as texts.

A number or a day that the file has as such needs no setting to be read; how texts are written must be told by them.
"""

from __future__ import annotations

import datetime as dates
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

import pyarrow.parquet as pq

from segmentation_pipeline.config.schema import CsvOptions, SourceConfig
from segmentation_pipeline.config.schema.workbooks import UNSAID, WORKBOOK, XlsxOptions
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.file_errors import told_by_file
from segmentation_pipeline.engine.text_files import open_text
from segmentation_pipeline.engine.workbook_cells import Cell, cell_text
from segmentation_pipeline.engine.workbooks import first_cells, sheets_seen
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.ingest.headers import headers
from segmentation_pipeline.quality.sample_files import RECORDS, write_sample

IsKnown = Callable[[Sequence[str]], bool]
Mark = TypeVar("Mark")

_TITLES = 40
_FEWEST = 3
_SCALARS = (str, int, float, Decimal, dates.date, dates.time, dates.timedelta)


@dataclass(slots=True)
class FirstValues:
    """The columns of a file and their first values, empty ones left out; ``texts`` are those that are texts in the file.
    ``xlsx`` says how a workbook is read."""

    header: tuple[str, ...]
    values: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    xlsx: XlsxOptions = UNSAID

    def add(self, record: Mapping[str, object]) -> None:
        for name, value in record.items():
            if not isinstance(value, _SCALARS) or not (written := _written(value)):
                continue
            self.values.setdefault(name, []).append(written)
            if isinstance(value, str):
                self.texts.setdefault(name, []).append(written)


def first_values(file: SourceFile, is_known: IsKnown) -> FirstValues:
    """What a file begins with.  Raises ``SourceFileError`` when it cannot be read, or has several sheets that may be meant."""
    with told_by_file(file.path):
        if file.format == WORKBOOK:
            return _of_workbook(file, is_known)
        [names] = headers([file], CsvOptions())
        if not names:
            raise SourceFileError(f"{file.name}: it has no record that names columns. Export a time in which something happened.")
        found = FirstValues(tuple(names))
        for record in islice(_of_parquet(file.path) if file.format == "parquet" else _of_json(file), RECORDS):
            found.add(record)
        return found


def best_header(candidates: Iterable[tuple[Mark, Sequence[str]]], is_known: IsKnown) -> Mark | None:
    """Which of several lines has the names of the columns: the first that ``is_known``, else the one with the most words."""
    best, most = None, _FEWEST - 1
    for mark, names in candidates:
        if is_known(names):
            return mark
        words = {name for name in names if name and not name[0].isdigit()}
        if len(words) == len(names) > most:
            best, most = mark, len(names)
    return best


def _written(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return cell_text(cast(Cell, value)) or ""


def _of_parquet(path: Path) -> Iterator[Mapping[str, object]]:
    for batch in pq.ParquetFile(path).iter_batches(batch_size=RECORDS):
        yield from batch.to_pylist()
        return


def _of_json(file: SourceFile) -> Iterator[Mapping[str, object]]:
    """The first records, what is in objects under the name that a mapping has for it: ``customer.id``, ``items[0].price``."""
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / file.path.name
        write_sample(file, SourceConfig(files="*"), sample)
        with open_text(sample, "utf-8", "replace") as text:
            lines = [text.read()] if file.format == "json" else text
            for line in lines:
                try:
                    read = json.loads(line, parse_float=Decimal)
                except json.JSONDecodeError:
                    continue  # a run counts it as malformed
                for record in read if isinstance(read, list) else [read]:
                    if isinstance(record, dict):
                        yield dict(_flat(record))


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield from _flat(value[0], f"{name}[0]") if value else ()
    else:
        yield name, value


def _of_workbook(file: SourceFile, is_known: IsKnown) -> FirstValues:
    """The sheet with the columns of a known export, where a workbook has several; of one sheet that one."""
    tabs = sheets_seen(file.path)
    sheets: Iterator[tuple[str | None, FirstValues]] = (
        (tab, _of_sheet(file.path, XlsxOptions(sheet=tab if len(tabs) > 1 else None), is_known)) for tab in tabs
    )
    found = [(tab, sheet) for tab, sheet in sheets if len(tabs) == 1 or is_known(sheet.header)]
    if len(found) == 1 and found[0][1].header:
        return found[0][1]
    if len(tabs) == 1:
        raise SourceFileError(f"{file.name}: sheet {tabs[0]!r} is empty, expected a row with column names")
    told = ", ".join(map(repr, tabs))
    which = "several" if found else "none"
    raise SourceFileError(
        f"{file.name}: of its sheets {told} {which} may be an export that is known. Save the one that is meant as a file of its "
        "own, or write config/sources.yaml with 'xlsx: {sheet: NAME}' (docs/your_data.md)."
    )


def _of_sheet(path: Path, options: XlsxOptions, is_known: IsKnown) -> FirstValues:
    rows = first_cells(path, options, _TITLES + RECORDS)
    texts = [[" ".join((cell_text(cell) or "").split()) for cell in row] for row in rows[:_TITLES]]
    filled = [place for place, row in enumerate(texts) if any(row)]
    if not filled:
        return FirstValues((), xlsx=options)
    place = best_header(((place, _without_end(texts[place])) for place in filled), is_known)
    place = filled[0] if place is None else place
    above = {"skip_rows": place} if place > filled[0] else {}
    names = texts[place]
    found = FirstValues(tuple(dict.fromkeys(name for name in names if name)), xlsx=options.model_copy(update=above))
    for row in rows[place + 1 :]:
        found.add({name: cell for name, cell in zip(names, row, strict=False) if name and cell != name})
    return found


def _without_end(names: Sequence[str]) -> Sequence[str]:
    """The names without the empty cells behind the last one."""
    last = max(place for place, name in enumerate(names) if name)
    return names[: last + 1]
