"""Why is a score what it is?  The features that move it most away from an average customer's, in words."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

FLAT = 0.01
"""What moves the link by less is no reason."""


def with_reason(table: ir.Table, labels: Sequence[str], parts: Sequence[str], prefix: str) -> tuple[ir.Table, ir.StringValue]:
    """``table`` with working columns that begin with ``prefix``, and of each row up to two features in the order in which they
    move the score, as ``recency_days raises it, frequency lowers it``; null where nothing moves it.

    ``parts`` are the columns with what each feature, called by its label, adds to the link.
    """
    if not parts:
        return table, ibis.null("string")
    sizes = [f"{prefix}size_{place}" for place in range(len(parts))]
    table = table.mutate(**{size: table[part].abs() for size, part in zip(sizes, parts, strict=True)})
    first, told = _largest(table, labels, parts, sizes)
    table = table.mutate(**{f"{prefix}first": first})
    rest = {size: (table[size] < table[f"{prefix}first"]).ifelse(table[size], 0.0) for size in sizes}
    table = table.mutate(**{f"{prefix}told": told}).mutate(**rest)
    second, more = _largest(table, labels, parts, sizes)
    words = table[f"{prefix}told"] + (second > FLAT).ifelse(ibis.literal(", ") + more, "")
    return table, (table[f"{prefix}first"] > FLAT).ifelse(words, ibis.null("string"))


def _largest(
    table: ir.Table, labels: Sequence[str], parts: Sequence[str], sizes: Sequence[str]
) -> tuple[ir.FloatingValue, ir.StringValue]:
    """The largest size of each row, and in words what it is of; of equals the first."""
    largest = ibis.greatest(*(table[size] for size in sizes)) if len(sizes) > 1 else table[sizes[0]]
    told = ((table[s] == largest, _words(label, table[p])) for label, p, s in zip(labels, parts, sizes, strict=True))
    return largest, ibis.cases(*told)


def _words(label: str, part: ir.FloatingValue) -> ir.StringValue:
    return (part > 0).ifelse(f"{label} raises it", f"{label} lowers it")
