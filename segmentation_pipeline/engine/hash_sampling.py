"""Chance is a hash: who is drawn depends on salt and id alone, on every engine and version.

A draw is the lower-case hex SHA-256 of ``salt|id``.  Hex strings of equal length sort like the
numbers they spell, so "drawn with probability p" is a comparison of strings.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

_DIGITS = 12


def sampling_hash(identifier: ir.StringValue, salt: str) -> ir.StringValue:
    """A uniform draw for each id: 64 hex digits; equal ids and salts give equal draws."""
    return (ibis.literal(f"{salt}|") + identifier).hexdigest("sha256")


def in_sample(identifier: ir.StringValue, salt: str, share: float) -> ir.BooleanValue:
    """True for a stable ``share`` (0 to 1) of ids."""
    if share >= 1.0:
        return ibis.literal(True)
    return sampling_hash(identifier, salt) < f"{int(share * 16**_DIGITS):0{_DIGITS}x}"


def in_half(identifier: ir.StringValue, salt: str, number: int) -> ir.BooleanValue:
    """True for a stable half of ids; each ``number`` (0 to 51) is another half, apart from who is ``in_sample``."""
    return sampling_hash(identifier, salt).substr(_DIGITS + number, 1) < "8"


def bounded_sample(table: ir.Table, key: str, salt: str, size: int, population: int) -> ir.Table:
    """About ``size`` rows (all, when there are fewer), the same on every run and engine.

    Drawn by share, not by sorting, so it costs one scan.
    """
    if population <= size:
        return table
    return table.filter(in_sample(table[key], salt, size / population))
