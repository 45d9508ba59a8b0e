"""Probabilities of classes from their logits, as table arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def with_most_likely(
    table: ir.Table, logits: Sequence[ir.FloatingValue], names: Sequence[str], prefix: str
) -> tuple[ir.Table, ir.StringValue, ir.FloatingValue]:
    """``table`` with working columns that begin with ``prefix``, the name of the most likely class and its probability.

    Both are null where a logit is.  Of equally likely classes the first wins.
    """
    places = range(len(logits))
    table = table.mutate(**{f"{prefix}{k}": logit for k, logit in enumerate(logits)})
    table = table.mutate(**{f"{prefix}most": ibis.greatest(*(table[f"{prefix}{k}"] for k in places))})
    known = ibis.and_(*(table[f"{prefix}{k}"].notnull() for k in places))
    total = ibis.literal(0.0)
    for k in places:
        total = total + (table[f"{prefix}{k}"] - table[f"{prefix}most"]).exp()
    name = ibis.cases(*((known & (table[f"{prefix}{k}"] == table[f"{prefix}most"]), names[k]) for k in places))
    return table, name, ibis.ifelse(known, ibis.literal(1.0) / total, ibis.null("float64"))
