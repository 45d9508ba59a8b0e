"""Do segmentations name columns, models and segments that exist?  Each kind checks keys of its own."""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.rules.dependencies import dependencies
from segmentation_pipeline.rules.lexer import RESERVED
from segmentation_pipeline.rules.vocabulary import cycle, vocabulary
from segmentation_pipeline.segmentations.kinds import kinds_of
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind
from segmentation_pipeline.segmentations.kinds.check import Check

KEY = "customer_id"


def segmentation_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Names that are taken, columns that do not exist, circles, and rules that cannot be used."""
    known = vocabulary(catalog.columns, config.segmentations, catalog.unavailable)
    graph = dependencies(config.segmentations)
    for name, segmentation in kinds_of(config.segmentations).items():
        check = Check(config, catalog, known.without(cycle(name, graph)), file, ("segmentations", name))
        yield from _name_problems(name, check)
        yield from _repeated_segments(segmentation, check)
        yield from segmentation.problems(check)


def _name_problems(name: str, check: Check) -> Iterator[Diagnostic]:
    if name in check.catalog.columns or name in check.catalog.unavailable or name == KEY:
        yield check.problem(
            (), f"the name '{name}', which is a column of the customer table", "another name", f"for example {name}_segment"
        )
    elif name in RESERVED:
        yield check.problem((), f"the name '{name}', which is a word of the rule language", "another name")


def _repeated_segments(segmentation: SegmentationKind, check: Check) -> Iterator[Diagnostic]:
    named = segmentation.named_segments()
    names = [name for _, name in named]
    hint = "join its rules with or" if segmentation.rules() else None
    for position, (keys, name) in enumerate(named):
        if name in names[:position]:
            yield check.problem(keys, f"the segment '{name}' a second time", "each segment once", hint)
