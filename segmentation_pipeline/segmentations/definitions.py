"""What each segment means, in words an analyst would use; the reason every membership row gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine


@dataclass(frozen=True, slots=True)
class SegmentDefinition:
    """One segment: ``definition`` says who is in it, ``description`` why a business cares."""

    segmentation: str
    segment: str
    definition: str
    description: str = ""


def definitions_table(engine: Engine, definitions: Sequence[SegmentDefinition]) -> ir.Table:
    """A row is a segment: segmentation, segment, definition, description."""
    names = ("segmentation", "segment", "definition", "description")
    return engine.memtable({n: [getattr(d, n) for d in definitions] for n in names}, dict.fromkeys(names, "string"))
