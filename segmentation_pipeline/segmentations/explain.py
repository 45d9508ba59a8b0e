"""Why is this customer in this segment?  The rule, with the customer's own values.

Rules are evaluated by the same binding as for everybody, on the customer's one row, so an
explanation cannot differ from the assignment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import RuleSegment, Segmentation
from segmentation_pipeline.contracts.scores import survey_class_columns
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.models.cluster_border import Border
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.attribute import AttributeSegmentation
from segmentation_pipeline.segmentations.kinds.base import Bind, SegmentationKind
from segmentation_pipeline.segmentations.kinds.hybrid import HybridSegmentation
from segmentation_pipeline.segmentations.kinds.quantiles import QuantilesSegmentation
from segmentation_pipeline.segmentations.kinds.rfm import RfmSegmentation
from segmentation_pipeline.segmentations.kinds.survey_classes import SurveyClassesSegmentation
from segmentation_pipeline.segmentations.moves import Move

RuleColumns = Callable[[str], Sequence[str]]
"""A rule's text to the names of the columns it reads."""


class UnknownCustomer(UserError):
    """The one row to explain is not there."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One segmentation for one customer: the segments they are in (none, one or more) and why.

    ``because`` has one line per segment, and for a cluster what sets it apart and where its border
    is; ``before`` the rules tried earlier that did not hold; ``moves`` a line per other segment with
    the smallest single change that leads there, and one with those no single change leads to.
    """

    segmentation: str
    segments: tuple[str, ...]
    because: tuple[str, ...]
    before: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()


def explain_customer(
    engine: Engine,
    customer: ir.Table,
    assigned: Mapping[str, object],
    segmentations: Mapping[str, SegmentationKind],
    definitions: Sequence[SegmentDefinition],
    bind: Bind,
    rule_columns: RuleColumns,
    moves: Mapping[str, Mapping[str, Move | None]],
    borders: Mapping[str, Border],
) -> list[Explanation]:
    """Explain every segmentation, in config order, for the one row of ``customer``.

    ``customer`` is ``Assignment.profile`` filtered to one customer_id, ``assigned`` that customer's
    row of ``all_segments``, ``moves`` what ``find_moves`` found for them and ``borders`` how near
    they are to another cluster, by segmentation; all of the same day.

    Raises ``UnknownCustomer`` when ``customer`` has no row.
    """
    outcomes = {
        _outcome(name, segment.name): bind(segment.when, customer).fill_null(False)
        for name, s in segmentations.items()
        for segment in s.rules()
    }
    rows = engine.rows(customer.mutate(**outcomes))
    if len(rows) != 1:
        raise UnknownCustomer(
            f"expected one row for the customer, found {len(rows)}; check the customer_id and that the day has been run"
        )
    row = rows[0]
    words = {(d.segmentation, d.segment): d.definition for d in definitions}
    found = [
        _by_rules(name, rules, row, rule_columns, only_one=s.is_exclusive)
        if (rules := s.rules())
        else _by_column(name, s, row, assigned, words)
        for name, s in segmentations.items()
    ]
    return [
        replace(
            explanation,
            because=(*explanation.because, *(borders[name].words() if name in borders and explanation.segments else ())),
            moves=_told(moves.get(name, {})) or _with_parts(s),
        )
        for (name, s), explanation in zip(segmentations.items(), found, strict=True)
    ]


def _by_rules(
    name: str, rules: Sequence[RuleSegment], row: Mapping[str, object], rule_columns: RuleColumns, *, only_one: bool
) -> Explanation:
    hold: list[tuple[str, str]] = []
    failed: list[str] = []
    for segment in rules:
        rule = f"{' '.join(segment.when.split())} ({_values(rule_columns(segment.when), row)})"
        if row[_outcome(name, segment.name)]:
            hold.append((segment.name, rule))
            if only_one:
                break
        else:
            failed.append(f"not {segment.name}: {rule}")
    return Explanation(name, tuple(s for s, _ in hold), tuple(rule for _, rule in hold) or ("no rule holds",), tuple(failed))


def _by_column(
    name: str,
    segmentation: SegmentationKind,
    row: Mapping[str, object],
    assigned: Mapping[str, object],
    words: Mapping[tuple[str, str], str],
) -> Explanation:
    columns = _columns(segmentation)
    if assigned[name] is None and isinstance(segmentation, SurveyClassesSegmentation) and row[columns[0]] is not None:
        return Explanation(name, (), (f"the class is inferred, not answered ({_values(columns, row)})",))
    if assigned[name] is None:
        unknown = next((column for column in columns if row[column] is None), columns[0])
        return Explanation(name, (), (f"{unknown} is unknown for this customer",))
    segment = str(assigned[name])
    return Explanation(name, (segment,), (f"{words.get((name, segment), segment)} ({_values(columns, row)})",))


def _columns(segmentation: SegmentationKind) -> tuple[str, ...]:
    if isinstance(segmentation, QuantilesSegmentation | AttributeSegmentation):
        return (segmentation.column,)
    if isinstance(segmentation, RfmSegmentation):
        return ("recency_score", "frequency_score", "monetary_score")
    if isinstance(segmentation, HybridSegmentation):
        return segmentation.of or ()
    if isinstance(segmentation, SurveyClassesSegmentation):
        return tuple(column.name for column in survey_class_columns(segmentation.model))
    return segmentation.columns_read()


def _told(moves: Mapping[str, Move | None]) -> tuple[str, ...]:
    ways = [f"to {to}: {m.column} from {_shown(m.before)} to {_shown(m.after)}" for to, m in moves.items() if m]
    without = [to for to, move in moves.items() if move is None]
    return (*ways, *([f"no single change leads to {', '.join(without)}"] if without else []))


def _with_parts(segmentation: Segmentation) -> tuple[str, ...]:
    """A cross has too many cells to name a way to each, and every way is one of its parts."""
    of = segmentation.of if isinstance(segmentation, HybridSegmentation) else None
    return (f"moves with {' and '.join(of)}",) if of else ()


def _values(columns: Sequence[str], row: Mapping[str, object]) -> str:
    if len(columns) == 1:
        return f"is {_shown(row[columns[0]])}"
    return ", ".join(f"{column} is {_shown(row[column])}" for column in columns) or "for everybody"


def _shown(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return f"'{value}'"
    return str(value)


def _outcome(segmentation: str, segment: str) -> str:
    return f"{segmentation}__{segment}__holds"
