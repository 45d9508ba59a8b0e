"""Rules that say nothing: they hold whatever the columns of a customer are.

Belongs here: what is seen from the words of a rule and what its columns are declared to be.  A rule is tried with the few
values that its comparisons tell apart: each that is written there, its neighbours, the bounds of the column, and none.
What is no comparison of a column with plain values (functions, calculations, patterns) may turn out either way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import product
from math import prod

import sqlglot.expressions as sge
from sqlglot.expressions import Expr as Expression

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.rules.lexer import PREFIX, parse_words
from segmentation_pipeline.rules.ranges import value_of

_STEPS = {Type.INTEGER: Decimal(1), Type.DAY: Decimal(1), Type.MONEY: Decimal("0.01"), Type.NUMBER: Decimal("1e-9")}
_MOST_TRIALS = 20_000
_SIZES: dict[type[Expression], tuple[int, ...]] = {
    sge.LT: (-1,),
    sge.LTE: (-1, 0),
    sge.GT: (1,),
    sge.GTE: (1, 0),
    sge.EQ: (0,),
    sge.NEQ: (-1, 1),
}
_TURNED: dict[type[Expression], type[Expression]] = {sge.GT: sge.LT, sge.GTE: sge.LTE, sge.LT: sge.GT, sge.LTE: sge.GTE}
Value = Decimal | str | bool | None
Truth = bool | None
EVERYBODY = "every customer"
_SOMETHING_ELSE = "\0"
"""A text that is none of those written in a rule."""


def always_holds(text: str, columns: Mapping[str, Column], labels: Mapping[str, Collection[str]]) -> str | None:
    """For whom the rule holds whatever else is true of them, in words; None where it leaves somebody out.

    ``text`` must be a rule that can be used.  ``true`` alone is meant, and no rule that says nothing."""
    tree, mistakes = parse_words(text)
    if tree is None or mistakes:
        return None
    tree = tree.unnest()
    if isinstance(tree, sge.Boolean):
        return None
    try:
        return _whom(tree, columns, labels)
    except RecursionError:  # a chain of very many conditions
        return None


def _whom(tree: Expression, columns: Mapping[str, Column], labels: Mapping[str, Collection[str]]) -> str | None:
    trial = _Trial(tree, columns, labels)
    if trial.size > _MOST_TRIALS:
        return None
    if trial.holds(with_nothing=True):
        return EVERYBODY
    asked = {_name(node.this) for node in tree.find_all(sge.Is)}
    unknown = [name for name in trial.may_be_unknown if name not in asked]
    if unknown and trial.compares and trial.holds(with_nothing=False):
        return f"{EVERYBODY} whose {' and '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} known"
    return None


class _Trial:
    """A rule and the values to try it with, by column; ``compares``: something in it is compared."""

    def __init__(self, tree: Expression, columns: Mapping[str, Column], labels: Mapping[str, Collection[str]]) -> None:
        self._tree, self._columns = tree, columns
        self.compares = False
        self._written: dict[str, list[Value]] = {}
        self._open: list[str] = []
        self._note(tree)
        self._values = {name: self._tried(columns[name], written, labels) for name, written in self._written.items()}
        self.may_be_unknown = [name for name in self._written if columns[name].null_means is not None]

    @property
    def size(self) -> int:
        return int(prod(len(values) + 1 for values in self._values.values()) * 3 ** len(self._open))

    def holds(self, *, with_nothing: bool) -> bool:
        """Whether the rule is true with all values; ``with_nothing`` also where columns are null."""
        tried = [
            [*values, None] if with_nothing and name in self.may_be_unknown else values for name, values in self._values.items()
        ]
        for values in product(*tried, *([True, False, None] for _ in self._open)):
            given = dict(zip((*self._values, *self._open), values, strict=True))
            if self._truth(self._tree, given) is not True:
                return False
        return True

    # ------------------------------------------------------------ what is compared

    def _note(self, node: Expression) -> None:
        node = node.unnest()
        if isinstance(node, sge.And | sge.Or | sge.Not):
            for part in node.iter_expressions():
                self._note(part)
        elif (found := self._compared(node)) is not None:
            name, written = found
            self.compares = self.compares or not isinstance(node, sge.Is)
            self._written.setdefault(name, []).extend(written)
        elif not isinstance(node, sge.Boolean):
            self._open.append(node.sql())

    def _compared(self, node: Expression) -> tuple[str, list[Value]] | None:
        """The column of a condition and the values it is compared with; None where it is anything else."""
        if isinstance(node, sge.Column):
            return (name, []) if (name := self._known(node)) and self._columns[name].type is Type.BOOLEAN else None
        if isinstance(node, sge.Is):
            return (name, []) if (name := self._known(node.this)) else None
        if type(node) in _SIZES or _is_between(node):
            columns = [name for part in node.iter_expressions() if (name := self._known(part))]
            if any(self._columns[name].type is Type.TEXT for name in columns) and type(node) not in (sge.EQ, sge.NEQ):
                return None  # which texts lie between others is not tried
        if type(node) in _SIZES:
            for one, other in ((node.this, node.expression), (node.expression, node.this)):
                if (name := self._known(one)) and (value := _written(other)) is not None:
                    return name, [value]
            return None
        others = (
            node.expressions if isinstance(node, sge.In) else [node.args["low"], node.args["high"]] if _is_between(node) else []
        )
        written: list[Value] = [value for other in others if (value := _written(other)) is not None]
        name = self._known(node.this) if others and len(written) == len(others) else None
        return (name, written) if name else None

    def _known(self, node: Expression) -> str | None:
        return name if isinstance(node, sge.Column) and (name := _name(node)) in self._columns else None

    @staticmethod
    def _tried(column: Column, written: list[Value], labels: Mapping[str, Collection[str]]) -> list[Value]:
        if column.type is Type.BOOLEAN:
            return [True, False]
        if column.type not in _STEPS:
            known = column.allowed or tuple(labels.get(column.name, ()))
            return list(known) if known else list(dict.fromkeys([*written, _SOMETHING_ELSE]))
        step, bounds = _STEPS[column.type], (column.minimum, column.maximum)
        low, high = (None if bound is None else Decimal(str(bound)) for bound in bounds)
        near = [value + way * step for value in written if isinstance(value, Decimal) for way in (-1, 0, 1)]
        near += [bound for bound in (low, high) if bound is not None]
        inside = [value for value in near if (low is None or value >= low) and (high is None or value <= high)]
        return list(dict.fromkeys(inside)) or [Decimal(0)]

    # ------------------------------------------------------------ what it comes to

    def _truth(self, node: Expression, given: Mapping[str, Value]) -> Truth:
        node = node.unnest()
        if isinstance(node, sge.Boolean):
            return bool(node.this)
        if isinstance(node, sge.Not):
            truth = self._truth(node.this, given)
            return None if truth is None else not truth
        if isinstance(node, sge.And | sge.Or):
            parts = [self._truth(part, given) for part in (node.this, node.expression)]
            deciding = isinstance(node, sge.Or)
            return deciding if deciding in parts else None if None in parts else not deciding
        if self._compared(node) is None:
            found = given[node.sql()]
            return found if isinstance(found, bool) else None
        return self._comparison(node, given)

    def _comparison(self, node: Expression, given: Mapping[str, Value]) -> Truth:
        if isinstance(node, sge.Column):
            truth = given[_name(node)]
            return truth if isinstance(truth, bool) else None
        if isinstance(node, sge.Is):
            return given[_name(node.this)] is None
        kind, column, other = type(node), node.this, node.expression
        if kind in _SIZES and self._known(column) is None:
            kind, column, other = _TURNED.get(kind, kind), other, column
        value = given[_name(column)]
        if value is None:
            return None
        if isinstance(node, sge.In):
            return value in [_written(each) for each in node.expressions]
        if _is_between(node):
            return _size(value, _written(node.args["low"])) >= 0 and _size(value, _written(node.args["high"])) <= 0
        return _size(value, _written(other)) in _SIZES[kind]


def _is_between(node: Expression) -> bool:
    return isinstance(node, sge.Between)


def _name(node: Expression) -> str:
    return node.name.removeprefix(PREFIX)


def _written(node: Expression) -> Value:
    """A number, day, text or truth value that is written out; None where it is anything else."""
    if isinstance(node, sge.Boolean):
        return bool(node.this)
    if isinstance(node, sge.Literal) and node.is_string:
        return str(node.name)
    found = value_of(node)
    return None if found is None else found[0]


def _size(one: Value, other: Value) -> int:
    """Whether ``one`` is less (-1), as much (0) or more (1); of texts and truth values only whether they are the same."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return (one > other) - (one < other)
    return 0 if one == other else 1
