"""All a rule of one project may name: columns, values, and segmentations with the rules behind them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import RfmSegment
from segmentation_pipeline.rules.dependencies import dependencies, levels, path_between
from segmentation_pipeline.rules.parse import Calculation, Predicate, RuleError, parse_calculation, parse_rule

_LABELS: dict[str, Collection[str]] = {"rfm_segment": tuple(segment.value for segment in RfmSegment)}
_ANYBODY = parse_rule("true", {})
MEASURED_RESPONSE = Column(
    "measured_response",
    Type.NUMBER,
    "Of the campaign itself: the last measured lift of conversion per person, of a day before.",
    "orders per person",
    "no result of a day before has a lift, or the last one is not comparable",
)
"""What a calculation may name beside columns of the customer: the same for everybody, and another one for each campaign."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``columns`` by name, ``labels`` their known values, ``unavailable`` why others are off;
    ``segmentations`` with the rule of each segment of those whose segments overlap."""

    columns: Mapping[str, Column]
    labels: Mapping[str, Collection[str]] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)
    segmentations: Mapping[str, Mapping[str, Predicate]] = field(default_factory=dict)

    def parse(self, text: str) -> Predicate:
        """Raises ``RuleError`` with every mistake."""
        return parse_rule(text, self.columns, self.labels, self.unavailable, self.segmentations)

    def calculation(self, text: str) -> Calculation:
        """A number calculated from columns and ``MEASURED_RESPONSE``.  Raises ``RuleError`` with every mistake."""
        columns = {**self.columns, MEASURED_RESPONSE.name: MEASURED_RESPONSE}
        return parse_calculation(text, columns, self.labels, self.unavailable, self.segmentations)

    def without(self, reasons: Mapping[str, str]) -> Vocabulary:
        """The same with some names off, and why."""
        columns = {name: column for name, column in self.columns.items() if name not in reasons}
        return Vocabulary(columns, self.labels, {**self.unavailable, **reasons}, self.segmentations)


def segmentation_column(name: str, segmentation: Segmentation) -> Column:
    """The column of an exclusive segmentation in ``customer_profile``."""
    return Column(name, Type.TEXT, f"Segment of segmentation '{segmentation.title}'.", null_means="in none of its segments")


def vocabulary(
    columns: Mapping[str, Column], segmentations: Mapping[str, Segmentation], unavailable: Mapping[str, str] | None = None
) -> Vocabulary:
    """What the rules of segmentations and campaigns may name.

    A rule that cannot be used counts as true for those that read its segment: each mistake is told
    where it is made.
    """
    exclusive = {name: segmentation_column(name, s) for name, s in segmentations.items() if s.is_exclusive}
    sound = _without_circles(segmentations)
    named = {name: names for name in exclusive if name in sound and (names := sound[name].segment_names(sound))}
    known: dict[str, dict[str, Predicate]] = {
        name: {} if name in exclusive else {segment.name: _ANYBODY for segment in s.rules()} for name, s in segmentations.items()
    }
    made = Vocabulary({**exclusive, **columns}, {**_LABELS, **named}, unavailable or {}, known)
    for level in levels(sound):
        for name in level:
            if name not in exclusive:
                known[name] = {segment.name: _parsed(made, segment.when) for segment in segmentations[name].rules()}
    return made


def cycle(name: str, graph: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """What a segmentation must not read because it is made from it in turn, and by which way."""
    turns = {other: found for other in graph if (found := path_between(graph, other, name))}
    return {other: f"that goes round in a circle: {' -> '.join((name, *found))}" for other, found in turns.items()}


def _without_circles(segmentations: Mapping[str, Segmentation]) -> dict[str, Segmentation]:
    graph = dependencies(segmentations)
    return {name: s for name, s in segmentations.items() if not any(path_between(graph, read, name) for read in graph[name])}


def _parsed(known: Vocabulary, text: str) -> Predicate:
    try:
        return known.parse(text)
    except RuleError:
        return _ANYBODY
