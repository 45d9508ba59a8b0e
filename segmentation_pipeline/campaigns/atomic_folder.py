"""A folder that changes as one: readers find the old files or the new ones, never a mixture.

A folder with files cannot be replaced in one system call everywhere, so the old one steps aside
for the moment of the swap.  A process killed in that moment leaves it set aside; ``recover`` puts
it back.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Fill the folder this yields; after the block it is ``target``, all or nothing.

    When the block fails, what was filled so far is deleted and ``target`` is as before.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    recover(target)
    fresh = _fresh(target)
    fresh.mkdir(mode=0o700)
    try:
        yield fresh
        _swap(fresh, target)
    except BaseException:
        recover(target)
        raise


def recover(target: Path) -> None:
    """Undo what an interrupted replacement of ``target`` left behind."""
    aside = _aside(target)
    if aside.exists() and not target.exists():
        aside.rename(target)
    for leftover in (aside, _fresh(target)):
        if leftover.exists():
            shutil.rmtree(leftover)


def recover_all(folder: Path) -> None:
    """Undo every interrupted replacement one level down: ``<folder>/<day>/<target>``, whichever day is next."""
    for leftover in sorted((*folder.glob("*/.*.new"), *folder.glob("*/.*.old"))):
        recover(leftover.with_name(leftover.name[1:].rpartition(".")[0]))


def _swap(fresh: Path, target: Path) -> None:
    if target.exists():
        target.replace(_aside(target))
    fresh.replace(target)
    shutil.rmtree(_aside(target), ignore_errors=True)


def _fresh(target: Path) -> Path:
    return target.with_name(f".{target.name}.new")


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")
