"""Keys and addresses of a person wherever else they were written: reports, Dagster's records, what a crash left."""

from __future__ import annotations

import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from segmentation_pipeline.config.schema.workbooks import ENDINGS
from segmentation_pipeline.engine.text_files import open_bytes
from segmentation_pipeline.engine.word_patterns import compiled_patterns, without_words
from segmentation_pipeline.ingest.redaction import BLOT
from segmentation_pipeline.rights.changed_file import FileChange, replacing, sha256

_CHUNK = 1 << 22
_LEAST_CHARACTERS = 5
_DATABASES = (".db", ".sqlite")
_TEXTS = (".csv", ".html", ".json", ".jsonl", ".log", ".md", ".txt", ".yaml", ".yml")


def telling(words: Sequence[str]) -> list[str]:
    """The words that can be looked for in files: short ones would be found everywhere."""
    return [word for word in words if len(word) >= _LEAST_CHARACTERS]


def files_holding(folder: Path, words: Sequence[str], leave: Collection[Path] = ()) -> list[Path]:
    """The files below ``folder`` whose bytes hold one of ``words``; those in ``leave``, or below, are not looked at."""
    wanted: list[bytes] = [re.escape(word.encode()) for word in telling(words)]
    if not wanted or not folder.is_dir():
        return []
    wanted.sort(key=len, reverse=True)
    pattern = re.compile(b"|".join(wanted), re.IGNORECASE)
    overlap = max(len(word) for word in words) * 4  # characters are up to four bytes
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(path == one or one in path.parents for one in leave):
            before = b""
            for chunk in _content(path):
                if pattern.search(before + chunk):
                    found.append(path)
                    break
                before = chunk[-overlap:]
    return found


def _content(path: Path) -> Iterator[bytes]:
    """The bytes of a file, in pieces; of a workbook and of what is compressed those within."""
    try:
        if path.suffix.lower() in ENDINGS:
            with zipfile.ZipFile(path) as book:
                for part in book.namelist():
                    with book.open(part) as member:
                        yield from iter(partial(member.read, _CHUNK), b"")
        else:
            with open_bytes(path) as file:
                while chunk := bytes(file.read(_CHUNK)):
                    yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):  # damaged, or not what its ending says
        with path.open("rb") as raw:
            yield from iter(partial(raw.read, _CHUNK), b"")


def erase_traces(path: Path, words: Sequence[str]) -> FileChange | None:
    """Blot the words out of a text file or an SQLite database; None for any other file, which is left as it is."""
    before = sha256(path)
    patterns = compiled_patterns(telling(words))
    if path.suffix in _DATABASES:
        rows = _in_database(path, patterns)
    elif path.suffix in _TEXTS:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        rows = sum(1 for line in text.splitlines() if any(pattern.search(line) for pattern in patterns))
        with replacing(path) as draft:
            draft.write_text(_blotted(text, patterns), encoding="utf-8", errors="surrogateescape", newline="")
    else:
        return None
    return FileChange(0, 0, before, sha256(path), rows)


def clear_temporary(folder: Path) -> int:
    """Delete what queries and readers that were killed left; nobody works there while the writer lock is held."""
    if not folder.is_dir():
        return 0
    found = sorted(path for path in folder.iterdir() if path.name != "reading")  # of commands that read a publication
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(found)


def _in_database(path: Path, patterns: Sequence[re.Pattern[str]]) -> int:
    """Every text of every table; then the file is written anew, since deleted texts stay in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.create_function("blotted", 1, lambda value: _blotted(value, patterns) if isinstance(value, str) else value)
        connection.execute("PRAGMA secure_delete = ON")
        rows = 0
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for table in (name for name in names if not name.startswith("sqlite_")):
            for _, column, *_ in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
                update = f'UPDATE "{table}" SET "{column}" = blotted("{column}") WHERE "{column}" IS NOT blotted("{column}")'
                rows += connection.execute(update).rowcount
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return rows
    finally:
        connection.close()


def _blotted(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    return without_words(text, patterns, BLOT)
