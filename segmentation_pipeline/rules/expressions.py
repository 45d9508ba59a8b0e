"""Expressions over the columns of a file as received: what a contract column is made of, and which rows are left out.

    quantity * price
    "Lineitem price" * "Lineitem quantity"
    coalesce("Phone", "Billing Phone")
    case when "Financial Status" in ('refunded', 'voided') then 'cancelled' else 'completed' end
    extract("Tags", 'ord-([0-9]+)')

The language is that of rules (``rules.py``), over names of the file: in double quotes where they hold more than letters,
digits and ``_``.  A value of the file is a text, a number where it is calculated or compared with a number, a day where
it is compared with a day.  An empty cell is no value, and what is made of none is none, as in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import cast

import ibis.expr.types as ir
import sqlglot.expressions as sge
from sqlglot.tokens import TokenType

from segmentation_pipeline.config.diagnostics import RuleDiagnostic, RuleError
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.rules import value_kinds as kinds
from segmentation_pipeline.rules.expression_compiler import ExpressionChecker, FileSymbolTable
from segmentation_pipeline.rules.expression_functions import FILE_FUNCTIONS, rendered
from segmentation_pipeline.rules.expression_parts import READ_NUMBER, any_doubt, doubted, read_as
from segmentation_pipeline.rules.grammar import SIGNS, Grammar
from segmentation_pipeline.rules.lexer import KEYWORDS, parse_words
from segmentation_pipeline.rules.typed_expr import Doubt, Reader, Scope, TypedExpr

_KEYWORDS = (*KEYWORDS, "case", "when", "then", "else", "end")
EXPRESSIONS = Grammar(
    what="expression",
    example='quantity * price, or "Lineitem price" * 2',
    keywords=_KEYWORDS,
    calls=tuple(FILE_FUNCTIONS),
    signs=SIGNS | {TokenType.DPIPE},
    allowed='columns of the file, in "double quotes" where needed, numbers, texts in single quotes, '
    "= <> < <= > >= + - * / ||, parentheses, " + ", ".join(_KEYWORDS),
    hints={
        ";": "an expression is one value and has no ';'",
        ".": 'write the name of a column in double quotes, and numbers as 0.5; "customer.id" may have a point',
        "==": "write a single '='",
        "::": "write number(...), text(...) or parse_date(..., '%d.%m.%Y')",
    },
    unreadable_hint='a name with blanks or signs stands in "double quotes"',
    quotes_names=True,
    has_time=False,
)

_NO_DAY = date.min
"""Expressions do not know what day it is."""

_FITTING: dict[Type, tuple[kinds.Kind, ...]] = {
    Type.TEXT: (kinds.TEXT, kinds.DOUBLE, kinds.DAY),
    Type.INTEGER: (kinds.DOUBLE, kinds.TEXT),
    Type.NUMBER: (kinds.DOUBLE, kinds.TEXT),
    Type.MONEY: (kinds.DOUBLE, kinds.TEXT),
    Type.BOOLEAN: (kinds.BOOLEAN, kinds.TEXT),
    Type.DAY: (kinds.DAY, kinds.TEXT),
    Type.INSTANT: (kinds.TEXT, kinds.DAY),
}
_STRICT = (sge.Column, sge.Identifier, sge.Literal, sge.Paren, sge.Neg, sge.Add, sge.Sub, sge.Mul, sge.Div)
"""Syntax of which no piece makes a value of what is none."""

_NUMBERS = (Type.INTEGER, Type.NUMBER, Type.MONEY)


@dataclass(frozen=True, slots=True)
class ColumnExpression:
    """A checked expression that makes a column, or a condition on rows.

    ``columns`` are the file's columns it reads, in the order they are first named; ``is_day`` tells a day from a text
    that is to be read as one; one that ``is_strict`` makes nothing wherever it is in doubt.
    """

    text: str
    columns: tuple[str, ...]
    is_day: bool
    is_strict: bool
    _part: TypedExpr = field(repr=False, compare=False)

    @property
    def may_doubt(self) -> bool:
        """Whether something it depends on may be there and not be read."""
        return self._part.doubt is not None

    def value(self, table: ir.Table, reader: Reader) -> ir.StringValue:
        """What it makes of each row, as a text; null where it makes nothing, and where ``doubt``."""
        return rendered(self._part)(Scope(table, _NO_DAY, reader))

    def holds(self, table: ir.Table, reader: Reader) -> ir.BooleanValue:
        """Whether the condition surely holds; never null."""
        return cast(ir.BooleanValue, self._part.build(Scope(table, _NO_DAY, reader))).fill_null(False)

    def doubt(self, table: ir.Table, reader: Reader) -> ir.BooleanValue | None:
        """Whether it depends on something that is there and cannot be read; None when it never does."""
        return None if self._part.doubt is None else self._part.doubt.holds(Scope(table, _NO_DAY, reader))

    def at_fault(self, table: ir.Table, reader: Reader) -> Iterator[tuple[str, ir.BooleanValue]]:
        """The columns of the file that may be what cannot be read, each with whether it is."""
        for column, is_it in self._part.doubt.about if self._part.doubt else ():
            yield column, is_it(Scope(table, _NO_DAY, reader))


@lru_cache(maxsize=1024)
def parse_expression(text: str, made: Type | None) -> ColumnExpression:
    """Check an expression that makes a column of type ``made``; None: a condition.

    Which columns the file has is not known here.  Raises ``RuleError`` with every mistake.

    >>> parse_expression('"Lineitem price" * quantity', Type.MONEY).columns
    ('Lineitem price', 'quantity')
    """
    names = FileSymbolTable()
    checker = ExpressionChecker(names)
    try:
        tree, mistakes = parse_words(text, EXPRESSIONS)
        if tree is None:
            raise ExpressionError(text, mistakes)
        part = checker.value(tree, kinds.INTEGER if made in _NUMBERS else kinds.TEXT)
    except RecursionError:
        raise ExpressionError(text, [RuleDiagnostic("an expression nested too deeply", "a flatter one")]) from None
    if not checker.mistakes:
        checker.mistakes += _misfit(part, made)
    if checker.mistakes:
        raise ExpressionError(text, checker.mistakes)
    if made in _NUMBERS and part.kind == kinds.TEXT:
        read = read_as(READ_NUMBER, part.build, (), part.column)
        part = doubted(read, any_doubt([part.doubt, read.doubt]))
    if made is not None and part.kind.name == kinds.DOUBLE.name and not part.kind.is_exact:
        part = doubted(part, any_doubt([part.doubt, _too_large(part)]))
    is_strict = all(isinstance(node, _STRICT) for node in tree.walk())
    return ColumnExpression(text, tuple(dict.fromkeys(names.used)), part.kind == kinds.DAY, is_strict, part)


class ExpressionError(RuleError):
    """An expression that cannot be used.  ``mistakes`` lists everything wrong with it."""

    what = "expression"


def _misfit(part: TypedExpr, made: Type | None) -> list[RuleDiagnostic]:
    if made is None:
        if part.kind in (kinds.BOOLEAN, kinds.UNKNOWN):
            return []
        return [RuleDiagnostic(f"a {part.kind} as the condition", "a condition that is true or false, such as \"Tags\" = 'test'")]
    fitting = _FITTING[made]
    if part.kind == kinds.UNKNOWN or any(part.kind.name == kind.name for kind in fitting):
        return []
    return [
        RuleDiagnostic(
            f"a {part.kind} for a column that is {_IN_WORDS[made]}", f"a {' or a '.join(str(kind) for kind in fitting)}"
        )
    ]


_IN_WORDS = {
    Type.TEXT: "a text",
    Type.INTEGER: "a whole number",
    Type.NUMBER: "a number",
    Type.MONEY: "an amount",
    Type.BOOLEAN: "true or false",
    Type.DAY: "a day",
    Type.INSTANT: "a point in time",
}


def _too_large(part: TypedExpr) -> Doubt:
    """A double that no text of digits holds."""
    text = rendered(part)
    return Doubt(lambda scope: cast(ir.BooleanValue, part.build(scope).notnull() & text(scope).isnull()))
