"""The lists there are: a campaign's audience of a day, in the folder it lies in.

A list made again for a day that is frozen is a new version in a folder of its own, ``win_back.v2`` beside ``win_back``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

AUDIENCE, ADDED, REMOVED, MANIFEST = "audience.csv", "added.csv", "removed.csv", "manifest.json"
REVOKED = "revoked.csv"

_FOLDER = re.compile(r"(?P<campaign>[a-z][a-z0-9_]*)(\.v(?P<version>[2-9]|[1-9][0-9]+))?")


@dataclass(frozen=True, slots=True, order=True)
class AudienceList:
    """One campaign's list of a day; ``version`` counts from 1."""

    as_of: date
    campaign: str
    version: int = 1

    @property
    def folder(self) -> str:
        """Where it lies: ``<day>/<campaign>`` or ``<day>/<campaign>.v2``."""
        return f"{self.as_of.isoformat()}/{self.campaign}" + (f".v{self.version}" if self.version > 1 else "")

    def __str__(self) -> str:
        return f"{self.campaign} of {self.as_of}" + (f", version {self.version}" if self.version > 1 else "")


def lists_on_disk(folder: Path) -> list[AudienceList]:
    """The complete lists under ``folder``, in order of day, campaign and version."""
    found = (_named(manifest.parent) for manifest in folder.glob(f"*/*/{MANIFEST}"))
    return sorted(each for each in found if each is not None)


def read_manifest(folder: Path, each: AudienceList) -> dict[str, Any]:
    """What was noted when the list was made."""
    found: dict[str, Any] = json.loads((folder / each.folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def latest_before(lists: Collection[AudienceList], campaigns: Collection[str], this: AudienceList) -> AudienceList | None:
    """The list that ``this`` is compared with: its day's version before it, else the last one of an earlier day.

    ``campaigns``: every name the campaign has or had.
    """
    earlier = [
        each
        for each in lists
        if each.campaign in campaigns and (each.as_of < this.as_of or (each.as_of == this.as_of and each.version < this.version))
    ]
    return max(earlier, key=lambda each: (each.as_of, each.version), default=None)


def _named(folder: Path) -> AudienceList | None:
    name = _FOLDER.fullmatch(folder.name)
    try:
        day = date.fromisoformat(folder.parent.name)
    except ValueError:
        return None  # not a folder of ours
    if name is None or day.isoformat() != folder.parent.name:
        return None
    return AudienceList(day, name["campaign"], int(name["version"] or 1))
