"""A PostgreSQL table or query landed as Parquet: all of it when it differs, or what a cursor says is new.

With a cursor the rows of a landing are written in two files.  Those below the highest cursor value
are settled.  Those with exactly that value are tied: more rows may get the same value later, so
their file is replaced whole by the next landing, which starts at that value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import sqlglot
import sqlglot.expressions as sge
from pydantic import Field, model_validator
from sqlglot.errors import SqlglotError

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, shown
from segmentation_pipeline.config.schema import Model, Origin
from segmentation_pipeline.config.schema.origins import EnvName
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.connections.postgres import Postgres, connected
from segmentation_pipeline.connections.sql_text import identifier, literal
from segmentation_pipeline.ingest.files import fingerprint
from segmentation_pipeline.landing.landing import Landing
from segmentation_pipeline.landing.parquet_file import write_parquet
from segmentation_pipeline.landing.selection import Cursor, relation, selection
from segmentation_pipeline.landing.state import Landed, State, read_state, remove_others, write_state
from segmentation_pipeline.landing.table_columns import needed_columns

_ROWS = "rows"
_WHOLE = "all.parquet"


_WRITES = (sge.Insert, sge.Update, sge.Delete, sge.Merge, sge.Into, sge.Lock, sge.Command, sge.DDL)

TableName = Annotated[
    str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)?$", description="a table such as public.orders, spelt as in the database")
]


class CursorConfig(Model):
    """``column`` only ever grows: a row that is new or changed has a value no lower than all before."""

    column: str


class DatabaseConfig(Origin):
    """A PostgreSQL ``table`` or ``query``.  ``url_env`` names the variable with the database's URL.

    With ``cursor`` only rows from the last cursor value on are read; without it all rows, each time.
    """

    in_words = "a database"
    instead_of_lookup = "; a database joins in its 'query'"

    url_env: EnvName
    table: TableName | None = None
    query: str | None = None
    cursor: CursorConfig | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give exactly one of 'table' or 'query'")
        return self


class DatabaseLanding(Landing):
    """Rows of a table or query."""

    key = "database"
    origin = DatabaseConfig
    what = "The rows of a PostgreSQL table or query"
    badges = frozenset({"postgres", "parquet"})

    @property
    def database(self) -> DatabaseConfig:
        assert isinstance(self.source.origin, DatabaseConfig)
        return self.source.origin

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        if self.fetches and self.database.query is not None:
            yield from _query_problems(self.database.query, file, ("sources", self.name, "database", "query"))

    def connection_test(self) -> str:
        with connected(self.place, self.database.url_env, read_only=True) as postgres:
            return f"{len(self._asked(postgres).columns)} columns to read"

    def land(self, folder: Path, *, full: bool) -> Landed:
        """Bring ``folder/rows`` in line with the source's table or query, read in one snapshot.

        ``full`` reads everything anew.  Raises ``ConnectionProblem`` when the database, the table or a
        column is not there; then everything stays as it was.
        """
        with connected(self.place, self.database.url_env, read_only=True) as postgres:
            asked = self._asked(postgres)
            origin = _origin(postgres.identity, self.database, asked)
            before = read_state(folder)
            remove_others(folder / _ROWS, before.files)  # of a landing that was interrupted
            state = before.to_build_on(origin, full=full)
            table = _Table(postgres, folder / _ROWS, relation(self.database.table, self.database.query), asked)
            landed, fetched, rows = _increment(table, asked.cursor, state) if asked.cursor else _whole(table, state)
        if landed != before:
            write_state(folder, landed)
        remove_others(folder / _ROWS, landed.files)
        removed = tuple(file for file in before.files if file not in landed.files)
        return Landed(landed.files, fetched, removed, sum((folder / _ROWS / file).stat().st_size for file in fetched), rows)

    def _asked(self, postgres: Postgres) -> Asked:
        """What the source asks of its table or query.  Raises ``ConnectionProblem`` for what is not there."""
        if self.database.table is not None:
            _check_table(postgres, self.place, self.database.table)
        with postgres.stream(f"SELECT * FROM {relation(self.database.table, self.database.query)} LIMIT 0") as (schema, _):
            kinds = {field.name: (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode() for field in schema}
        needed = needed_columns(self.place, self.name, self.source, kinds)
        return Asked({column: kinds[column] for column in needed}, _cursor(self.place, self.database, kinds))


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns to read with PostgreSQL's names of their types, and the cursor."""

    columns: dict[str, str]
    cursor: Cursor | None


def _query_problems(query: str, file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    expected = "one SELECT that changes nothing"
    try:
        statements = [each for each in sqlglot.parse(query, dialect="postgres") if each is not None]
    except SqlglotError as error:
        yield file.problem(place, f"text that is no SQL of PostgreSQL ({str(error).splitlines()[0]})", expected)
        return
    if len(statements) != 1:
        yield file.problem(place, f"{len(statements)} statements", expected)
    elif not isinstance(statements[0], sge.Query) or statements[0].find(*_WRITES):
        yield file.problem(place, f"a statement that is more than a SELECT: {shown(query)}", expected)


def _check_table(postgres: Postgres, place: Place, table: str) -> None:
    quoted = ".".join(identifier(part) for part in table.split("."))
    if postgres.rows(f"SELECT to_regclass({literal(quoted)})::text") != [(None,)]:
        return
    known = [
        str(row[0])
        for row in postgres.rows(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
    ]
    hint = did_you_mean(table if "." in table else f"public.{table}", known)
    said = f"; {hint}" if hint else "."
    raise place.problem(f"there is no table '{table}' that the user may see{said} Correct {place.key}.table in sources.yaml.")


def _cursor(place: Place, database: DatabaseConfig, kinds: dict[str, str]) -> Cursor | None:
    if database.cursor is None:
        return None
    column = database.cursor.column
    if column not in kinds:
        hint = did_you_mean(column, kinds)
        raise place.problem(f"there is no column '{column}' ({place.key}.cursor.column){f'; {hint}' if hint else '.'}")
    cursor = Cursor(column, kinds[column])
    if not cursor.usable:
        raise place.problem(
            f"column '{column}' ({place.key}.cursor.column) is of type {cursor.kind}: a cursor is a date, a timestamp, "
            "an exact number or a text."
        )
    return cursor


def _origin(identity: str, database: DatabaseConfig, asked: Asked) -> str:
    parts = [identity, database.table, database.query, database.cursor and database.cursor.column, asked.columns]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class _Table:
    """Reads rows of one table or query into Parquet files of one folder."""

    def __init__(self, postgres: Postgres, folder: Path, source: str, asked: Asked) -> None:
        self.postgres, self.source = postgres, source
        self._folder, self._columns = folder, asked.columns

    def write(self, file: str, condition: str | None = None) -> int:
        with self.postgres.stream(selection(self._columns, self.source, condition)) as (schema, rows):
            return write_parquet(self._folder / file, schema, rows)

    def is_same(self, file: str, other: str) -> bool:
        """Whether both files are there with the same content."""
        paths = [self._folder / file, self._folder / other]
        return all(path.is_file() for path in paths) and fingerprint(paths[0]) == fingerprint(paths[1])

    def replace(self, file: str, other: str) -> None:
        (self._folder / file).replace(self._folder / other)

    def has(self, condition: str) -> bool:
        return self.postgres.rows(f"SELECT EXISTS (SELECT FROM {self.source} WHERE {condition})") == [(True,)]


def _whole(table: _Table, state: State) -> tuple[State, tuple[str, ...], int]:
    fresh = f"new-{_WHOLE}"
    rows = table.write(fresh)
    if state.files == (_WHOLE,) and table.is_same(fresh, _WHOLE):
        return state, (), rows
    table.replace(fresh, _WHOLE)
    return State(state.origin, number=state.number, files=(_WHOLE,)), (_WHOLE,), rows


def _increment(table: _Table, cursor: Cursor, state: State) -> tuple[State, tuple[str, ...], int]:
    [(found,)] = table.postgres.rows(cursor.highest(table.source, state.cursor))
    newest = state.cursor if found is None else str(found)
    number, kept = state.number + 1, state.files[:-1]
    settled, tied = f"{number:06d}-settled.parquet", f"{number:06d}-tied.parquet"
    fetched: list[str] = []
    rows = 0
    if newest is not None and table.has(condition := cursor.settled(state.cursor, newest)):
        rows += table.write(settled, condition)
        fetched.append(settled)
    rows += table.write(tied, cursor.tied(newest))
    if not fetched and state.files and table.is_same(tied, state.files[-1]):
        return state, (), rows
    fetched.append(tied)
    return State(state.origin, newest, number, (*kept, *fetched)), tuple(fetched), rows
