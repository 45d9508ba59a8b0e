"""Certificates of erasure: one JSON line each, chained by hashes, so that none can be changed or taken away unseen.

A certificate names nobody: people are in it as the keyed hashes of their tombstones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.tombstones import write_private

FILE = "erasures.jsonl"
_START = "0" * 64


class BrokenChain(UserError):
    """A certificate was changed or is missing."""


def append_certificate(folder: Path, content: Mapping[str, object]) -> dict[str, object]:
    """Add ``content`` to the chain, with ``previous`` and ``hash``; what was written.  Raises ``BrokenChain``."""
    lines = verify_chain(folder)
    record = {**content, "previous": lines[-1]["hash"] if lines else _START}
    record["hash"] = _hash(record)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    write_private(path, text + json.dumps(record, ensure_ascii=False) + "\n")
    return record


def verify_chain(folder: Path) -> list[dict[str, object]]:
    """All certificates, oldest first.  Raises ``BrokenChain`` where one does not follow from the one before."""
    path = folder / FILE
    found: list[dict[str, object]] = []
    previous: object = _START
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.is_file() else [], start=1):
        try:
            record = json.loads(line)
            claimed = record.pop("hash")
        except (ValueError, KeyError, AttributeError):
            raise BrokenChain(f"{path}, line {number}: not a certificate. Restore the file from a backup.") from None
        if record.get("previous") != previous or claimed != _hash(record):
            raise BrokenChain(
                f"{path}, line {number}: the certificate does not follow from the one before: it was changed, or one is missing. "
                f"Restore the file from a backup."
            )
        found.append({**record, "hash": claimed})
        previous = claimed
    return found


def _hash(record: Mapping[str, object]) -> str:
    content = json.dumps(record, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{record['previous']}{content}".encode()).hexdigest()
