"""Alerts go out once, by every way; what could not be brought waits for the next occasion.

A file beside the warehouse holds the keys of what was told and what waits.  One process sends at a time: the command line and
the UI may see the same run end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.alerts.channel import Channel
from segmentation_pipeline.connections.place import ConnectionProblem, PartlyDone

_KEPT = 1_000
_WAITS = timedelta(days=2)
_LOCKED_SECONDS = 300
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Between tries, each twice as long as the one before."""


@dataclass
class _Book:
    """``told``: keys, oldest first.  ``waiting``: an alert, the ways it still has to go, since when, how often it was tried."""

    told: list[str] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> _Book:
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        kept = {"told": self.told[-_KEPT:], "waiting": self.waiting}
        fresh.write_text(json.dumps(kept, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(path)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that could not be brought yet, and since when (UTC)."""

    title: str
    since: datetime


def waiting(path: Path) -> list[Waiting]:
    """Those noted in ``path`` that still wait, oldest first."""
    found = [Waiting(Alert.stored(one["alert"]).title, datetime.fromisoformat(one["since"])) for one in _Book.read(path).waiting]
    return sorted(found, key=lambda one: one.since)


def send(path: Path, alerts: Sequence[Alert], channels: Sequence[Channel[Any]], now: datetime) -> list[str]:
    """Send ``alerts`` that were not told yet, and those that wait since an earlier occasion; what could not be brought, in words.

    ``path`` is the file of what was told.  Never raises for a way that fails: an alert must not end a run.  What could not be
    brought within two days is let go, and that is said.
    """
    known = {channel.name: channel for channel in channels}
    problems: list[str] = []
    if not alerts and not path.exists():
        return problems
    try:
        with FileLock(path.with_suffix(".lock"), timeout=_LOCKED_SECONDS):
            book = _Book.read(path)
            unsent = [waiting for waiting in book.waiting if set(waiting["channels"]) & known.keys()]
            there = set(book.told) | {waiting["alert"]["key"] for waiting in unsent}
            for alert in alerts:
                if alert.key not in there:
                    unsent.append({"alert": asdict(alert), "channels": list(known), "since": now.isoformat()})
                    there.add(alert.key)
            if not unsent and not book.waiting:
                return problems
            book.waiting = [left for waiting in unsent if (left := _sent(waiting, known, now, book, problems))]
            book.write(path)
    except (Timeout, OSError) as error:
        problems.append(f"alerts cannot be noted in {path}: {error}")
    return problems


def _sent(
    waiting: dict[str, Any], known: dict[str, Channel[Any]], now: datetime, book: _Book, problems: list[str]
) -> dict[str, Any] | None:
    """What is left to do of one alert once it was tried; None when nothing is."""
    alert, tries = Alert.stored(waiting["alert"]), int(waiting.get("tries", 0))
    if tries and now < datetime.fromisoformat(waiting["next"]):
        problems.append(f"'{alert.title}' waits until {waiting['next'][:16]} UTC to be tried again")
        return waiting
    left = []
    for name in waiting["channels"]:
        if (channel := known.get(name)) is None:
            continue  # no longer configured
        try:
            channel.send(alert)
        except PartlyDone as problem:
            problems.append(f"'{alert.title}' was not told to all: {problem}")
        except ConnectionProblem as problem:
            left.append(name)
            problems.append(f"'{alert.title}' was not told: {problem}")
        except Exception as error:  # whatever a library raises must not keep the other ways and alerts back
            left.append(name)
            problems.append(f"'{alert.title}' was not told by {name}: {type(error).__name__}")
    over = now - datetime.fromisoformat(waiting["since"]) > _WAITS
    if left and not over:
        pause = min(_FIRST_PAUSE * 2**tries, _LONGEST_PAUSE)
        return {**waiting, "channels": left, "tries": tries + 1, "next": (now + pause).isoformat()}
    if left:
        problems.append(f"'{alert.title}' is given up: it could not be brought for two days")
    book.told.append(alert.key)
    return None
