"""What would move a customer into another segment: the smallest change of a single column that does.

Every change that is told was tried: the customer's row with the changed value is assigned by the same
expressions as everybody's.  Candidates lie on both sides of every edge of the rules (``counterfactual_values.py``).
That is all there is to try where what a rule compares is linear in the changed column, which is
every rule without a division or product of columns.  Cut points of tiers and models stay those of the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import cast

import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.score_model import ScoreModel, Scoring
from segmentation_pipeline.rules.decision_boundaries import DecisionBoundaries, decision_boundaries
from segmentation_pipeline.rules.vocabulary import Vocabulary
from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.counterfactual_values import STEPS, counterfactual_values
from segmentation_pipeline.segmentations.cut_points import CutPoint
from segmentation_pipeline.segmentations.kinds.base import SegmentationKind

TO_UNKNOWN = 2.0
"""How far a value is from an unknown one, and one text or truth value from another: farther than a number from its double."""

Row = Mapping[str, object]
Candidate = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A change of one column: with ``after`` in place of ``before`` the customer is in the other segment."""

    column: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class CounterfactualSearch:
    """How segments are told from columns on a day: rules, cut points of tiers, and the ``models`` whose scores follow from
    single columns, with what they score by (None: no model is asked for)."""

    segmentations: Mapping[str, SegmentationKind]
    known: Vocabulary
    as_of: date
    cut_points: Mapping[str, Sequence[CutPoint]]
    models: Sequence[ScoreModel] = ()
    scoring: Scoring | None = None

    @property
    def _scored(self) -> list[tuple[ScoreModel, Scoring]]:
        return [(model, self.scoring) for model in self.models] if self.scoring is not None else []

    @property
    def movable(self) -> dict[str, SegmentationKind]:
        """The segmentations whose segments follow from columns one by one: rules, tiers and those of such models."""
        following = [column.name for model, scoring in self._scored for column in model.columns(scoring.config)]
        return {
            name: s for name, s in self.segmentations.items() if s.follows_from_columns(self.cut_points.get(name, ()), following)
        }

    def edges(self) -> list[DecisionBoundaries]:
        """Of every rule, tier and score."""
        found = [decision_boundaries(segment.when, self.known) for s in self.segmentations.values() for segment in s.rules()]
        for name, segmentation in self.segmentations.items():
            found += segmentation.edges(self.cut_points.get(name, ()))
        for model, scoring in self._scored:
            found += model.decision_boundaries(scoring.registered)
        return found

    def assigned(self, engine: Engine, table: ir.Table) -> ir.Table:
        """``customer_id`` and a column per movable segmentation, as for everybody."""
        for model, scoring in self._scored:
            table = model.score(table, scoring)
        movable = self.movable
        bind = lambda text, bound: self.known.parse(text).bind(bound, self.as_of)  # noqa: E731
        unassigned = table.drop(*(name for name in movable if name in table.columns))
        profile = assign(engine, unassigned, movable, bind, self.cut_points).profile
        return all_segments(profile, movable, bind).select("customer_id", *movable)


def find_counterfactuals(
    engine: Engine, customer: ir.Table, search: CounterfactualSearch
) -> dict[str, dict[str, Counterfactual | None]]:
    """Per segmentation and segment the customer is not in: the smallest change that does it; None when no single one does.

    ``customer`` is the one row of ``Assignment.profile``.  Small is a change relative to the value:
    numbers by |after - before| / (|before| + 1), days likewise counted from ``as_of``, other values
    ``TO_UNKNOWN``; equals by the order in which rules name columns.
    """
    [row] = engine.rows(customer)
    edges = search.edges()
    columns = dict.fromkeys(column for each in edges for column in each.columns)
    described = {name: search.known.columns[name] for name in columns if name in search.known.columns}
    numeric = [name for name, column in described.items() if column.type in (*STEPS, Type.DAY)]
    flips = _flips(engine, customer, row, edges, {name: described[name] for name in numeric}, search.as_of)
    candidates: list[Candidate] = [("", None)]  # first the customer as they are
    for name, column in described.items():
        reading = [each for each in edges if name in each.columns]
        candidates += [
            (name, value) for value in counterfactual_values(column, row[name], reading, flips.get(name, ()), search.as_of)
        ]
    outcomes = engine.rows(search.assigned(engine, _rows(engine, customer, row, candidates)))
    by_candidate = {int(outcome["customer_id"]): outcome for outcome in outcomes}
    order = {name: position for position, name in enumerate(columns)}
    found: dict[str, dict[str, Counterfactual | None]] = {}
    for name in search.movable:
        now = _segments(by_candidate[0][name])
        best: dict[str, tuple[float, int, int]] = {}
        for number, (changed, value) in enumerate(candidates[1:], 1):
            rank = (relative_change(row[changed], value, search.as_of), order[changed], number)
            for segment in _segments(by_candidate[number][name]) - now:
                best[segment] = min(best.get(segment, rank), rank)
        others = [segment for segment in search.segmentations[name].segment_names(search.segmentations) if segment not in now]
        found[name] = {other: _counterfactual(row, candidates[best[other][2]]) if other in best else None for other in others}
    return found


def _flips(
    engine: Engine, customer: ir.Table, row: Row, edges: Sequence[DecisionBoundaries], columns: Mapping[str, Column], as_of: date
) -> dict[str, list[float]]:
    """The values of each column at which two things a rule compares are equal, were they linear in it.

    Found from the balance at two pairs of values: near 0 and near the customer's own.  Days count
    from ``as_of``.
    """
    balances = [(each.columns, balance) for each in edges for balance in each.balances]
    probes = [
        (name, start + side)
        for name, column in columns.items()
        if any(name in read for read, _ in balances)
        for start in dict.fromkeys((0.0, _place(row[name], as_of)))
        for side in (0.0, 1.0)
    ]
    if not probes:
        return {}
    table = _rows(engine, customer, row, [(name, _value(columns[name], place, as_of)) for name, place in probes])
    measured = table.select("customer_id", **{f"b{i}": balance.bind(table, as_of) for i, (_, balance) in enumerate(balances)})
    by_probe = {int(found["customer_id"]): found for found in engine.rows(measured)}
    flips: dict[str, list[float]] = {name: [] for name in columns}
    for (first, (name, place)), (second, (other, _)) in pairwise(enumerate(probes)):
        if name != other or second % 2 == 0:
            continue
        for number, (read, _) in enumerate(balances):
            low, high = (cast("float | None", by_probe[probe][f"b{number}"]) for probe in (first, second))
            if name in read and low is not None and high is not None and low != high:
                flips[name].append(place - low / (high - low))
    return flips


def _rows(engine: Engine, customer: ir.Table, row: Row, candidates: Sequence[Candidate]) -> ir.Table:
    """The customer's row once per candidate with its value, numbered in ``customer_id``."""
    schema = {name: kind for name, kind in customer.schema().items() if name != "customer_id"}
    columns: dict[str, list[object]] = {name: [row[name]] * len(candidates) for name in schema}
    for number, (name, value) in enumerate(candidates):
        if name:
            columns[name][number] = value
    numbers: list[object] = [str(number) for number in range(len(candidates))]
    return engine.memtable({"customer_id": numbers, **columns}, {"customer_id": "string", **schema})


def _place(value: object, as_of: date) -> float:
    """A number or day on the axis of ``_flips``; unknown is 0."""
    if isinstance(value, date):
        return float((value - as_of).days)
    return float(cast("int | float | Decimal", value)) if value is not None else 0.0


def _value(column: Column, place: float, as_of: date) -> object:
    if column.type is Type.DAY:
        return as_of + timedelta(days=round(place))
    return {Type.INTEGER: round(place), Type.MONEY: Decimal(repr(round(place, 2)))}.get(column.type, place)


def _segments(value: object) -> set[str]:
    if value is None:
        return set()
    return set(value) if isinstance(value, list) else {str(value)}


def relative_change(before: object, after: object, as_of: date) -> float:
    """How small a change is: of numbers and of days, counted from ``as_of``, relative to the value before."""
    if before is None or after is None or isinstance(before, str | bool):
        return TO_UNKNOWN
    old, new = _place(before, as_of), _place(after, as_of)
    return abs(new - old) / (abs(old) + 1)


def _counterfactual(row: Row, candidate: Candidate) -> Counterfactual:
    column, after = candidate
    return Counterfactual(column, row[column], after)
