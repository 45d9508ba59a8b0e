"""Published tables in a PostgreSQL schema, replaced in one transaction.

Rows are deleted and copied anew instead of dropping tables: readers see the old tables until the
commit and the new ones after it, whatever they have open; grants and views stay.  A table whose
columns changed is made anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyarrow as pa
from pydantic import Field

from segmentation_pipeline.config.schema import DestinationConfig
from segmentation_pipeline.config.schema.origins import EnvName
from segmentation_pipeline.connections.postgres import Postgres, connected
from segmentation_pipeline.connections.sql_text import identifier, literal
from segmentation_pipeline.destinations.destination import Delivered, Destination, PersonErased, content_hash
from segmentation_pipeline.engine.published import Publication, opened_publication

DELIVERY = "segmentation_delivery"
"""The table with one row that says what the schema holds: ``content`` is a hash of it."""

_KINDS = {
    "string": "text",
    "bool": "boolean",
    "int32": "integer",
    "int64": "bigint",
    "double": "double precision",
    "date32[day]": "date",
    "timestamp[us]": "timestamp",
}

_LOCK = 7_305_102_414
"""Number of the advisory lock under which two deliveries never mix."""


class PostgresConfig(DestinationConfig):
    """Published tables (``tables`` left out: all) in ``schema`` of the database whose URL the variable ``url_env`` holds."""

    url_env: EnvName
    schema_name: Annotated[str, Field(alias="schema", pattern=r"^[a-z_][a-z0-9_]*$", description="a lower-case name of a schema")]


class PostgresDestination(Destination[PostgresConfig]):
    name = "postgres"
    description = "Published tables in a PostgreSQL schema, replaced in one transaction."
    badges = frozenset({"postgres"})
    config = PostgresConfig

    @property
    def recipient(self) -> str:
        return f"PostgreSQL, schema {self.settings.schema_name}"

    def connection_test(self) -> str:
        schema, url_env = self.settings.schema_name, self.settings.url_env
        with connected(self.place, url_env, read_only=True) as connection:
            there = bool(connection.rows(f"SELECT FROM pg_namespace WHERE nspname = {literal(schema)}"))
            right = (
                f"has_schema_privilege({literal(schema)}, 'CREATE')"
                if there
                else "has_database_privilege(current_database(), 'CREATE')"
            )
            if connection.rows(f"SELECT {right}") != [(True,)]:
                on = f"SCHEMA {schema}" if there else "the DATABASE"
                raise self.place.problem(f"the user may not make tables there. GRANT CREATE ON {on} to the user of {url_env}.")
        return f"schema {schema} is there" if there else f"schema {schema} will be made"

    def deliver(self, publication: Path, audiences: Path) -> Delivered:
        """Bring the tables to the schema.  Left alone when the schema holds this publication already."""
        with opened_publication(publication) as published:
            tables = self.settings.tables or published.names
            counts = {table: published.count(table) for table in tables}
            content = content_hash(publication, tables)
            with connected(self.place, self.settings.url_env, read_only=False) as postgres:
                schema = self.settings.schema_name
                postgres.run(f"SELECT pg_advisory_xact_lock({_LOCK})")
                if _delivered(postgres, schema) == content:
                    return Delivered(counts, changed=False)
                if not postgres.rows(f"SELECT FROM pg_namespace WHERE nspname = {literal(schema)}"):
                    postgres.run(f"CREATE SCHEMA {identifier(schema)}")
                for table in tables:
                    _replace(postgres, schema, table, published)
                _note(postgres, schema, content)
        return Delivered(counts, changed=True)

    def erase(self, publication: Path, audiences: Path, person: PersonErased) -> str:
        delivered = self.deliver(publication, audiences)
        return f"{len(delivered.rows)} tables replaced; vacuuming deleted rows and backups are the server's affair"


def _replace(postgres: Postgres, schema: str, table: str, publication: Publication) -> None:
    name = f"{identifier(schema)}.{identifier(table)}"
    rows = publication.rows(table)
    columns = ", ".join(f"{identifier(field.name)} {_kind(field.type)}" for field in rows.schema)
    described = f"Published by segmentation_pipeline: {columns}"
    there = _exists(postgres, name)
    if there and postgres.rows(f"SELECT obj_description({literal(name)}::regclass, 'pg_class')") == [(described,)]:
        postgres.run(f"DELETE FROM {name}")
    else:
        if there:
            postgres.run(f"DROP TABLE {name}")
        postgres.run(f"CREATE TABLE {name} ({columns})")
        postgres.run(f"COMMENT ON TABLE {name} IS {literal(described)}")
    postgres.insert(schema, table, rows)


def _kind(kind: pa.DataType) -> str:
    """PostgreSQL's type for one of the types published columns have."""
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    return _KINDS[str(kind)]


def _exists(postgres: Postgres, name: str) -> bool:
    return postgres.rows(f"SELECT to_regclass({literal(name)})::text") != [(None,)]


def _delivered(postgres: Postgres, schema: str) -> str | None:
    name = f"{identifier(schema)}.{DELIVERY}"
    if not _exists(postgres, name):
        return None
    return next((str(row[0]) for row in postgres.rows(f"SELECT content FROM {name}")), None)


def _note(postgres: Postgres, schema: str, content: str) -> None:
    name = f"{identifier(schema)}.{DELIVERY}"
    postgres.run(f"CREATE TABLE IF NOT EXISTS {name} (content text)")
    postgres.run(f"DELETE FROM {name}")
    postgres.run(f"INSERT INTO {name} VALUES ({literal(content)})")
