"""Published tables in a PostgreSQL schema, replaced in one transaction.

Rows are deleted and copied anew instead of dropping tables: readers see the old tables until the
commit and the new ones after it, whatever they have open; grants and views stay.  A table whose
columns changed is made anew.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from segmentation_pipeline.config.schema import PostgresDestination
from segmentation_pipeline.connections.place import Place
from segmentation_pipeline.connections.postgres import Postgres, connected
from segmentation_pipeline.connections.sql_text import identifier, literal
from segmentation_pipeline.destinations.delivery import Delivered, content_hash
from segmentation_pipeline.engine.published import Publication, opened_publication

PLACE = Place("destination postgres", "destinations.postgres")

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


def deliver(published: Path, destination: PostgresDestination) -> Delivered:
    """Bring the tables of the publication to the schema, all or none.

    Left alone when the schema holds this publication already.  Raises ``ConnectionProblem``; then
    the schema is as it was.
    """
    with opened_publication(published) as publication:
        tables = destination.tables or publication.names
        counts = {table: publication.count(table) for table in tables}
        content = content_hash(published, tables)
        with connected(PLACE, destination.url_env, read_only=False) as postgres:
            schema = destination.schema_name
            postgres.run(f"SELECT pg_advisory_xact_lock({_LOCK})")
            if _delivered(postgres, schema) == content:
                return Delivered(counts, changed=False)
            if not postgres.rows(f"SELECT FROM pg_namespace WHERE nspname = {literal(schema)}"):
                postgres.run(f"CREATE SCHEMA {identifier(schema)}")
            for table in tables:
                _replace(postgres, schema, table, publication)
            _note(postgres, schema, content)
    return Delivered(counts, changed=True)


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
