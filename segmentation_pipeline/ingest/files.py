"""Which files a source consists of, and whether their content changed."""

from __future__ import annotations

import difflib
import glob
import hashlib
import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.config.schema.workbooks import ENDINGS, WORKBOOK
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.settings import Settings

PACKAGE_PREFIX = "package:"
FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    **dict.fromkeys(ENDINGS, WORKBOOK),
}
_OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers")
IN_USE = "~$"
"""How the file is named that a spreadsheet program keeps beside a workbook while it is open."""

_COMPRESSED = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: where it is, the name people and provenance know it by, and its format."""

    path: Path
    name: str
    format: str
    root: Path = Path()
    """The folder of the project."""


def source_files(root: Path, source: str, config: SourceConfig) -> list[SourceFile]:
    """The files of a source as configured: those in the project and those landed in it before.

    Raises ``SourceFileError`` as ``find_files`` does, and when nothing has landed yet.
    """
    if config.lands and not has_landed(root, source, config):
        raise SourceFileError(f"source '{source}': nothing has been fetched yet. Run 'segmentation run'.")
    patterns = (*config.patterns, _landed(root, source, config)) if config.lands else config.patterns
    return find_files(root, source, patterns, config.format)


def has_landed(root: Path, source: str, config: SourceConfig) -> bool:
    """Whether there are files of a source that must be fetched before it is read."""
    return bool(glob.glob(_landed(root, source, config), root_dir=root, recursive=True))  # noqa: PTH207


def _landed(root: Path, source: str, config: SourceConfig) -> str:
    folder = (Settings(root).landing / source).relative_to(root).as_posix()
    return f"{folder}/rows/*.parquet" if config.gives_rows else f"{folder}/objects/**/*"


def find_files(root: Path, source: str, patterns: Sequence[str], file_format: str | None) -> list[SourceFile]:
    """The files the glob ``patterns`` match, sorted by name.

    Patterns are relative to the project ``root``; ``package:NAME/path`` looks inside an installed
    Python package.  Not every pattern must match, but one must; of files named without a wildcard each, or the same in
    another format (``customers.csv``, ``customers.parquet``).

    Raises ``SourceFileError`` when nothing matches, a named file is missing or a format cannot be told from the ending.
    """
    found: dict[str, SourceFile] = {}
    named: dict[str, bool] = {}
    for pattern in patterns:
        base, shown, inside = _base(root, source, pattern)
        for match in sorted(glob.glob(inside, root_dir=base, recursive=True)):  # noqa: PTH207  Path.glob takes no absolute patterns
            path = base / match
            if path.is_file() and not path.name.startswith(IN_USE):
                # Two spellings of one path are one file.
                name = f"{shown}{Path(os.path.normpath(match)).as_posix()}"
                found[name] = SourceFile(path, name, file_format or _format(path, source), root)
        if not glob.has_magic(inside):
            stem = _stem(pattern)
            named[stem] = named.get(stem, False) or (base / inside).is_file()
    if not found:
        raise SourceFileError(_nothing_found(root, source, patterns))
    if missing := [pattern for pattern in patterns if not named.get(_stem(pattern), True)]:
        raise SourceFileError(
            f"source '{source}': {', '.join(missing)} is missing: sources.yaml names it beside "
            f"files that are there. Deliver it, or take it out of the list; a pattern such as *.csv takes what comes."
        )
    return [found[name] for name in sorted(found)]


def file_order(name: str) -> tuple[object, ...]:
    """Which of two files is later: ``_10`` comes after ``_9``, ``31.01.2024`` before ``01.02.2024``, ``orders (1).csv`` after
    ``orders.csv``.

    >>> sorted(["o_10.csv", "o_9.csv", "o (1).csv", "o.csv"], key=file_order)
    ['o.csv', 'o (1).csv', 'o_9.csv', 'o_10.csv']
    >>> sorted(["orders 01.02.2024.csv", "orders 31.01.2024.csv"], key=file_order)
    ['orders 31.01.2024.csv', 'orders 01.02.2024.csv']
    """
    stem, _, ending = name.rpartition(".")
    dated = _DAY_FIRST.sub(r"\3-\2-\1", stem)
    parts = [(1, int(part), "") if part.isdigit() else (0, 0, part.lower()) for part in _DIGITS.split(dated) if part]
    # By itself: of two names one may have more parts than the other.
    return (tuple(parts), ending, name)


_DIGITS = re.compile(r"([0-9]+)")
_DAY_FIRST = re.compile(r"(?<![0-9])([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?![0-9])")


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _base(root: Path, source: str, pattern: str) -> tuple[Path, str, str]:
    """The folder a pattern starts in, the prefix shown before matches, and the pattern in it."""
    if not pattern.startswith(PACKAGE_PREFIX):
        return root, "", pattern
    package, _, inside = pattern.removeprefix(PACKAGE_PREFIX).partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SourceFileError(
            f"source '{source}': {pattern} needs the Python package '{package}', which is not installed. "
            "Install it, then run again."
        )
    return Path(spec.submodule_search_locations[0]), f"{PACKAGE_PREFIX}{package}/", inside


def _format(path: Path, source: str) -> str:
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    if suffixes and suffixes[-1] in FORMATS:
        return FORMATS[suffixes[-1]]
    if suffixes and suffixes[-1] in _OTHER_WORKBOOKS:
        raise SourceFileError(
            f"source '{source}': {path} is a workbook that is not read. Open it in a spreadsheet program and save it as .xlsx."
        )
    raise SourceFileError(
        f"source '{source}': cannot tell the format of {path} by its ending (known: {', '.join(FORMATS)}, "
        f"each also with .gz or .zst). Set 'format: csv', 'parquet', 'jsonl', 'json' or 'xlsx' in sources.yaml."
    )


def _stem(pattern: str) -> str:
    """A name without the endings that tell its format: what the same file in another format shares."""
    path = Path(pattern)
    path = path.with_suffix("") if path.suffix.lower() in _COMPRESSED else path
    return str(path.with_suffix("") if path.suffix.lower() in FORMATS else path)


def _nothing_found(root: Path, source: str, patterns: Sequence[str]) -> str:
    folders = {(root / pattern).parent for pattern in patterns if not pattern.startswith(PACKAGE_PREFIX)}
    there = sorted(p.name for folder in folders if folder.is_dir() for p in folder.iterdir() if p.is_file())
    close = difflib.get_close_matches(Path(patterns[0]).name, there, n=3, cutoff=0.4)
    hint = f" Files there with a similar name: {', '.join(close)}." if close else ""
    return (
        f"source '{source}': no file matches {', '.join(patterns)} in {root}.{hint} "
        f"Put the files there, correct 'sources.{source}.files' in sources.yaml, or remove the source."
    )
