"""The vocabulary metrics of the semantic layer are written in: a figure of any group of rows, and the table it is of.

Belongs here: what a metric is.  Does not belong here: which there are (``cubes.py``), how a file says so (``semantic_layer.py``).
Expressions are SQL that DuckDB and PostgreSQL read alike; ``{CUBE}`` is the table, ``{name}`` another metric of it.
"""

from __future__ import annotations

from dataclasses import dataclass

MONEY, SHARE, COUNT = "base currency", "share 0-1", "count"


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of any group of a cube's rows.

    ``kind`` is Cube's: ``count``, ``sum`` and ``count_distinct`` of ``sql``, over the rows where ``where`` holds;
    ``number`` is an expression of other metrics or of aggregates.
    """

    name: str
    kind: str
    sql: str
    description: str
    unit: str = COUNT
    where: str = ""


@dataclass(frozen=True, slots=True)
class Cube:
    """A published ``table`` under its ``name`` for people, with its metrics.

    ``joins`` names other cubes of which a row here has at most one, and the columns both share.  ``rows`` is the query that
    stands for the table where not all its rows may be added up, and ``note`` says which they are.
    """

    name: str
    table: str
    metrics: tuple[Metric, ...]
    joins: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rows: str = ""
    note: str = ""


def column(name: str) -> str:
    """A column of the cube's table, in an expression."""
    return f'{{CUBE}}."{name}"'


def summed(name: str, of: str, description: str, unit: str = COUNT, where: str = "") -> Metric:
    """The sum of a column."""
    return Metric(name, "sum", column(of), description, unit, where)


def counted(name: str, description: str, where: str = "") -> Metric:
    """How many rows there are."""
    return Metric(name, "count", "", description, COUNT, where)


def ratio(name: str, part: str, whole: str, description: str, unit: str) -> Metric:
    """The one by the other, null where that is 0: money to the cent, shares to six places, as published tables have them."""
    places = 2 if unit == MONEY else 6
    return Metric(name, "number", rounded(f"1.0 * {part} / nullif({whole}, 0)", places), description, unit)


def rounded(expression: str, places: int) -> str:
    """To some places; as a decimal, since PostgreSQL rounds no other number to places."""
    return f"round(CAST({expression} AS DECIMAL(38, 12)), {places})"


def within(aggregate: str, *columns: str) -> str:
    """The aggregate, or null where rows have several values of a column they may not be added up over."""
    one = " AND ".join(f"min({column(name)}) = max({column(name)})" for name in columns)
    return f"CASE WHEN {one} THEN {aggregate} END"
