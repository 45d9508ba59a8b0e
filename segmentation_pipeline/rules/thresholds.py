"""Thresholds of a rule: a column compared by size with a number that is written out.

Belongs here: what can be read off a rule.  Who is on which side is asked elsewhere.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import sqlglot.expressions as sge
from sqlglot.expressions import Expr as Expression

from segmentation_pipeline.rules.lexer import PREFIX, parse_words
from segmentation_pipeline.rules.ranges import SIGNS, comparison, value_of

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

_ABOVE = {">": ">", "<=": ">", ">=": ">=", "<": ">="}


@dataclass(frozen=True, slots=True)
class Threshold:
    """``column`` ``sign`` ``number``, as a rule compares them."""

    column: str
    sign: str
    number: Decimal

    def holds(self, value: float) -> bool:
        """Whether the comparison is true of a value of the column."""
        return _COMPARE[self.sign](value, float(self.number))

    @property
    def border(self) -> Threshold:
        """The same border as those above it are asked for: whom ``<`` leaves out, ``>=`` asks for."""
        return replace(self, sign=_ABOVE[self.sign])

    def __str__(self) -> str:
        return f"{self.column} {self.sign} {self.number}"


def thresholds(text: str) -> tuple[Threshold, ...]:
    """Those of a rule that can be parsed, each once; both ends of a ``between``.

    >>> [str(each) for each in thresholds("lapse_90 >= 0.6 and (monetary > 200 or 0.1 < lapse_90)")]
    ['lapse_90 >= 0.6', 'monetary > 200', 'lapse_90 > 0.1']
    """
    tree, _ = parse_words(text)
    return tuple(dict.fromkeys(each for node in tree.walk(bfs=False) for each in _of(node))) if tree is not None else ()


def _of(node: Expression) -> Iterator[Threshold]:
    if isinstance(node, sge.Between) and isinstance(node.this, sge.Column):
        for sign, end in ((">=", "low"), ("<=", "high")):
            if (found := value_of(node.args[end])) is not None:
                yield Threshold(node.this.name.removeprefix(PREFIX), sign, found[0])
    elif (compared := comparison(node)) is not None and SIGNS[compared[1]] in _COMPARE:
        column, kind, (number, _) = compared
        yield Threshold(column, SIGNS[kind], number)
