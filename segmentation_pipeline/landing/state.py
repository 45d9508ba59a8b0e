"""What was landed last, in one JSON file beside the landed files.

The state is what counts: it is replaced in one step after the files it lists are complete, so
files of a landing that was interrupted are not listed, and are removed by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from segmentation_pipeline.landing.whole_file import complete, part_of

_NAME = "landed.json"


@dataclass(frozen=True, slots=True)
class State:
    """``origin`` is a hash of what was asked for: another table, query or server starts from scratch.

    ``cursor`` is the highest cursor value landed, ``number`` counts increments, ``files`` are those
    that count.  ``objects`` maps an object's path to its version in the store.
    """

    origin: str = ""
    cursor: str | None = None
    number: int = 0
    files: tuple[str, ...] = ()
    objects: dict[str, str] = field(default_factory=dict)

    def to_build_on(self, origin: str, *, full: bool) -> State:
        """This state, or an empty one of ``origin`` when nothing of this one may be kept.

        The number goes on: new files never bear the name of one that still counts.
        """
        return self if self.origin == origin and not full else State(origin, number=self.number)


@dataclass(frozen=True, slots=True)
class Landed:
    """What a landing did: the files there are now, those of them that are new or changed with their
    bytes, those removed, and the rows read (None where files are fetched as they are)."""

    files: tuple[str, ...]
    fetched: tuple[str, ...]
    removed: tuple[str, ...]
    bytes: int
    rows: int | None = None


def read_state(folder: Path) -> State:
    """The state of the last landing; an empty one when there is none."""
    try:
        content = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return State()
    return State(**content | {"files": tuple(content["files"])})


def write_state(folder: Path, state: State) -> None:
    """Replace the state, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part_of(folder / _NAME).write_text(json.dumps(asdict(state), indent=1, sort_keys=True), encoding="utf-8")
    complete(folder / _NAME)


def remove_others(folder: Path, files: Iterable[str]) -> None:
    """Remove every file of ``folder`` that is not in ``files`` (paths relative to it)."""
    kept = set(files)
    for path in list(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and path.relative_to(folder).as_posix() not in kept:
            path.unlink()
