"""The publication as the report asks it: one day, every answer with the query that gave it.

Belongs here: how tables are asked.  Does not belong here: what is asked of them, which each section says for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb_sql import literal
from segmentation_pipeline.engine.published import Publication

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, and the query as it was put: whoever puts it again gets the same."""

    sql: str
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Reader:
    """A publication on ``day``; ``config`` gives words that no table has, such as what a campaign is for."""

    publication: Publication
    config: Config
    day: date

    @property
    def is_of_the_publication(self) -> bool:
        """Whether it is the day the publication was made for: tables that hold one day alone hold this one."""
        return self.publication.day() == self.day.isoformat()

    @property
    def today(self) -> str:
        """The day as a literal."""
        return f"DATE '{self.day.isoformat()}'"

    def ask(self, sql: str) -> Answer:
        """The rows of a query of bounded size."""
        text = "\n".join(line.strip() for line in sql.strip().splitlines())
        return Answer(text, tuple(self.publication.select(text)))

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table is published, with these columns."""
        return table in self.publication.names and all((table, column) in self._meanings for column in columns)

    @cached_property
    def previous(self) -> date | None:
        """The day of the run before; None on the first."""
        return max((day for day in self.days if day < self.day), default=None)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days whose runs are published, the oldest first."""
        return tuple(row["as_of"] for row in self.ask("SELECT DISTINCT as_of FROM row_accounting ORDER BY as_of"))

    @cached_property
    def publication_id(self) -> str:
        """What the publication and the audience files of its run have in common."""
        return str(self.ask("SELECT min(publication_id) AS id FROM publication").rows[0]["id"])

    @property
    def before(self) -> str:
        """The day of the run before as a literal; null on the first."""
        return f"DATE '{self.previous.isoformat()}'" if self.previous else "NULL"

    def meaning(self, table: str, column: str) -> str | None:
        """What the data dictionary says of a column."""
        return self._meanings.get((table, column))

    @cached_property
    def profile_columns(self) -> Mapping[str, str]:
        """The columns of ``customer_profile``, which rules are about, with their meanings."""
        return {column: said for (table, column), said in self._meanings.items() if table == "customer_profile"}

    @cached_property
    def _meanings(self) -> Mapping[tuple[str, str], str]:
        sql = "SELECT table_name, column_name, description, unit FROM data_dictionary ORDER BY table_name, position"
        return {(row["table_name"], row["column_name"]): _said(row) for row in self.ask(sql)}


def text_literal(value: str) -> str:
    """A text as a literal of a query."""
    return literal(value)


def _said(row: Row) -> str:
    return f"{row['description']} Unit: {row['unit']}." if row["unit"] else str(row["description"])
