"""Which syntax may stand in an expression over a file: that of rules, and texts joined, cases and quoted names.

Values of the file are read as what they are used as.  Each part knows when it is in doubt: something stands in the
file that it depends on and that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import ibis.expr.types as ir
import sqlglot.expressions as sge
from sqlglot.expressions import Expr as Expression

from segmentation_pipeline.config.diagnostics import RuleDiagnostic
from segmentation_pipeline.rules import value_kinds as kinds
from segmentation_pipeline.rules.compiler import Checker
from segmentation_pipeline.rules.expression_functions import FILE_FUNCTIONS
from segmentation_pipeline.rules.expression_parts import (
    RECEIVED,
    Received,
    any_doubt,
    doubted,
    file_column,
    first_that_holds,
    settled,
    settled_together,
)
from segmentation_pipeline.rules.lexer import PREFIX
from segmentation_pipeline.rules.symbol_table import SymbolTable
from segmentation_pipeline.rules.typed_expr import BROKEN, Doubt, Scope, TypedExpr

_BY_SIZE = (sge.LT, sge.LTE, sge.GT, sge.GTE, sge.Between)


class FileSymbolTable(SymbolTable):
    """Every name is a column of the file: which there are is known when there is a file."""

    def __init__(self) -> None:
        super().__init__({}, {}, {}, {})

    def part(self, name: str, position: int | None) -> TypedExpr | RuleDiagnostic:
        self.used.append(name)
        return file_column(name)

    def strange_values(self, part: TypedExpr, values: Sequence[TypedExpr], position: int | None) -> Iterator[RuleDiagnostic]:
        if any(value.text == "" for value in values):
            yield RuleDiagnostic(
                "a comparison with an empty text", "is null or is not null", "an empty cell is no value", position
            )


class ExpressionChecker(Checker):
    """Checks one expression; what a part depends on is gathered from the parts it is made of."""

    language = "expressions"
    allowed = (
        "comparisons, and/or/not, + - * /, ||, case when ... then ... end, in (...), between ... and ..., like '...', "
        "is [not] null and the functions of expressions"
    )

    def __init__(self, names: FileSymbolTable) -> None:
        super().__init__(names)
        self._doubts: list[list[Doubt | None]] = [[]]
        self._calculated_with: list[TypedExpr] = []

    def visit(self, node: Expression) -> TypedExpr:
        self._doubts.append([])
        part = super().visit(node)
        doubts = self._doubts.pop()
        if part.doubt is None and not isinstance(part, Received):
            part = doubted(part, any_doubt(doubts))
        self._doubts[-1].append(part.doubt)
        return part

    def value(self, node: Expression, kind: kinds.Kind) -> TypedExpr:
        """The whole expression, a value of the file read as ``kind``."""
        return settled(self.visit(node), kind)

    def _settled(self, parts: list[TypedExpr]) -> list[TypedExpr]:
        return self._noted(settled_together(parts))

    def _noted(self, parts: list[TypedExpr]) -> list[TypedExpr]:
        """The parts of a node, so that it is in doubt where one of them is."""
        self._doubts[-1] = [part.doubt for part in parts]
        return parts

    def _same_kind(self, parts: Sequence[TypedExpr], node: Expression) -> kinds.Kind:
        kind = super()._same_kind(parts, node)
        if kind != kinds.TEXT or type(node) not in _BY_SIZE:
            return kind
        # As texts 100 comes before 20, and 31.12. after 01.01. of the next year.
        hint = "write number(...) or parse_date(...) around one of them, or compare with a number or date '2024-01-31'"
        self._wrong("texts compared by size", "numbers or days", node, hint)
        return kinds.UNKNOWN

    # ------------------------------------------------------------ what rules have too

    def _operands(self, nodes: list[Expression]) -> list[TypedExpr]:
        self._calculated_with = self._noted([settled(self.visit(node), kinds.INTEGER) for node in nodes])
        return self._calculated_with

    def _divided(self, node: Expression) -> TypedExpr:
        """A quotient; what is divided by zero is no number, so it is in doubt."""
        made = self._arithmetic(node)
        left, right = self._calculated_with
        if made is BROKEN:
            return made

        def by_zero(scope: Scope) -> ir.BooleanValue:
            return cast(ir.BooleanValue, (right.build(scope) == 0).fill_null(False))

        zero = Doubt(by_zero, ((right.column, by_zero),) if right.column else ())
        return doubted(made, any_doubt([left.doubt, right.doubt, zero]))

    def _absent(self, part: TypedExpr) -> TypedExpr:
        """Whether no value is there, never in doubt: what depends on something that cannot be read is none."""
        self._doubts[-1] = []
        asked = settled(part, kinds.TEXT)
        absent = super()._absent(asked)
        doubt = asked.doubt
        if doubt is None:
            return absent
        return TypedExpr(kinds.BOOLEAN, lambda scope: cast(ir.BooleanValue, absent.build(scope)) | doubt.holds(scope))

    def _call(self, node: Expression) -> TypedExpr:
        name = str(node.this).removeprefix(PREFIX).lower()
        if name not in FILE_FUNCTIONS:
            return self._refuse(node)
        function = FILE_FUNCTIONS[name]
        arguments = [self.visit(argument) for argument in node.expressions]
        if function.takes is None:
            arguments = settled_together(arguments)
        elif function.takes != RECEIVED:
            arguments = [settled(argument, function.takes) for argument in arguments]
        made = function.make(self._noted(arguments))
        return self._wrong(f"{name}() with other values", made, node) if isinstance(made, str) else made

    # ------------------------------------------------------------ what rules do not have

    def _joined(self, node: Expression) -> TypedExpr:
        left, right = self._noted([settled(self.visit(side), kinds.TEXT) for side in (node.this, node.expression)])
        for part in (left, right):
            if part.kind not in (kinds.TEXT, kinds.UNKNOWN):
                return self._wrong(f"a {part.kind} beside ||", "texts on both sides of ||", node, "make it one with text(...)")
        return TypedExpr(kinds.TEXT, lambda scope: left.build(scope) + right.build(scope))

    def _case(self, node: Expression) -> TypedExpr:
        if node.this is not None:
            return self._wrong("a value between 'case' and 'when'", "case when CONDITION then VALUE else VALUE end", node)
        conditions = [self._condition(branch.this, "when") for branch in node.args["ifs"]]
        values = [self.visit(branch.args["true"]) for branch in node.args["ifs"]]
        default = node.args.get("default")
        otherwise = None if default is None or isinstance(default, sge.Null) else self.visit(default)
        return self._chosen(node, conditions, values, otherwise)

    def _chosen(
        self, node: Expression, conditions: list[TypedExpr], values: list[TypedExpr], otherwise: TypedExpr | None
    ) -> TypedExpr:
        everything = [*values, *([otherwise] if otherwise else [])]
        self._doubts[-1] = []
        if all(isinstance(part, Received) for part in everything):

            def use(kind: kinds.Kind) -> TypedExpr:
                read = [settled(part, kind) for part in everything]
                return first_that_holds(list(zip(conditions, read, strict=False)), read[-1] if otherwise else None, read[0].kind)

            text = use(kinds.TEXT)
            return Received(RECEIVED, text.build, use=use)
        read = settled_together(everything)
        kind = self._same_kind(read, node)
        if kind == kinds.UNKNOWN:
            return BROKEN
        return first_that_holds(list(zip(conditions, read, strict=False)), read[-1] if otherwise else None, kind)


ExpressionChecker.methods = {
    **Checker.methods,
    sge.Anonymous: ExpressionChecker._call,
    sge.Case: ExpressionChecker._case,
    sge.Div: ExpressionChecker._divided,
    sge.DPipe: ExpressionChecker._joined,
}
