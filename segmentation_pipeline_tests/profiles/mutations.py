"""Ways in which exports differ from shop to shop: the same records, written or framed otherwise."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.profiles.catalog import fitting, profiles
from segmentation_pipeline.starting.exports import look_at

Rows = list[list[str]]
_NUMBER = re.compile(r"[-$]*[0-9][0-9,]*\.[0-9]+-?")
_COMMA = re.compile(r"[0-9][0-9.]*,[0-9]+-?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(.*)", re.DOTALL)
_SLASHED = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{2,4})(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Written:
    """A file to be: its records, the first of which are the names of its columns, and how they are written."""

    rows: Rows
    delimiter: str
    encoding: str = "utf-8"
    before: str = ""

    def to(self, path: Path) -> None:
        out = io.StringIO(newline="")
        out.write(self.before)
        csv.writer(out, delimiter=self.delimiter, lineterminator="\n").writerows(self.rows)
        path.write_bytes(out.getvalue().encode(self.encoding, "replace"))


def read(path: Path) -> Written:
    export = look_at(SourceFile(path, path.name, "csv"), lambda names: bool(fitting(names, profiles())))
    text = path.read_text("utf-8")
    return Written(list(csv.reader(io.StringIO(text, newline=""), delimiter=export.csv.delimiter)), export.csv.delimiter)


def _cells(file: Written, change: Callable[[str], str]) -> Written:
    return Written([file.rows[0], *([change(cell) for cell in row] for row in file.rows[1:])], file.delimiter)


def _other_decimals(cell: str) -> str:
    if _NUMBER.fullmatch(cell) or _COMMA.fullmatch(cell):
        return cell.translate(str.maketrans(".,", ",."))
    return cell


def _other_days(cell: str) -> str:
    if found := _DAY.fullmatch(cell):
        year, month, day, rest = found.groups()
        return f"{day}/{month}/{year}{rest}"
    if found := _SLASHED.fullmatch(cell):
        first, second, year, rest = found.groups()
        return f"{second}/{first}/{year}{rest}"
    return cell


def _totals(file: Written) -> Written:
    """A last row with the sum of every column of amounts."""
    sums = []
    for position, _ in enumerate(file.rows[0]):
        found = [row[position] for row in file.rows[1:] if re.fullmatch(r"[0-9]+\.[0-9]+", row[position])]
        sums.append(f"{sum(map(float, found)):.2f}" if len(found) > len(file.rows) / 2 else "")
    return Written([*file.rows, ["Total", *sums[1:]]], file.delimiter)


def _renamed(file: Written) -> Written:
    wanted = profiles()[fitting(file.rows[0], profiles())[0]].signature.all[-1]
    header = [f"{name} (new)" if name == wanted else name for name in file.rows[0]]
    return Written([header, *file.rows[1:]], file.delimiter)


MUTATIONS: dict[str, Callable[[Written], Written]] = {
    "another delimiter": lambda file: Written(file.rows, "," if file.delimiter == ";" else ";"),
    "UTF-16": lambda file: Written(file.rows, file.delimiter, "utf-16"),
    "windows-1252": lambda file: Written(file.rows, file.delimiter, "windows-1252"),
    "another decimal sign": lambda file: _cells(file, _other_decimals),
    "another order of day and month": lambda file: _cells(file, _other_days),
    "columns the other way round": lambda file: Written([row[::-1] for row in file.rows], file.delimiter),
    "a column more": lambda file: Written([[*row, "x" if n else "Extra"] for n, row in enumerate(file.rows)], file.delimiter),
    "a column renamed": _renamed,
    "a row of totals": _totals,
    "lines above the columns": lambda file: Written(file.rows, file.delimiter, before="Report of the shop\n\nApril 2024\n"),
    "columns named again": lambda file: Written([*file.rows[:4], file.rows[0], *file.rows[4:]], file.delimiter),
}
