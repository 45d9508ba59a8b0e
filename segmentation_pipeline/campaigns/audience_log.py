"""What happened to audiences, one line per event: made, made again, sealed, delivered, checked, people erased.

A file beside the data, so it outlives the warehouse; it holds counts and hashes, nobody's name or number.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from segmentation_pipeline.campaigns.lists import AudienceList
from segmentation_pipeline.errors import UserError

MADE, MADE_AGAIN, REISSUED, REMOVED_LIST = "made", "made again", "reissued", "removed"
SEALED, DELIVERED, VERIFIED, ERASED = "sealed", "delivered", "verified", "erased"
_HANDED_OVER = (SEALED, DELIVERED)


class AudienceLogError(UserError):
    """The log cannot be read, so it cannot be told which lists were handed over."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line: what happened to a list, with the figures that tell more; ``campaign`` None = the whole day."""

    event: str
    as_of: date
    campaign: str | None
    version: int
    facts: Mapping[str, Any]


class AudienceLog:
    """The log of one project.  Only the holder of the writer lock may add to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def events(self) -> list[Event]:
        """All events, oldest first.  Raises ``AudienceLogError``; a last line that was cut off by a crash never happened."""
        if not self._path.exists():
            return []
        lines = self._path.read_bytes().split(b"\n")[:-1]
        return [self._event(number, line) for number, line in enumerate(lines, 1)]

    def add(self, event: str, as_of: date, campaign: str | None, version: int = 1, **facts: object) -> None:
        """Write one event, on disk when this returns."""
        line = json.dumps({"event": event, "as_of": as_of.isoformat(), "campaign": campaign, "version": version, **facts})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(file.read().rfind(b"\n") + 1)  # a cut-off line is written over
            file.truncate()
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def handed_over(self) -> set[AudienceList]:
        """The lists that were sealed or delivered one by one."""
        found = [event for event in self.events() if event.event in _HANDED_OVER]
        return {AudienceList(event.as_of, event.campaign, event.version) for event in found if event.campaign is not None}

    def seals(self) -> dict[AudienceList, str]:
        """The seal each list must bear: of when it was sealed, or of the last erasure after that."""
        found = [event for event in self.events() if event.event in (SEALED, ERASED) and event.campaign is not None]
        return {
            AudienceList(event.as_of, str(event.campaign), event.version): str(event.facts["seal"])
            for event in found
            if "seal" in event.facts
        }

    def sealed_days(self) -> set[date]:
        """The days that were sealed whole."""
        return {event.as_of for event in self.events() if event.event == SEALED and event.campaign is None}

    def _event(self, number: int, line: bytes) -> Event:
        try:
            read = json.loads(line)
            told = {name: read.pop(name) for name in ("event", "as_of", "campaign", "version")}
            return Event(told["event"], date.fromisoformat(told["as_of"]), told["campaign"], int(told["version"]), read)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise AudienceLogError(
                f"{self._path}, line {number}, is no event of this log, so it cannot be told which lists were handed over. "
                f"Restore the file from a backup, or remove the line when you know what it said."
            ) from None
