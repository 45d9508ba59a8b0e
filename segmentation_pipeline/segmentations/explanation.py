"""Why a customer is in a segment: what is said, and the two ways of saying it, by rules and by the values of columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from segmentation_pipeline.config.schema import RuleSegment

RuleColumns = Callable[[str], Sequence[str]]
"""A rule's text to the names of the columns it reads."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One segmentation for one customer: the segments they are in (none, one or more) and why.

    ``because`` has one line per segment, and for a cluster what sets it apart and where its border
    is; ``before`` the rules tried earlier that did not hold; ``counterfactuals`` a line per other segment with
    the smallest single change that leads there, and one with those no single change leads to.
    """

    segmentation: str
    segments: tuple[str, ...]
    because: tuple[str, ...]
    before: tuple[str, ...] = ()
    counterfactuals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The customer asked about: their row with the outcome of every rule, their segments, the segments in words by
    (segmentation, segment), and what rules read."""

    row: Mapping[str, object]
    segments: Mapping[str, object]
    words: Mapping[tuple[str, str], str]
    rule_columns: RuleColumns


def outcome(segmentation: str, segment: str) -> str:
    """The column of the customer's row that says whether a rule holds."""
    return f"{segmentation}__{segment}__holds"


def by_rules(name: str, asked: Asked, rules: Sequence[RuleSegment], *, only_one: bool) -> Explanation:
    """The rules that hold, with the customer's own values, and those tried before that do not."""
    hold: list[tuple[str, str]] = []
    failed: list[str] = []
    for segment in rules:
        rule = f"{' '.join(segment.when.split())} ({values(asked.rule_columns(segment.when), asked.row)})"
        if asked.row[outcome(name, segment.name)]:
            hold.append((segment.name, rule))
            if only_one:
                break
        else:
            failed.append(f"not {segment.name}: {rule}")
    return Explanation(name, tuple(s for s, _ in hold), tuple(rule for _, rule in hold) or ("no rule holds",), tuple(failed))


def by_columns(name: str, asked: Asked, columns: Sequence[str], why_unassigned: str | None) -> Explanation:
    """The segment in words and the values of ``columns``; for no segment ``why_unassigned``, or the first unknown column."""
    if asked.segments[name] is None:
        unknown = next((column for column in columns if asked.row[column] is None), columns[0])
        return Explanation(name, (), (why_unassigned or f"{unknown} is unknown for this customer",))
    segment = str(asked.segments[name])
    words = asked.words.get((name, segment), segment)
    return Explanation(name, (segment,), (f"{words} ({values(columns, asked.row)})",))


def values(columns: Sequence[str], row: Mapping[str, object]) -> str:
    """The values of columns, as they are told."""
    if len(columns) == 1:
        return f"is {shown(row[columns[0]])}"
    return ", ".join(f"{column} is {shown(row[column])}" for column in columns) or "for everybody"


def shown(value: object) -> str:
    """A value, as it is told."""
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return f"'{value}'"
    return str(value)
