"""Chance is a hash: who is drawn depends on salt and id alone, on every engine and version.

A draw is the lower-case hex SHA-256 of ``salt|id``.  Hex strings of equal length sort like the
numbers they spell, so "drawn with probability p" is a comparison of strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import cast

import ibis
import ibis.expr.types as ir

_DIGITS = 12
_HEX = "0123456789abcdef"


def sampling_hash(identifier: ir.StringValue, salt: str) -> ir.StringValue:
    """A uniform draw for each id: 64 hex digits; equal ids and salts give equal draws."""
    return (ibis.literal(f"{salt}|") + identifier).hexdigest("sha256")


def in_sample(identifier: ir.StringValue, salt: str, share: float) -> ir.BooleanValue:
    """True for a stable ``share`` (0 to 1) of ids."""
    if share >= 1.0:
        return ibis.literal(True)
    return sampling_hash(identifier, salt) < _below(share)


def drawn_part(identifier: ir.StringValue, salt: str, shares: Mapping[str, float]) -> ir.StringValue:
    """One of the names in ``shares`` for each id, stable, each with its share; shares sum up to 1, and their order counts."""
    draw, reached = sampling_hash(identifier, salt), 0.0
    *others, (name_of_last, _) = shares.items()
    branches = []
    for name, share in others:
        reached += share
        branches.append((draw < _below(reached), ibis.literal(name)))
    last = ibis.literal(name_of_last)
    return cast(ir.StringValue, ibis.cases(*branches, else_=last) if branches else last)


def uniform(identifier: ir.StringValue, salt: str) -> ir.FloatingValue:
    """A stable number of each id in [0, 1), even to 24 binary digits; the same on every engine."""
    draw = sampling_hash(identifier, salt)
    digits = (ibis.literal(_HEX).find(draw.substr(place, 1)).cast("float64") / 16.0 ** (place + 1) for place in range(6))
    return cast(ir.FloatingValue, reduce(add, digits))


def _below(share: float) -> str:
    """Draws of a share (0 to 1) of ids sort before this text."""
    # No digit sorts after f, so that a share of 1 is everybody.
    return "g" if share >= 1.0 else f"{int(share * 16**_DIGITS):0{_DIGITS}x}"


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
