"""The catalogue of segments: each one's title, owner, definition in words and version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.rules.dependencies import dependencies, levels
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind

_SCHEMA = {
    "segmentation": Type.TEXT,
    "segment": Type.TEXT,
    "title": Type.TEXT,
    "kind": Type.TEXT,
    "description": Type.TEXT,
    "definition": Type.TEXT,
    "owner": Type.TEXT,
    "exclusive": Type.BOOLEAN,
    "version": Type.TEXT,
    "proposal": Type.TEXT,
    "record": Type.TEXT,
    "as_of": Type.DAY,
}


def segment_catalog(
    engine: Engine,
    segmentations: Mapping[str, SegmentationKind],
    definitions: Sequence[SegmentDefinition],
    proposals: Mapping[tuple[str, str], str],
    records: Mapping[str, str],
    as_of: date,
) -> ir.Table:
    """A row is a segment of the configuration on day ``as_of``, with or without members.

    ``definition`` says who is in it (a rule, cut points measured that day, or the model's words),
    ``description`` what the owner says about it.  ``version`` changes when what was decided about
    the segmentation changes, and stays when cut points move with the customers.  ``proposal`` is
    what ``merge_proposals`` says of a small segment, ``record`` what ``records`` says of what campaigns by the segmentation did.
    """
    versions = definition_versions(segmentations, definitions)
    rows = []
    for defined in definitions:
        name, segmentation = defined.segmentation, segmentations[defined.segmentation]
        rows.append(
            {
                "segmentation": name,
                "segment": defined.segment,
                "title": segmentation.title,
                "kind": segmentation.kind,
                "description": defined.description or segmentation.description,
                "definition": defined.definition,
                "owner": segmentation.owner,
                "exclusive": segmentation.is_exclusive,
                "version": versions[name],
                "proposal": proposals.get((name, defined.segment)),
                "record": records.get(name),
                "as_of": as_of,
            }
        )
    return engine.memtable({n: [row[n] for row in rows] for n in _SCHEMA}, {n: kind.ibis for n, kind in _SCHEMA.items()})


def definition_versions(
    segmentations: Mapping[str, SegmentationKind], definitions: Sequence[SegmentDefinition]
) -> dict[str, str]:
    """Eight hex digits per segmentation, of the SHA-256 of all that decides who is in which segment.

    One version for the whole segmentation: with rules tried in order, a changed rule moves
    customers of the segments below it too, as does a change of a segmentation it reads.  Titles,
    texts and owners do not count.
    """
    versions: dict[str, str] = {}
    graph = dependencies(segmentations)
    for level in levels(segmentations):
        for name in level:
            own = segmentations[name]
            decided = own.version_basis([d for d in definitions if d.segmentation == name])
            if graph[name]:
                decided["reads"] = {read: versions[read] for read in graph[name]}
            versions[name] = hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()[:8]
    return versions
