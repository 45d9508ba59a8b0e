"""Orders and lines that are no sales: those with the status of a return, and negative ones as the configuration says."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.values.standardise import TYPED

RETURNED, CANCELLED = "returned", "cancelled"


def with_negatives_told(typed: ir.Table, source: Source, config: SourceConfig) -> ir.Table:
    """``typed`` with negative rows as the returns or cancellations they are, and the amount of a return as paid back.

    Negative rows lose their sign; where they are refused they keep it, and so does a cancellation that names no order: nothing
    would be taken off for it.  An order that is a return has no amount of its own,
    only a ``returned_amount``.
    """
    if not source.signed:
        return typed
    if config.negative != "refuse":
        negative = ibis.or_(*((typed[TYPED + name] < 0).fill_null(False) for name in source.signed))
        told = negative if config.negative == "return" else negative & typed[TYPED + "cancels"].notnull()
        status = RETURNED if config.negative == "return" else CANCELLED
        typed = typed.mutate(
            **{TYPED + "status": ibis.ifelse(told, ibis.literal(status), typed[TYPED + "status"])},
            **{TYPED + name: ibis.ifelse(told, typed[TYPED + name].abs(), typed[TYPED + name]) for name in source.signed},
        )
    if "returned_amount" not in source.names:
        return typed
    amount, paid_back = typed[TYPED + "amount"], typed[TYPED + "returned_amount"]
    is_return = (typed[TYPED + "status"] == RETURNED) & paid_back.isnull() & (amount > 0)
    return typed.mutate(
        **{TYPED + "returned_amount": ibis.ifelse(is_return, amount, paid_back)},
        **{TYPED + "amount": ibis.ifelse(is_return, ibis.literal(0).cast(Type.MONEY.ibis), amount)},
    )
