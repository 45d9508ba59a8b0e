"""Ratios of sums, the same digit by digit on every engine and in every order of rows."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import Type


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """``part / whole`` to six places; null where the whole is 0 or either is null."""
    return cast(ir.FloatingValue, (part.cast("float64") / whole.cast("float64").nullif(0.0)).round(6))


def money_per(total: ir.DecimalValue, count: ir.IntegerValue) -> ir.DecimalValue:
    """``total / count`` in whole cents, halves away from 0; null where the count is 0.

    Counted in cents: as fractions, 2.01 / 2 is a little less than 1.005 and would become 1.00.
    """
    cents = (total * 100).cast("int64")
    twice = count.nullif(0) * 2
    rounded = (cents.abs() * 2 + count) // twice
    signed = ibis.ifelse(cents < 0, -rounded, rounded)
    cent = ibis.literal("0.01").cast(Type.MONEY.ibis)
    return cast(ir.DecimalValue, (signed.cast(Type.MONEY.ibis) * cent).cast(Type.MONEY.ibis))
