"""The seal of a list: one hash over who is on it, what was asked for, by which program, and what it was made of.

A manifest names the hash of every file (whose rows are the people), the hash of the campaign's definition, the program, the
profile's version and the run that made it, which stands for all its source files.  The seal is the hash of all that, and lies
with it; ``segmentation audience seal`` writes it into the log as well, so that nobody changes both unnoticed.
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


def changed_files(folder: Path, manifest: Mapping[str, Any], sealed_as: str | None = None) -> list[str]:
    """The files of the list in ``folder`` that are not what was made, in order; the manifest itself among them.

    ``sealed_as``: the seal the log has.  An erasure takes people out of files and seals the manifest anew, and says so in it:
    then the log's seal is that of the list before.
    """
    changed = [
        name
        for name, told in sorted(manifest["files"].items())
        if not (folder / name).is_file() or fingerprint(folder / name) != told["sha256"]
    ]
    own = manifest.get(SEAL)
    erased = any("erased" in told for told in manifest["files"].values())
    if (own is not None and own != seal_of(manifest)) or (sealed_as is not None and own != sealed_as and not erased):
        changed.append(MANIFEST)
    return changed
