"""Every segment of every segmentation in words, as its kind puts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import ModelsConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.segmentations.cut_points import CutPoint
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import Assigned, SegmentationKind


def define(
    engine: Engine,
    assigned: ir.Table,
    segmentations: Mapping[str, SegmentationKind],
    cut_points: Mapping[str, Sequence[CutPoint]],
    words: Mapping[str, Mapping[str, str]],
) -> list[SegmentDefinition]:
    """All segments in config order, also those nobody is in.

    ``assigned`` (``all_segments``) tells the labels and the cells that were found, ``words`` by segmentation what the
    models say of their segments.
    """
    return [
        definition
        for name, segmentation in segmentations.items()
        for definition in segmentation.define(name, Assigned(engine, assigned, cut_points.get(name, ()), words.get(name, {})))
    ]


def model_words(
    segmentations: Mapping[str, SegmentationKind], models: ModelsConfig, registered: Registered
) -> dict[str, Mapping[str, str]]:
    """By segmentation made by a model, what the day's model says of its segments."""
    return {name: words for name, each in segmentations.items() if (words := each.words(models, registered))}
