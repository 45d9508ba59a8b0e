"""A file that lost somebody's rows: what it was and is, and how it is replaced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segmentation_pipeline.ingest.files import fingerprint


@dataclass(frozen=True, slots=True)
class FileChange:
    """Rows and SHA-256 of a file before and after; ``blotted`` rows of others lost a mention."""

    rows_before: int
    rows_after: int
    sha256_before: str
    sha256_after: str
    blotted: int = 0


def followed_by(first: FileChange, second: FileChange) -> FileChange:
    """Two changes of one file, one after the other, as one."""
    after = first.rows_after - (second.rows_before - second.rows_after)
    return FileChange(first.rows_before, after, first.sha256_before, second.sha256_after, first.blotted + second.blotted)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write the path this yields; after the block it is ``path``, with the old one's rights, whole or not at all."""
    draft = path.with_name(f".{path.name}.erased")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        yield draft
        draft.chmod(path.stat().st_mode & 0o777)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    return fingerprint(path)
