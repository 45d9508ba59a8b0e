"""Where a rule may change its mind: the values it names, and the comparisons that may tip over.

Belongs here: what can be read off a rule.  Does not belong here: whom it would move (``segmentations/counterfactuals.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

import ibis.expr.types as ir
import sqlglot.expressions as sge
from sqlglot.expressions import Expr as Expression

from segmentation_pipeline.rules.compiler import Checker
from segmentation_pipeline.rules.lexer import parse_words
from segmentation_pipeline.rules.symbol_table import SymbolTable
from segmentation_pipeline.rules.typed_expr import Scope, TypedExpr
from segmentation_pipeline.rules.value_kinds import DAY, DOUBLE
from segmentation_pipeline.rules.vocabulary import Vocabulary

_COMPARISONS = (sge.EQ, sge.NEQ, sge.LT, sge.LTE, sge.GT, sge.GTE)


@dataclass(frozen=True, slots=True)
class DecisionBoundary:
    """Two numbers or two days a rule compares; the rule may tip where they are equal."""

    left: TypedExpr
    right: TypedExpr

    @property
    def names_its_edge(self) -> bool:
        """Whether it compares a bare column with a value that is written out."""
        sides = ((self.left, self.right), (self.right, self.left))
        return any(one.column is not None and other.value is not None for one, other in sides)

    def bind(self, table: ir.Table, as_of: date) -> ir.FloatingValue:
        """How far apart the two are, in numbers or days; null where one is unknown."""
        left, right = (part.build(Scope(table, as_of)) for part in (self.left, self.right))
        apart = left.delta(right, unit="day") if self.left.kind == DAY else left.cast("float64") - right.cast("float64")
        return cast(ir.FloatingValue, apart.cast("float64"))


@dataclass(frozen=True, slots=True)
class DecisionBoundaries:
    """The columns a rule reads, the values it names, and what it compares beside a column with such a value."""

    columns: tuple[str, ...] = ()
    numbers: tuple[Decimal, ...] = ()
    texts: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    balances: tuple[DecisionBoundary, ...] = ()


def decision_boundaries(text: str, known: Vocabulary) -> DecisionBoundaries:
    """The edges of a rule that ``known`` can parse."""
    columns = known.parse(text).columns
    tree, _ = parse_words(text)
    assert tree is not None
    checker = Checker(SymbolTable(known.columns, known.labels, known.unavailable, known.segmentations))
    literals = list(tree.find_all(sge.Literal))
    balances = [balance for balance in _balances(tree, checker) if not balance.names_its_edge]
    days = [part.value for cast_ in tree.find_all(sge.Cast) if isinstance((part := checker.visit(cast_)).value, date)]
    return DecisionBoundaries(
        columns,
        tuple(dict.fromkeys(Decimal(literal.name) for literal in literals if not literal.is_string)),
        tuple(dict.fromkeys(literal.name for literal in literals if literal.is_string)),
        tuple(dict.fromkeys(days)),
        tuple(balances),
    )


def _balances(tree: Expression, checker: Checker) -> Iterator[DecisionBoundary]:
    for node in tree.find_all(*_COMPARISONS, sge.Between):
        names = ("this", "low", "high") if isinstance(node, sge.Between) else ("this", "expression")
        value, *others = (checker.visit(node.args[name]) for name in names)
        if value.kind.name in (DOUBLE.name, DAY.name):
            yield from (DecisionBoundary(value, other) for other in others)
