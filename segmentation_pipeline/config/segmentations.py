"""What follows from the configuration of segmentations alone: their segments, and who reads whom.

Belongs here: names, rules and order.  Does not belong here: who is in which segment (``segmentations/``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import product

from segmentation_pipeline.config.rule_words import IN_SEGMENT, read_words
from segmentation_pipeline.config.schema import (
    HybridSegmentation,
    Labelled,
    QuantilesSegmentation,
    RfmSegmentation,
    RuleSegment,
    RulesSegmentation,
    Segmentation,
)
from segmentation_pipeline.contracts.labels import RfmSegment

CROSS = "_x_"
"""Between the segments a cell is made of: ``gold_x_active``."""

Graph = Mapping[str, Sequence[str]]
"""The segmentations each segmentation reads."""


def is_exclusive(segmentation: Segmentation) -> bool:
    """Whether a customer is in at most one of the segments."""
    return segmentation.exclusive if isinstance(segmentation, RulesSegmentation) else True


def rule_segments(segmentation: Segmentation) -> tuple[RuleSegment, ...]:
    """The segments that are given by rules, in order; none for kinds without rules.

    A priority is the rule that the customer is in that segment over there.
    """
    if isinstance(segmentation, RulesSegmentation):
        return segmentation.segments
    if not isinstance(segmentation, HybridSegmentation) or segmentation.priorities is None:
        return ()
    ranked = [
        RuleSegment(name=p.name or p.segment, when=_member(p.segmentation, p.segment), description="")
        for p in segmentation.priorities
    ]
    rest = [] if segmentation.otherwise is None else [RuleSegment(name=segmentation.otherwise, when="true")]
    return (*ranked, *rest)


def labelled_segments(segmentation: Segmentation) -> list[tuple[str, Labelled]]:
    """The segments that the configuration names and that may be renamed there, in order."""
    if isinstance(segmentation, RulesSegmentation | QuantilesSegmentation):
        return [(segment.name, segment) for segment in segmentation.segments]
    return []


def segment_names(name: str, segmentations: Mapping[str, Segmentation]) -> tuple[str, ...]:
    """The names of its segments; empty when only the data tells."""
    segmentation = segmentations[name]
    if rules := rule_segments(segmentation):
        return tuple(segment.name for segment in rules)
    if isinstance(segmentation, QuantilesSegmentation):
        return tuple(segment.name for segment in segmentation.segments)
    if isinstance(segmentation, HybridSegmentation) and segmentation.of:
        crossed = [segment_names(each, segmentations) if each in segmentations else () for each in segmentation.of]
        return (*map(CROSS.join, product(*crossed)), segmentation.other) if all(crossed) else ()
    return tuple(segment.value for segment in RfmSegment) if isinstance(segmentation, RfmSegmentation) else ()


def who_reads_whom(segmentations: Mapping[str, Segmentation]) -> dict[str, tuple[str, ...]]:
    """The other segmentations each one is made from, by its rules or as a hybrid; in config order."""
    return {name: tuple(_read(segmentation, segmentations)) for name, segmentation in segmentations.items()}


def levels(segmentations: Mapping[str, Segmentation]) -> Iterator[tuple[str, ...]]:
    """The segmentations such that what one reads is of an earlier level; needs a configuration without circles."""
    graph = who_reads_whom(segmentations)
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    while sorter.is_active():
        ready = set(sorter.get_ready())
        yield tuple(name for name in segmentations if name in ready)
        sorter.done(*ready)


def way(graph: Graph, start: str, end: str) -> tuple[str, ...] | None:
    """A shortest chain of who reads whom from ``start`` to ``end``; None when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for walked in ways:
        if walked[-1] == end:
            return walked
        for following in graph[walked[-1]]:
            if following not in seen:
                seen.add(following)
                ways.append((*walked, following))
    return None


def _read(segmentation: Segmentation, known: Mapping[str, Segmentation]) -> Iterator[str]:
    named = set(segmentation.of or ()) if isinstance(segmentation, HybridSegmentation) else set()
    for segment in rule_segments(segmentation):
        named |= read_words(segment.when).names
    return (name for name in known if name in named)


def _member(segmentation: str, segment: str) -> str:
    quoted = segment.replace("'", "''")
    return f"{IN_SEGMENT}({segmentation}, '{quoted}')"
