"""One writer at a time, across CLI and UI: a lock file that says who holds it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from segmentation_pipeline.errors import UserError


class WriterBusy(UserError):
    """Another run holds the writer; the message says which and how to go on."""


@contextmanager
def writer(path: Path, owner: str, wait_seconds: float, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Hold the writer lock at ``path`` for the block.

    Waits up to ``wait_seconds`` and tells ``on_wait`` once for whom.  The operating system frees
    the lock when its holder dies, so a killed run never blocks the next one.

    Raises ``WriterBusy`` when the wait is over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    note = path.with_suffix(".json")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        holder = _holder(note)
        on_wait(f"{holder} is writing; waiting up to {wait_seconds:.0f} s")
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise WriterBusy(
                f"{_holder(note)} still holds {path} after {wait_seconds:.0f} s. Wait for it to end, or stop it, and run again."
            ) from None
    try:
        note.write_text(json.dumps({"owner": owner, "pid": os.getpid()}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def is_free(path: Path) -> bool:
    """Whether nobody holds the writer lock at ``path`` now."""
    if not path.exists():
        return True
    try:
        with FileLock(path).acquire(timeout=0):
            return True
    except Timeout:
        return False


def holder(path: Path) -> tuple[str, float | None]:
    """Who noted to hold the writer lock at ``path``, and since when in seconds since 1970, where it is known."""
    note = path.with_suffix(".json")
    try:
        since = note.stat().st_mtime
    except OSError:
        since = None
    return _holder(note), since


def _holder(note: Path) -> str:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        return f"{found['owner']} (process {found['pid']})"
    except (OSError, ValueError, KeyError):
        return "another run"
