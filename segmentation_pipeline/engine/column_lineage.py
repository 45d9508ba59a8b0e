"""Which columns the columns of a table are made from, read off the expressions that are written.

A column is made from those whose values go into it: what it is computed from, compared with, grouped or ordered by inside a
window.  What only decides which rows there are (filters, keys of joins) is not counted, nor is how many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property

import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.graph import Node

from segmentation_pipeline.engine.recursion_limit import raised_recursion_limit

Column = tuple[str, str]
"""A table's name and one of its columns."""
Origins = frozenset[Column]
NONE: Origins = frozenset()
Lineage = Mapping[str, Origins]
"""Columns by what they are made from."""


class Written:
    """What is written into a store, step by step: the expressions of a step, and the lineage of all tables until now.

    What is staged stands for what it was staged from.  Rows made in Python are made from what the step read into it.
    Outside of steps nothing is kept.
    """

    def __init__(self) -> None:
        self._in_step = False
        self.lineage: dict[str, Lineage] = {}
        """By table, of all steps that ended."""
        self._expressions: dict[str, list[ir.Table]] = {}
        self._staged: dict[Node, ir.Table] = {}
        self._read: list[ir.Table] = []

    def note(self, name: str, expression: ir.Table) -> None:
        """Rows of a table."""
        if self._in_step:
            self._expressions.setdefault(name, []).append(expression)

    def note_staged(self, staged: ir.Table, expression: ir.Table) -> None:
        if self._in_step:
            self._staged[staged.op()] = expression

    def note_read(self, expression: ir.Table) -> None:
        """Rows that Python saw."""
        if self._in_step:
            self._read.append(expression)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Adds, at its end, the lineage of every table of which the step wrote rows; none where that is deeper than Python's
        stack."""
        self._in_step = True
        try:
            yield
            with raised_recursion_limit(), suppress(RecursionError):
                walk = _Walk(self._staged, self._read)
                self.lineage |= {name: walk.table(name, made) for name, made in self._expressions.items()}
        finally:
            self._in_step = False
            self._expressions.clear()
            self._staged.clear()
            self._read.clear()


class _Walk:
    """One look at expressions that share much of each other."""

    def __init__(self, staged: Mapping[Node, ir.Table], read: Sequence[ir.Table]) -> None:
        self._staged = staged
        self._read = read
        self._relations: dict[Node, Lineage] = {}
        self._values: dict[Node, Origins] = {}

    def table(self, name: str, expressions: Sequence[ir.Table]) -> Lineage:
        """Of a table all of whose rows the expressions made; what it held before is no origin of its own."""
        found: dict[str, Origins] = {}
        for expression in expressions:
            for column, origins in self._relation(expression.op()).items():
                found[column] = found.get(column, NONE) | {origin for origin in origins if origin[0] != name}
        return found

    def _relation(self, node: ops.Relation) -> Lineage:
        if node not in self._relations:
            self._relations[node] = self._of_relation(node)
        return self._relations[node]

    def _of_relation(self, node: ops.Relation) -> Lineage:
        if node in self._staged:
            return self._relation(self._staged[node].op())
        if isinstance(node, ops.InMemoryTable):
            return dict.fromkeys(node.schema.names, self._from_python)
        if isinstance(node, ops.DatabaseTable):
            name = _name(node)
            return {column: frozenset({(name, column)}) for column in node.schema.names}
        if isinstance(node, ops.Set):
            sides = self._relation(node.left), self._relation(node.right)
            return {column: NONE.union(*(side[column] for side in sides)) for column in node.schema.names}
        if isinstance(node, ops.Reference):
            return self._relation(node.parent)
        made = {name: self._value(value) for name, value in node.values.items()}
        return {name: made.get(name, NONE) for name in node.schema.names}

    def _value(self, node: Node) -> Origins:
        if node not in self._values:
            self._values[node] = self._of_value(node)
        return self._values[node]

    def _of_value(self, node: Node) -> Origins:
        if isinstance(node, ops.Field):
            return self._relation(node.rel)[node.name]
        if isinstance(node, ops.ScalarSubquery):
            return NONE.union(*self._relation(node.rel).values())
        return NONE.union(*(self._value(each) for each in node.__children__ if not isinstance(each, ops.Relation)))

    @cached_property
    def _from_python(self) -> Origins:
        """What Python read may itself hold rows that it made before: those are made from nothing."""
        walk = _Walk(self._staged, ())
        return NONE.union(*(origins for read in self._read for origins in walk._relation(read.op()).values()))


def _name(table: ops.DatabaseTable) -> str:
    """As the pipeline calls it; Spark has one name for schema and table."""
    schema = table.namespace.database
    return f"{schema}.{table.name}" if schema else table.name.replace("__", ".", 1)
