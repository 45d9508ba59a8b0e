"""Orders and lines with a negative amount or quantity: never sales, but what the configuration says they are."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.standardise import TYPED
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import Source


def with_negatives_told(typed: ir.Table, source: Source, config: SourceConfig) -> ir.Table:
    """``typed`` with negative rows as the returns or cancellations they are; unchanged where they are refused.

    Their values lose the sign.  The status of a return is ``returned``; an order then has no amount of its own, only a
    ``returned_amount``.  The status of a cancellation is ``cancelled``.
    """
    if not source.signed or config.negative == "refuse":
        return typed
    negative = ibis.or_(*((typed[TYPED + name] < 0).fill_null(False) for name in source.signed))
    typed = typed.mutate(_negative=negative)
    values: dict[str, ir.Value] = {TYPED + name: typed[TYPED + name].abs() for name in source.signed}
    status = "returned" if config.negative == "return" else "cancelled"
    values[TYPED + "status"] = ibis.ifelse(typed._negative, ibis.literal(status), typed[TYPED + "status"])
    if config.negative == "return" and "returned_amount" in source.names:
        amount, nothing = values[TYPED + "amount"], ibis.literal(0).cast(Type.MONEY.ibis)
        values[TYPED + "returned_amount"] = ibis.ifelse(typed._negative, amount, typed[TYPED + "returned_amount"])
        values[TYPED + "amount"] = ibis.ifelse(typed._negative, nothing, amount)
    return typed.mutate(**values).drop("_negative")
