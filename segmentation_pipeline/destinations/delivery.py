"""What a destination is to hold, and what bringing it there did."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segmentation_pipeline.ingest.files import fingerprint


@dataclass(frozen=True, slots=True)
class Delivered:
    """Rows by table as they are at the destination now; ``changed``: whether anything was sent."""

    rows: dict[str, int]
    changed: bool
    files: int = 0


def content_hash(published: Path, tables: Sequence[str], audiences: Sequence[Path] = ()) -> str:
    """A hash of all that is to be brought: a destination that holds it already is left alone.

    ``published`` is a file or, made by Spark, a folder per table, whose files bear random names.
    """
    parts = [published] if published.is_file() else published.glob("*/*.parquet")
    made = sorted([part.parent.name, fingerprint(part)] for part in parts)
    files = [[f"{path.parent.name}/{path.name}", fingerprint(path)] for path in audiences]
    return hashlib.sha256(json.dumps([made, sorted(tables), files]).encode()).hexdigest()
