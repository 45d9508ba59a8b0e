"""Why is a score what it is?  The features that move it most away from an average customer's, in words."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

FLAT = 0.01
"""What moves the link by less is no reason."""


def reason(parts: Sequence[tuple[str, ir.FloatingValue]]) -> ir.StringValue:
    """Of each row up to two features in the order in which they move the score, as ``recency_days raises it, frequency
    lowers it``; null where nothing moves it."""
    if not parts:
        return ibis.null("string")
    sizes = [part.abs() for _, part in parts]
    first = ibis.greatest(*sizes) if len(sizes) > 1 else sizes[0]
    words = [_words(label, part) for label, part in parts]
    told = ibis.cases(*((size == first, word) for size, word in zip(sizes, words, strict=True)))
    if len(parts) > 1:
        rest = [(size < first).ifelse(size, 0.0) for size in sizes]
        second = ibis.greatest(*rest)
        more = ibis.cases(*(((size == second) & (second > FLAT), word) for size, word in zip(rest, words, strict=True)))
        told = told + more.notnull().ifelse(ibis.literal(", ") + more, "")
    return (first > FLAT).ifelse(told, ibis.null("string"))


def _words(label: str, part: ir.FloatingValue) -> ir.StringValue:
    return (part > 0).ifelse(f"{label} raises it", f"{label} lowers it")
