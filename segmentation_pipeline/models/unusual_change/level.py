"""What everybody did in the latest window: a good month of the shop is nobody's own change.

It is measured twice, the second time without those who stand out: ten large customers who left are no bad month.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.unusual_change import amounts, counts
from segmentation_pipeline.models.unusual_change.amounts import AmountModel
from segmentation_pipeline.models.unusual_change.counts import CountModel
from segmentation_pipeline.models.unusual_change.customers import amount_rows, count_rows
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline.models.unusual_change.steps import of_table
from segmentation_pipeline.models.unusual_change.windows import MICRO, whole

_STANDS_OUT = 0.01
Model = TypeVar("Model", AmountModel, CountModel)


def leveled_counts(engine: Engine, model: CountModel, windows: ir.Table, settings: UnusualChangeConfig) -> CountModel:
    """With the ``level`` of the day; ``windows`` is a table of ``by_customer``."""
    rows = count_rows(windows, settings)
    rate, _ = model.rate(rows.total, rows.windows)

    def measured(of: CountModel, kept: ir.Table) -> CountModel:
        [sums] = engine.rows(kept.agg(latest=kept.latest.cast("int64").sum(), expected=kept.expected.sum()))
        return counts.with_level(of, float(sums["latest"] or 0), float(sums["expected"] or 0) / MICRO)

    return _twice(engine, model, rows.mutate(expected=whole(rate, MICRO)), measured)


def leveled_amounts(engine: Engine, model: AmountModel, windows: ir.Table, settings: UnusualChangeConfig) -> AmountModel:
    """With the ``level`` of the day; ``windows`` is that of orders."""
    rows = amount_rows(windows, settings)

    def measured(of: AmountModel, kept: ir.Table) -> AmountModel:
        [sums] = engine.rows(kept.agg(steps=whole(kept.latest - kept["mean"], MICRO).sum(), customers=kept.count()))
        return amounts.with_level(of, float(sums["steps"] or 0) / MICRO, float(sums["customers"]))

    return _twice(engine, model, rows, measured)


def _twice(engine: Engine, model: Model, rows: ir.Table, measured: Callable[[Model, ir.Table], Model]) -> Model:
    with engine.staged(rows) as kept:
        first = measured(model, kept)
        # Worked out before they are filtered: Spark writes the steps of a condition into it, over and over.
        with engine.staged(of_table(kept, first.steps())) as told:
            return measured(first, told.filter(told.low > _STANDS_OUT, told.high > _STANDS_OUT))
