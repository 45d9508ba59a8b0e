"""Tombstones of one erasure that are written nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from segmentation_pipeline.privacy.tombstones import Kind, Tombstone, Tombstones
from segmentation_pipeline.rights.person import marks_of


def as_tombstones(key: bytes, erased_at: datetime, values: Mapping[Kind, Sequence[str]]) -> Tombstones:
    return Tombstones(key, (Tombstone("asked", erased_at, marks_of(Tombstones(key, ()), values)),))
