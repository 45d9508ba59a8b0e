"""The SQL that reads a PostgreSQL table or query so that every value arrives whole.

Belongs here: text only.  Money and other exact numbers arrive as text, never as floating point;
instants in UTC; what Arrow has no plain type for (uuid, json, arrays, enumerations) as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot.tokens import TokenType

from segmentation_pipeline.connections.sql_text import identifier, literal

_AS_IT_IS = {"int2", "int4", "int8", "float8", "text", "varchar", "bool"}
_MOMENTS = {"date", "timestamp", "timestamptz"}
_ORDERED = {*_MOMENTS, "int2", "int4", "int8", "numeric", "text", "varchar"}
REFUSED = {"bytea"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor column's conditions, for values as text (``column::text``)."""

    column: str
    kind: str

    @property
    def usable(self) -> bool:
        return self.kind in _ORDERED

    @property
    def placed(self) -> str:
        """Rows with a place in the order; without a value, or with one at infinity, they have none."""
        finite = f" AND isfinite({identifier(self.column)})" if self.kind in _MOMENTS else ""
        return f"({identifier(self.column)} IS NOT NULL{finite})"

    def compared(self, operator: str, value: str) -> str:
        return f"{identifier(self.column)} {operator} CAST({literal(value)} AS {self.kind})"

    def highest(self, relation: str, last: str | None) -> str:
        """The query for the highest value there is, of those not below ``last``."""
        return f"SELECT max({identifier(self.column)})::text FROM {relation} WHERE {self._from(last)}"

    def settled(self, last: str | None, newest: str) -> str:
        """From ``last`` on, but below ``newest``: no row can still join those with these values."""
        return f"{self._from(last)} AND {self.compared('<', newest)}"

    def tied(self, newest: str | None) -> str:
        """With the value ``newest``, which more rows may get, or without a place."""
        unplaced = f"NOT {self.placed}"
        return unplaced if newest is None else f"({self.compared('=', newest)} OR {unplaced})"

    def _from(self, last: str | None) -> str:
        return self.placed if last is None else f"{self.placed} AND {self.compared('>=', last)}"


def relation(table: str | None, query: str | None) -> str:
    """What stands after FROM, for a table or a query."""
    if table is not None:
        return ".".join(identifier(part) for part in table.split("."))
    query = query or ""
    ends = (token.start for token in sqlglot.tokenize(query, dialect="postgres") if token.token_type is TokenType.SEMICOLON)
    # On lines of its own: a query may end in a comment.
    return f"(\n{query[: next(ends, len(query))]}\n) AS landed"


def selection(columns: Mapping[str, str], source: str, condition: str | None = None) -> str:
    """Read ``columns`` (names with PostgreSQL's types) of ``source`` in an order that depends on the values alone.

    The server may give equal tables in any order; sorted, an unchanged table gives an unchanged
    file, and of two rows of one key without a version the same one wins on every run.
    """
    values = ", ".join(f"{_value(identifier(column), kind)} AS {identifier(column)}" for column, kind in columns.items())
    where = f" WHERE {condition}" if condition else ""
    order = ", ".join(str(position) for position in range(1, len(columns) + 1))
    return f"SELECT {values} FROM {source}{where} ORDER BY {order}"


def _value(column: str, kind: str) -> str:
    if kind in _AS_IT_IS:
        return column
    if kind in _MOMENTS:
        # Infinity and years of more than four digits exist in PostgreSQL alone; at the limits the checks find them.
        return (
            f"CASE WHEN {column} < '0001-01-01'::{kind} THEN '0001-01-01'::{kind} "
            f"WHEN {column} > '9999-12-31'::{kind} THEN '9999-12-31'::{kind} ELSE {column} END"
        )
    return f"{column}::numeric::text" if kind == "money" else f"{column}::text"
