"""Files that are complete or not there: written beside their name, then given it."""

from __future__ import annotations

import os
from pathlib import Path


def part_of(path: Path) -> Path:
    """Where ``path`` is written before it is complete; names beginning with a dot match no pattern."""
    return path.with_name(f".{path.name}.part")


def complete(path: Path) -> None:
    """Give what was written at ``part_of(path)`` its name, after it has reached the disk."""
    part = part_of(path)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
