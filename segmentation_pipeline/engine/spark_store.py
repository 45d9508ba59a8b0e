"""Tables as folders of Parquet files, named by one manifest that is replaced whole.

A table is a list of parts; a part is a folder nobody changes once it is written.  Which parts a
table has stands in ``manifest.json`` alone, so any number of tables change at one instant: when the
new manifest takes the old one's place.  Parts no manifest names are left over and are swept away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

MANIFEST = "manifest.json"
_LONGEST_CONSTANT = 200
_PART = re.compile(r"\d{8,}")
"""How a part's folder is called; nothing else in the warehouse is ever removed."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows in one folder.  ``constants``: the columns of text or days in which all its rows agree."""

    folder: str
    rows: int
    constants: Mapping[str, str]

    def told(self, keys: Mapping[str, date | str]) -> bool | None:
        """Whether all rows have the ``keys`` (True) or none (False); None when only reading them would tell."""
        known = [self.constants[key] == str(value) for key, value in keys.items() if key in self.constants]
        if False in known:
            return False
        return True if len(known) == len(keys) else None


@dataclass(frozen=True, slots=True)
class StoredTable:
    """``columns``: name to type as Ibis spells it."""

    columns: Mapping[str, str]
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


class Store:
    """The warehouse folder; ``root`` is a local path or a URL such as ``s3://bucket/path``."""

    def __init__(self, root: str) -> None:
        scheme, _, rest = root.rpartition("://")
        self.url = f"s3a://{rest}" if scheme in ("s3", "s3a") else root if scheme else Path(root).absolute().as_uri()
        where = f"s3://{rest}" if scheme == "s3a" else root if scheme else Path(root).absolute().as_uri()
        self.files, self._root = pafs.FileSystem.from_uri(where)
        self.files.create_dir(self._root, recursive=True)
        self.tables: dict[str, StoredTable] = {}
        self._number = 0
        self._depth = 0
        self._load()
        self._sweep_all()

    # ------------------------------------------------------------ folders

    def new_folder(self, name: str) -> str:
        """A folder for a new part of ``name``; nothing is in it."""
        self._number += 1
        folder = f"{name}/{self._number:08d}"
        self.remove(folder)
        return folder

    def url_of(self, folder: str) -> str:
        """The folder as Spark names it."""
        return f"{self.url}/{folder}"

    def parquet_files(self, folder: str) -> list[str]:
        """The folder's Parquet files in the order of their rows."""
        found = self.files.get_file_info(pafs.FileSelector(self._path(folder), allow_not_found=True))
        return sorted(info.path for info in found if info.path.endswith(".parquet"))

    @contextmanager
    def writer(self, folder: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
        """Writes the folder's only file, without Spark."""
        self.files.create_dir(self._path(folder), recursive=True)
        with (
            self.files.open_output_stream(f"{self._path(folder)}/part-00000.parquet") as file,
            pq.ParquetWriter(file, schema) as writer,
        ):
            yield writer

    def part(self, folder: str) -> Part:
        """A written folder with what its files' own footers tell."""
        footers = []
        for path in self.parquet_files(folder):
            with self.files.open_input_file(path) as file:
                footers.append(pq.ParquetFile(file).metadata)
        groups = [footer.row_group(i) for footer in footers for i in range(footer.num_row_groups)]
        return Part(folder, sum(footer.num_rows for footer in footers), _constants([g for g in groups if g.num_rows]))

    def remove(self, folder: str) -> None:
        if self.files.get_file_info(self._path(folder)).type is pafs.FileType.Directory:
            self.files.delete_dir(self._path(folder))

    def _path(self, folder: str) -> str:
        return f"{self._root}/{folder}"

    # ------------------------------------------------------------ the manifest

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes to ``tables`` inside take effect together, or none; inner blocks belong to the outer one."""
        before, self._depth = dict(self.tables), self._depth + 1
        start = self._number
        try:
            yield
            if self._depth == 1:
                self._save()
        except BaseException:
            self.tables = before
            if self._depth == 1:
                self._number = start
            raise
        finally:
            self._depth -= 1
        if self._depth == 0:
            kept = _folders(self.tables)
            for folder in _folders(before) - kept:
                self.remove(folder)

    def _load(self) -> None:
        path = self._path(MANIFEST)
        if self.files.get_file_info(path).type is not pafs.FileType.File:
            return
        with self.files.open_input_stream(path) as file:
            told: dict[str, Any] = json.loads(file.read())
        self._number = told["number"]
        self.tables = {
            name: StoredTable(table["columns"], tuple(Part(**part) for part in table["parts"]))
            for name, table in told["tables"].items()
        }

    def _save(self) -> None:
        told = {"number": self._number, "tables": {name: asdict(table) for name, table in sorted(self.tables.items())}}
        fresh = self._path(f".{MANIFEST}.new") if isinstance(self.files, pafs.LocalFileSystem) else self._path(MANIFEST)
        with self.files.open_output_stream(fresh) as file:
            file.write(json.dumps(told).encode())
        if fresh != self._path(MANIFEST):  # an object store replaces an object whole by itself
            self.files.move(fresh, self._path(MANIFEST))

    def _sweep_all(self) -> None:
        """Remove what earlier processes left behind: all parts the manifest does not name.

        Without a manifest the folder may be somebody else's, and nothing is removed.
        """
        if self.files.get_file_info(self._path(MANIFEST)).type is not pafs.FileType.File:
            return
        kept = {self._path(folder) for folder in _folders(self.tables)}
        for table in self.files.get_file_info(pafs.FileSelector(self._root)):
            if table.type is not pafs.FileType.Directory:
                continue
            for part in self.files.get_file_info(pafs.FileSelector(table.path)):
                ours = part.type is pafs.FileType.Directory and _PART.fullmatch(part.base_name)
                if ours and str(PurePosixPath(part.path)) not in kept:
                    self.files.delete_dir(part.path)


def _folders(tables: Mapping[str, StoredTable]) -> set[str]:
    return {part.folder for table in tables.values() for part in table.parts}


def _constants(groups: list[Any]) -> dict[str, str]:
    """The columns of text or days that have one value in all row groups."""
    if not groups:
        return {}
    found: dict[str, str] = {}
    for position in range(groups[0].num_columns):
        statistics = [group.column(position).statistics for group in groups]
        if any(s is None or not s.has_min_max or not s.has_null_count or s.null_count for s in statistics):
            continue
        ends = {end for s in statistics for end in (s.min, s.max)}
        value = next(iter(ends))
        if len(ends) == 1 and isinstance(value, str | date) and len(str(value)) <= _LONGEST_CONSTANT:
            found[groups[0].column(position).path_in_schema] = str(value)
    return found
