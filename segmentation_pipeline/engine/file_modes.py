"""Who may read what a run writes: its own files nobody else, what it publishes everybody, and what a killed run left is gone.

Belongs here: modes and leftovers of files.  Does not belong here: audience files, which ``campaigns/atomic_folder.py`` keeps.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segmentation_pipeline.settings import Settings

_FILE, _FOLDER = 0o644, 0o755


@contextmanager
def private_files() -> Iterator[None]:
    """Inside the block new files are made 0600 and new folders 0700, whoever makes them: the engine too."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_readable(path: Path) -> None:
    """Open a published file, or a folder with all in it, to every user of the machine."""
    for place in (path, *path.rglob("*")) if path.is_dir() else (path,):
        if not place.is_symlink():
            place.chmod(_FOLDER if place.is_dir() else _FILE)


def readable_folder(path: Path) -> None:
    """Make the folder and open it; one that is there keeps the mode its owner gave it."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(_FOLDER)


def tidy(settings: Settings) -> None:
    """Close what holds personal data to others, whoever made it, and remove what a killed run left in it.

    Only the holder of the writer lock may call this: nobody else has files there then.
    """
    for folder in (settings.temp, settings.landing, settings.warehouse.with_suffix(".spark")):
        if folder.is_dir():
            folder.chmod(0o700)
    for file in settings.data.glob(f"{settings.warehouse.name}*"):
        file.chmod(0o600)
    for file in settings.landing.rglob("*"):
        if file.name.startswith(".") and file.name.endswith(".part") and file.is_file():
            file.unlink()
    if settings.temp.is_dir():
        for left in settings.temp.iterdir():
            if left.name != settings.reading.name:
                _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
