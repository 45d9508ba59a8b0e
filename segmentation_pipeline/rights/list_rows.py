"""The rows of a list's files, whatever their format, and the file without those of the erased.

A file for a platform names nobody by key.  The record beside it (``<profile>.members.csv``) says by which values each person
was written there: whoever has them all is the person.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline.campaigns.upload import FOUND_BY, MEMBERS

Row = Mapping[str, str]
FORMATS = (".csv", ".jsonl", ".parquet")
_MARK = "\ufeff"


@dataclass
class FoundBy:
    """By which values platforms know the erased: of each group of columns, the values of one person after another."""

    people: dict[tuple[str, ...], set[tuple[str, ...]]] = field(default_factory=dict)

    def learn(self, path: Path, is_erased: Callable[[Row], bool]) -> None:
        """Take up what a record of members says of the erased."""
        for _, row in rows_of(path):
            if is_erased(row):
                self.learn_row(row)

    def learn_row(self, row: Row) -> None:
        found = {name.removeprefix(FOUND_BY): value for name, value in row.items() if name.startswith(FOUND_BY)}
        if any(found.values()):
            self.people.setdefault(tuple(found), set()).add(tuple(value or "" for value in found.values()))

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns may hold one of the people."""
        return any(set(group) <= set(columns) for group in self.people)

    def names(self, row: Row) -> bool:
        """Whether a row of a platform's file is that of an erased person."""
        return any(
            all(name in row for name in columns) and tuple(row[name] or "" for name in columns) in known
            for columns, known in self.people.items()
        )


@dataclass(frozen=True)
class Shortened:
    """A file without some rows: how many are left, those taken out, and what it holds now."""

    kept: int
    removed: list[dict[str, str]] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def list_files(folder: Path) -> list[Path]:
    """Every file with rows below a folder; records of members last, since an interrupted erasure needs them again."""
    found = (path for path in folder.rglob("*") if path.suffix in FORMATS and not path.name.startswith("."))
    return sorted(found, key=lambda path: (path.name.endswith(MEMBERS), path))


def shortened(path: Path, is_erased: Callable[[Row], bool]) -> Shortened | None:
    """The file without the rows for which ``is_erased`` holds; None when there are none."""
    if path.suffix == ".parquet":
        return _shortened_parquet(path, is_erased)
    if not any(is_erased(row) for _, row in rows_of(path)):
        return None
    kept, removed = [], []
    for line, row in rows_of(path):
        if is_erased(row):
            removed.append(dict(row))
        else:
            kept.append(line)
    header = "" if path.suffix == ".jsonl" else _header(path)
    return Shortened(len(kept), removed, (header + "".join(kept)).encode())


def rows_of(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each line after the header, as it is and by column; the files' texts have no line breaks."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            for line in file:
                yield line, _texts(json.loads(line).items())
            return
        header = file.readline().removeprefix(_MARK)
        separator = next((sign for sign in ";\t" if sign in header and "," not in header), ",")
        names = next(csv.reader([header], delimiter=separator), [])
        for line in file:
            yield line, dict(zip(names, next(csv.reader([line], delimiter=separator), []), strict=False))


def _header(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.readline()


def _texts(items: Iterable[tuple[str, object]]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in items}


def _shortened_parquet(path: Path, is_erased: Callable[[Row], bool]) -> Shortened | None:
    table = pq.read_table(path)
    rows = [_texts(row.items()) for row in table.to_pylist()]
    gone = [is_erased(row) for row in rows]
    if not any(gone):
        return None
    sink = pa.BufferOutputStream()
    pq.write_table(table.filter(pa.array([not each for each in gone])), sink)
    removed = [row for row, out in zip(rows, gone, strict=True) if out]
    return Shortened(len(rows) - len(removed), removed, sink.getvalue().to_pybytes())
