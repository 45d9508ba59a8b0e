"""The seal of a list: one hash over who is on it, what was asked for, by which program, and what it was made of.

A manifest names the hash of every file (whose rows are the people), the hash of the campaign's definition, the program, the
profile's version and the run that made it, which stands for all its source files.  The seal is the hash of all that, and lies
with it; ``segmentation audience seal`` writes it into the log as well, so that nobody changes both unnoticed, and an erasure
writes the one it seals a list anew with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segmentation_pipeline.campaigns.lists import MANIFEST
from segmentation_pipeline.ingest.files import fingerprint

SEAL = "seal"


def seal_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 in hexadecimal over everything a manifest says but its seal."""
    told = {key: value for key, value in manifest.items() if key != SEAL}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with its seal."""
    return {**manifest, SEAL: seal_of(manifest)}


def is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether the manifest says what it said when it was sealed; one of an earlier version without a seal does."""
    return SEAL not in manifest or manifest[SEAL] == seal_of(manifest)


def changed_files(folder: Path, manifest: Mapping[str, Any], sealed_as: str | None = None) -> list[str]:
    """The files of the list in ``folder`` that are not what was made, in order; the manifest itself among them.

    ``sealed_as``: the seal the log has (``AudienceLog.seals``).
    """
    changed = [
        name
        for name, told in sorted(manifest["files"].items())
        if not (folder / name).is_file() or fingerprint(folder / name) != told["sha256"]
    ]
    if not is_whole(manifest) or sealed_as not in (None, manifest.get(SEAL)):
        changed.append(MANIFEST)
    return changed
