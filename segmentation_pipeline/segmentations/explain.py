"""Why is this customer in this segment?  The rule, with the customer's own values.

Rules are evaluated by the same binding as for everybody, on the customer's one row, so an
explanation cannot differ from the assignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.segmentations.counterfactuals import Counterfactual
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.explanation import Asked, Explanation, RuleColumns, outcome, shown
from segmentation_pipeline.segmentations.kinds.base import Bind, SegmentationKind


class UnknownCustomer(UserError):
    """The one row to explain is not there."""


def explain_customer(
    engine: Engine,
    customer: ir.Table,
    assigned: Mapping[str, object],
    segmentations: Mapping[str, SegmentationKind],
    definitions: Sequence[SegmentDefinition],
    bind: Bind,
    rule_columns: RuleColumns,
    counterfactuals: Mapping[str, Mapping[str, Counterfactual | None]],
    notes: Mapping[str, Sequence[str]],
) -> list[Explanation]:
    """Explain every segmentation, in config order, for the one row of ``customer``.

    ``customer`` is ``Assignment.profile`` filtered to one customer_id, ``assigned`` that customer's
    row of ``all_segments``, ``counterfactuals`` what ``find_counterfactuals`` found for them and ``notes`` what else there is
    to say, as how near they are to another cluster, by segmentation; all of the same day.

    Raises ``UnknownCustomer`` when ``customer`` has no row.
    """
    outcomes = {
        outcome(name, segment.name): bind(segment.when, customer).fill_null(False)
        for name, s in segmentations.items()
        for segment in s.rules()
    }
    rows = engine.rows(customer.mutate(**outcomes))
    if len(rows) != 1:
        raise UnknownCustomer(
            f"expected one row for the customer, found {len(rows)}; check the customer_id and that the day has been run"
        )
    asked = Asked(rows[0], assigned, {(d.segmentation, d.segment): d.definition for d in definitions}, rule_columns)
    found = {name: s.explain(name, asked) for name, s in segmentations.items()}
    return [
        replace(
            explanation,
            because=(*explanation.because, *(notes.get(name, ()) if explanation.segments else ())),
            counterfactuals=_told(counterfactuals.get(name, {})) or _with_parts(segmentations[name]),
        )
        for name, explanation in found.items()
    ]


def _told(counterfactuals: Mapping[str, Counterfactual | None]) -> tuple[str, ...]:
    search = [f"to {to}: {m.column} from {shown(m.before)} to {shown(m.after)}" for to, m in counterfactuals.items() if m]
    without = [to for to, move in counterfactuals.items() if move is None]
    return (*search, *([f"no single change leads to {', '.join(without)}"] if without else []))


def _with_parts(segmentation: SegmentationKind) -> tuple[str, ...]:
    """A cross has too many cells to name a way to each, and every way is one of its parts."""
    return (f"moves with {' and '.join(segmentation.cross.of)}",) if segmentation.cross else ()
