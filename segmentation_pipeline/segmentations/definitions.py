"""What each segment means, in words an analyst would use; the reason every membership row gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.cut_points import CutPoint
from segmentation_pipeline.segmentations.kinds.attribute import AttributeSegmentation
from segmentation_pipeline.segmentations.kinds.clusters import ClustersSegmentation
from segmentation_pipeline.segmentations.kinds.hybrid import HybridSegmentation
from segmentation_pipeline.segmentations.kinds.quantiles import QuantilesSegmentation
from segmentation_pipeline.segmentations.kinds.rfm import RfmSegmentation
from segmentation_pipeline.segmentations.kinds.survey_classes import SurveyClassesSegmentation


@dataclass(frozen=True, slots=True)
class SegmentDefinition:
    """One segment: ``definition`` says who is in it, ``description`` why a business cares."""

    segmentation: str
    segment: str
    definition: str
    description: str = ""


def define(
    engine: Engine,
    assigned: ir.Table,
    segmentations: Mapping[str, Segmentation],
    cut_points: Mapping[str, Sequence[CutPoint]],
    rfm: Mapping[str, str],
    clusters: Mapping[str, Mapping[str, str]],
    survey_classes: Mapping[str, Mapping[str, str]] | None = None,
) -> list[SegmentDefinition]:
    """All segments in config order, also those nobody is in.

    ``assigned`` (``all_segments``) tells the labels and the cells that were found.  ``rfm``,
    by model ``clusters`` and by segmentation ``survey_classes`` say in words what the models' segments are.
    """
    found: list[SegmentDefinition] = []
    for name, segmentation in segmentations.items():
        if rules := segmentation.rules():
            found += [SegmentDefinition(name, s.name, " ".join(s.when.split()), s.description) for s in rules]
        elif isinstance(segmentation, QuantilesSegmentation):
            found += _tiers(name, segmentation, cut_points[name])
        elif isinstance(segmentation, RfmSegmentation):
            found += [SegmentDefinition(name, str(segment), words) for segment, words in rfm.items()]
        elif isinstance(segmentation, ClustersSegmentation):
            found += [SegmentDefinition(name, str(segment), words) for segment, words in clusters[segmentation.model].items()]
        elif isinstance(segmentation, HybridSegmentation):
            found += _cells(engine, assigned, name, segmentation)
        elif isinstance(segmentation, SurveyClassesSegmentation):
            found += [SegmentDefinition(name, segment, words) for segment, words in (survey_classes or {})[name].items()]
        elif isinstance(segmentation, AttributeSegmentation):
            found += _labels(engine, assigned, name, segmentation)
    return found


def definitions_table(engine: Engine, definitions: Sequence[SegmentDefinition]) -> ir.Table:
    """A row is a segment: segmentation, segment, definition, description."""
    names = ("segmentation", "segment", "definition", "description")
    return engine.memtable({n: [getattr(d, n) for d in definitions] for n in names}, dict.fromkeys(names, "string"))


def _tiers(name: str, segmentation: QuantilesSegmentation, cuts: Sequence[CutPoint]) -> list[SegmentDefinition]:
    descriptions = {segment.name: segment.description for segment in segmentation.segments}
    found, above = [], None
    for position, cut in enumerate(cuts):
        words = _between(segmentation.column, cut, above, last=position == len(cuts) - 1)
        found.append(SegmentDefinition(name, cut.segment, words, descriptions[cut.segment]))
        above = cut.at_least if cut.at_least is not None else above
    return found


def _between(column: str, cut: CutPoint, above: Decimal | None, last: bool) -> str:
    if cut.at_least is None:
        return f"no value of {column} falls in this tier, because equal values share a tier"
    lower = f"{column} >= {cut.at_least}"
    if above is None:
        return f"{column} is known" if last else lower
    return f"{column} < {above}" if last else f"{lower} and {column} < {above}"


def _labels(engine: Engine, assigned: ir.Table, name: str, segmentation: AttributeSegmentation) -> list[SegmentDefinition]:
    present = assigned.filter(assigned[name].notnull()).select(segment=name).distinct().order_by("segment")
    rare = f"{segmentation.column} is a value fewer than {segmentation.min_size} customers have"
    return [
        SegmentDefinition(name, segment, rare if segment == segmentation.other else f"{segmentation.column} is {segment}")
        for segment in (str(row["segment"]) for row in engine.rows(present))
    ]


def _cells(engine: Engine, assigned: ir.Table, name: str, segmentation: HybridSegmentation) -> list[SegmentDefinition]:
    crossed = segmentation.of or ()
    kept = assigned.filter(assigned[name] != segmentation.other).select(name, *crossed).distinct().order_by(name)
    found = [
        SegmentDefinition(name, str(row[name]), " and ".join(f"{each} is {row[each]}" for each in crossed))
        for row in engine.rows(kept)
    ]
    small = f", or has fewer than {segmentation.min_size} customers" if segmentation.min_size else ""
    rest = f"{' and '.join(crossed)} are known, and the cell is not among the {segmentation.max_cells} largest{small}"
    return [*found, SegmentDefinition(name, segmentation.other, rest)]
