"""Conditions that hold for nothing: a column must be more than one value and less than a smaller one.

Belongs here: what is seen from the words of a rule alone.  What values a column has is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import sqlglot.expressions as sge
from sqlglot.expressions import Expr as Expression

from segmentation_pipeline.config.diagnostics import RuleDiagnostic
from segmentation_pipeline.rules.lexer import PREFIX, position_of

_TURNED = {sge.GT: sge.LT, sge.GTE: sge.LTE, sge.LT: sge.GT, sge.LTE: sge.GTE, sge.EQ: sge.EQ}
SIGNS: dict[type[Expression], str] = {sge.GT: ">", sge.GTE: ">=", sge.LT: "<", sge.LTE: "<=", sge.EQ: "="}
_Bound = tuple[Decimal, bool, str]
"""A value, whether it is left out itself, and how the condition is written."""


def empty_ranges(tree: Expression) -> Iterator[RuleDiagnostic]:
    """One mistake for each column of an ``and`` that would have to be on both sides of a gap."""
    for node in tree.find_all(sge.And):
        if isinstance(node.parent, sge.And):
            continue
        least: dict[str, _Bound] = {}
        most: dict[str, _Bound] = {}
        places: dict[str, int | None] = {}
        for part in node.flatten():
            if (found := comparison(part)) is None:
                continue
            column, kind, (value, shown) = found
            written = f"{column} {SIGNS[kind]} {shown}"
            places.setdefault(column, position_of(part))
            if kind in (sge.GT, sge.GTE, sge.EQ):
                bound = (value, kind is sge.GT, written)
                least[column] = max(least.get(column, bound), bound, key=lambda each: (each[0], each[1]))
            if kind in (sge.LT, sge.LTE, sge.EQ):
                bound = (value, kind is sge.LT, written)
                most[column] = min(most.get(column, bound), bound, key=lambda each: (each[0], not each[1]))
        for column in least.keys() & most.keys():
            (low, low_out, one), (high, high_out, other) = least[column], most[column]
            if low > high or (low == high and (low_out or high_out)):
                hint = "write 'or' between them, or turn one of them around"
                yield RuleDiagnostic(
                    f"'{one} and {other}', which nothing is both", "a condition that can hold", hint, places[column]
                )


def comparison(node: Expression) -> tuple[str, type[Expression], tuple[Decimal, str]] | None:
    """The column on the left, the sign and the value on the right of a comparison of a column with what is written out."""
    kind = type(node)
    if kind not in _TURNED:
        return None
    for one, other, way in ((node.this, node.expression, kind), (node.expression, node.this, _TURNED[kind])):
        if isinstance(one, sge.Column) and (value := value_of(other)) is not None:
            return one.name.removeprefix(PREFIX), way, value
    return None


def value_of(node: Expression) -> tuple[Decimal, str] | None:
    """A number, or the number of a day, that is written out, and how."""
    if isinstance(node, sge.Neg):
        value = value_of(node.this)
        return value and (-value[0], f"-{value[1]}")
    if isinstance(node, sge.Literal) and not node.is_string:
        return Decimal(node.name), node.name
    if isinstance(node, sge.Cast) and isinstance(node.this, sge.Literal) and node.this.is_string:
        try:
            return Decimal(date.fromisoformat(node.this.name).toordinal()), f"date '{node.this.name}'"
        except ValueError:
            return None  # told where it stands
    return None
