"""The second whitelist: which syntax may stand in a rule, of which kinds, and its Ibis meaning.

Each allowed piece of syntax has one method that checks its parts and says how to build it.
Syntax without a method is refused, whatever the parser makes of it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar

import ibis.expr.types as ir
import sqlglot.expressions as sge
from sqlglot.expressions import Expr as Expression

from segmentation_pipeline.config.diagnostics import RuleDiagnostic, shown
from segmentation_pipeline.rules import value_kinds as kinds
from segmentation_pipeline.rules.arithmetic import OPERATORS, calculated
from segmentation_pipeline.rules.days import MAX_SPANS, shifted, span
from segmentation_pipeline.rules.functions import FUNCTIONS
from segmentation_pipeline.rules.grammar import SYNTAX_ARGUMENTS
from segmentation_pipeline.rules.lexer import IN_SEGMENT, PREFIX, SPAN, position_of
from segmentation_pipeline.rules.symbol_table import SymbolTable
from segmentation_pipeline.rules.typed_expr import BROKEN, Scope, TypedExpr, balanced, literal

MAX_DEPTH = 50
_WRITTEN_SPAN = re.compile(rf"{PREFIX}{SPAN}(\w+)\((\d+)\)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)

_COMPARISONS: dict[type[Expression], Callable[[ir.Value, ir.Value], ir.Value]] = {
    sge.EQ: operator.eq,
    sge.NEQ: operator.ne,
    sge.LT: operator.lt,
    sge.LTE: operator.le,
    sge.GT: operator.gt,
    sge.GTE: operator.ge,
}
_JOINS: dict[type[Expression], tuple[str, Callable[[ir.Value, ir.Value], ir.Value]]] = {
    sge.And: ("and", operator.and_),
    sge.Or: ("or", operator.or_),
}
_ALLOWED = "comparisons, and/or/not, + - * /, in (...), between ... and ..., like '...', is [not] null and the functions of rules"
_SPAN_HINT = "a span of time is added to or taken from a day, such as as_of - 90 days"


class Checker:
    """Checks one rule; ``mistakes`` collects what is wrong with it."""

    language: ClassVar[str] = "rules"
    allowed: ClassVar[str] = _ALLOWED
    methods: ClassVar[Mapping[type[Expression], Callable[..., TypedExpr]]]

    def __init__(self, names: SymbolTable) -> None:
        self.mistakes: list[RuleDiagnostic] = []
        self._names = names
        self._depth = 0

    def visit(self, node: Expression) -> TypedExpr:
        """The checked part for a piece of syntax; a mistake is noted and leaves ``BROKEN``."""
        if self._depth >= MAX_DEPTH:
            raise RecursionError
        known_arguments = all(name in SYNTAX_ARGUMENTS for name, value in node.args.items() if value)
        method = self.methods.get(type(node), Checker._refuse) if known_arguments else Checker._refuse
        self._depth += 1
        part = method(self, node)
        self._depth -= 1
        return part

    # ------------------------------------------------------------ leaves

    def _column(self, node: Expression) -> TypedExpr:
        found = self._names.part(node.name.removeprefix(PREFIX), position_of(node))
        if isinstance(found, TypedExpr):
            return found
        self.mistakes.append(found)
        return BROKEN

    def _boolean(self, node: Expression) -> TypedExpr:
        return literal(bool(node.this), kinds.BOOLEAN)

    def _parentheses(self, node: Expression) -> TypedExpr:
        return self.visit(node.this)

    def _literal(self, node: Expression) -> TypedExpr:
        if node.is_string:
            return literal(node.name, kinds.TEXT)
        digits, _, decimals = node.name.partition(".")
        kind = kinds.number(len(digits) + len(decimals), len(decimals))
        return literal(Decimal(node.name) if decimals else int(digits), kind)

    def _date(self, node: Expression) -> TypedExpr:
        """``date '2024-01-31'``, which the parser makes a cast of a literal."""
        text = node.this
        if not (isinstance(text, sge.Literal) and text.is_string and node.args["to"].this is sge.DType.DATE):
            return self._refuse(node)
        try:
            day = date(*map(int, text.name.split("-"))) if _DAY.match(text.name) else None
        except ValueError:
            day = None
        expected = "a day such as date '2024-01-31'"
        return literal(day, kinds.DAY) if day else self._wrong(f"the day {shown(text.name)}", expected, node)

    def _null(self, node: Expression) -> TypedExpr:
        return self._wrong("null as a value", "'is null' or 'is not null'; comparing with null is never true", node)

    # ------------------------------------------------------------ conditions

    def _comparison(self, node: Expression) -> TypedExpr:
        left, right = self._settled([self.visit(node.this), self.visit(node.expression)])
        kind = self._same_kind([left, right], node)
        if kind == kinds.BOOLEAN and type(node) not in (sge.EQ, sge.NEQ):
            return self._wrong("true/false values compared by size", "= or <>", node)
        place = position_of(node)
        self.mistakes += [*self._names.strange_values(left, [right], place), *self._names.strange_values(right, [left], place)]
        compare = _COMPARISONS[type(node)]
        return TypedExpr(kinds.BOOLEAN, lambda scope: compare(left.build_as(kind, scope), right.build_as(kind, scope)))

    def _join(self, node: Expression) -> TypedExpr:
        word, combine = _JOINS[type(node)]
        parts = [self._condition(part, word) for part in node.flatten(unnest=False)]
        return TypedExpr(kinds.BOOLEAN, lambda scope: balanced([part.build(scope) for part in parts], combine))

    def _not(self, node: Expression) -> TypedExpr:
        part = self._condition(node.this, "not")
        return TypedExpr(kinds.BOOLEAN, lambda scope: ~part.build(scope))

    def _condition(self, node: Expression, word: str) -> TypedExpr:
        part = self.visit(node)
        if part.kind in (kinds.BOOLEAN, kinds.UNKNOWN):
            return part
        return self._wrong(f"a {part.kind} beside '{word}'", "a condition that is true or false", node)

    def _is_null(self, node: Expression) -> TypedExpr:
        if not isinstance(node.expression, sge.Null):
            return self._wrong("'is' before something other than null", "is null or is not null", node, "compare with =")
        part = self.visit(node.this)
        if part.kind == kinds.SPAN:
            return self._wrong("a span of time that is or is not null", "a column", node)
        return self._absent(part)

    def _absent(self, part: TypedExpr) -> TypedExpr:
        return TypedExpr(kinds.BOOLEAN, lambda scope: part.build_whole(scope).isnull())

    def _in(self, node: Expression) -> TypedExpr:
        items = node.expressions
        if not items:
            return self._wrong("'in' without a list", "values in parentheses, such as in ('DE', 'AT')", node)
        part, *values = self._settled([self.visit(each) for each in (node.this, *items)])
        if not all(value.constant for value in values):
            return self._wrong("a list with something other than plain values", "numbers, texts or days", node)
        kind = self._same_kind([part, *values], node)
        self.mistakes += self._names.strange_values(part, values, position_of(node))

        def build(scope: Scope) -> ir.Value:
            return part.build_as(kind, scope).isin([value.build_as(kind, scope) for value in values])

        return TypedExpr(kinds.BOOLEAN, build)

    def _between(self, node: Expression) -> TypedExpr:
        parts = self._settled([self.visit(node.args[name]) for name in ("this", "low", "high")])
        kind = self._same_kind(parts, node)
        if kind == kinds.BOOLEAN:
            return self._wrong("'between' on true/false values", "numbers, days or texts", node)
        _, low, high = parts
        if low.is_more_than(high):
            found = f"'between {low.value} and {high.value}', which nothing is"
            return self._wrong(found, f"the smaller one first: between {high.value} and {low.value}", node)

        def build(scope: Scope) -> ir.Value:
            value, low, high = (part.build_as(kind, scope) for part in parts)
            return value.between(low, high)

        return TypedExpr(kinds.BOOLEAN, build)

    def _like(self, node: Expression) -> TypedExpr:
        part, pattern = self._settled([self.visit(node.this), self.visit(node.expression)])
        if part.kind not in (kinds.TEXT, kinds.UNKNOWN) or pattern.text is None or "\\" in pattern.text:
            # Engines disagree on the backslash.
            expected = "a text column and a pattern in single quotes, with % for anything and _ for one character"
            return self._wrong("'like' with something else", expected, node, "a pattern has no backslash")
        method = "like" if isinstance(node, sge.Like) else "ilike"
        if node.args.get("negate"):
            return TypedExpr(kinds.BOOLEAN, lambda scope: ~getattr(part.build(scope), method)(pattern.text))
        return TypedExpr(kinds.BOOLEAN, lambda scope: getattr(part.build(scope), method)(pattern.text))

    # ------------------------------------------------------------ values

    def _arithmetic(self, node: Expression) -> TypedExpr:
        left, right = self._operands([node.this, node.expression])
        if right.kind == kinds.SPAN and left.kind in (kinds.DAY, kinds.UNKNOWN) and type(node) in (sge.Add, sge.Sub):
            return shifted(left, right, back=isinstance(node, sge.Sub)) if left.kind == kinds.DAY else BROKEN
        for part in (left, right):
            if part.kind.name != kinds.DOUBLE.name and part.kind != kinds.UNKNOWN:
                hint = "use days_since(column) for the days up to as_of" if part.kind == kinds.DAY else None
                hint = _SPAN_HINT if kinds.SPAN in (left.kind, right.kind) else hint
                return self._wrong(f"a {part.kind} in a calculation", "numbers on both sides of + - * /", node, hint)
        if kinds.UNKNOWN in (left.kind, right.kind):
            return BROKEN
        return calculated(type(node), left, right)

    def _minus(self, node: Expression) -> TypedExpr:
        (part,) = self._operands([node.this])
        if part.kind.name != kinds.DOUBLE.name and part.kind != kinds.UNKNOWN:
            return self._wrong(f"a minus before a {part.kind}", "a number", node)
        return TypedExpr(part.kind, lambda scope: -part.build(scope), constant=part.constant)

    def _call(self, node: Expression) -> TypedExpr:
        name = str(node.this).removeprefix(PREFIX).lower()
        if name.startswith(SPAN):
            return self._span(node, name.removeprefix(SPAN))
        if name == IN_SEGMENT:
            return self._in_segment(node)
        if name not in FUNCTIONS:
            return self._refuse(node)
        made = FUNCTIONS[name].make([self.visit(argument) for argument in node.expressions])
        return self._wrong(f"{name}() with other values", made, node) if isinstance(made, str) else made

    def _span(self, node: Expression, unit: str) -> TypedExpr:
        number = node.expressions[0].name
        if not number.isdecimal() or int(number) > MAX_SPANS[unit]:
            return self._wrong(f"{number} {unit}", f"a whole number of {unit}, at most {MAX_SPANS[unit]}", node)
        return span(int(number), unit)

    def _in_segment(self, node: Expression) -> TypedExpr:
        name, *segments = node.expressions or [None]
        if not (isinstance(name, sge.Column) and segments and all(isinstance(s, sge.Literal) and s.is_string for s in segments)):
            expected = "a segmentation and the names of its segments, such as in_segment(lifecycle, 'at_risk', 'lost')"
            return self._wrong("in_segment() with other values", expected, node)
        found = self._names.members(name.name.removeprefix(PREFIX), [s.name for s in segments], position_of(node))
        if isinstance(found, TypedExpr):
            return found
        self.mistakes.append(found)
        return BROKEN

    # ------------------------------------------------------------ checks

    def _settled(self, parts: list[TypedExpr]) -> list[TypedExpr]:
        """The parts of one comparison, where a kind of the one decides what the other is read as."""
        return parts

    def _operands(self, nodes: list[Expression]) -> list[TypedExpr]:
        """What is calculated with."""
        return [self.visit(node) for node in nodes]

    def _same_kind(self, parts: Sequence[TypedExpr], node: Expression) -> kinds.Kind:
        kind = kinds.common([part.kind for part in parts])
        if kind is not None:
            return kind
        mixed = " compared with a ".join(dict.fromkeys(str(part.kind) for part in parts))
        names = ", ".join(f"{part.column} is a {part.kind}" for part in parts if part.column)
        self._wrong(f"a {mixed}" + (f" ({names})" if names else ""), "values of one kind", node, self._kinds_hint(parts))
        return kinds.UNKNOWN

    @staticmethod
    def _kinds_hint(parts: Sequence[TypedExpr]) -> str | None:
        if any(part.kind == kinds.SPAN for part in parts):
            return _SPAN_HINT
        if any(part.kind == kinds.DAY for part in parts) and any(part.text for part in parts):
            return "write days as date '2024-01-31'"
        if any(part.column and part.kind == kinds.TEXT for part in parts):
            return "write texts in single quotes"
        return None

    def _refuse(self, node: Expression) -> TypedExpr:
        written = _WRITTEN_SPAN.sub(r"\2 \1", node.sql("duckdb")).replace(PREFIX, "")
        return self._wrong(f"{shown(written)}, which {self.language} do not have", self.allowed, node)

    def _wrong(self, found: str, expected: str, node: Expression | None = None, hint: str | None = None) -> TypedExpr:
        self.mistakes.append(RuleDiagnostic(found, expected, hint, position_of(node) if node else None))
        return BROKEN


Checker.methods = {
    **dict.fromkeys(_COMPARISONS, Checker._comparison),
    **dict.fromkeys(_JOINS, Checker._join),
    **dict.fromkeys(OPERATORS, Checker._arithmetic),
    sge.Anonymous: Checker._call,
    sge.Between: Checker._between,
    sge.Boolean: Checker._boolean,
    sge.Cast: Checker._date,
    sge.Column: Checker._column,
    sge.ILike: Checker._like,
    sge.In: Checker._in,
    sge.Is: Checker._is_null,
    sge.Like: Checker._like,
    sge.Literal: Checker._literal,
    sge.Neg: Checker._minus,
    sge.Not: Checker._not,
    sge.Null: Checker._null,
    sge.Paren: Checker._parentheses,
}
