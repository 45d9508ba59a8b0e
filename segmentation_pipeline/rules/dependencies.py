"""What follows from the configuration of segmentations alone: who reads whom.

Belongs here: names and order.  Does not belong here: who is in which segment (``segmentations/``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.rules.lexer import read_words

CROSS = "_x_"
"""Between the segments a cell is made of: ``gold_x_active``."""

Graph = Mapping[str, Sequence[str]]
"""The segmentations each segmentation reads."""


def dependencies(segmentations: Mapping[str, Segmentation]) -> dict[str, tuple[str, ...]]:
    """The other segmentations each one is made from, by its rules or as a hybrid; in config order."""
    return {name: tuple(_read(segmentation, segmentations)) for name, segmentation in segmentations.items()}


def levels(segmentations: Mapping[str, Segmentation]) -> Iterator[tuple[str, ...]]:
    """The segmentations such that what one reads is of an earlier level; needs a configuration without circles."""
    graph = dependencies(segmentations)
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    while sorter.is_active():
        ready = set(sorter.get_ready())
        yield tuple(name for name in segmentations if name in ready)
        sorter.done(*ready)


def path_between(graph: Graph, start: str, end: str) -> tuple[str, ...] | None:
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
    named = set(segmentation.cross.of) if segmentation.cross else set()
    for segment in segmentation.rules():
        named |= read_words(segment.when).names
    return (name for name in known if name in named)
