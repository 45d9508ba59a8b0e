"""PostgreSQL through ADBC: one connection, one transaction, rows as Arrow batches, failures in words.

Belongs here: everything that touches the driver.  Which SQL runs is decided by those who call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from segmentation_pipeline.connections.place import Place, missing_driver
from segmentation_pipeline.connections.postgres_errors import in_words

_CONNECT_SECONDS = 10


class Postgres:
    """An open connection inside a transaction that ends with ``connected``.

    ``identity`` tells databases apart: host, port, name and user, no password.
    """

    def __init__(self, connection: Any, identity: str, told: Any) -> None:
        self._connection = connection
        self._told = told
        self.identity = identity

    def run(self, sql: str) -> None:
        """Run a statement that gives no rows."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    @contextmanager
    def stream(self, sql: str) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        """The result's columns and its rows in Arrow batches of some megabytes, whatever its size."""
        with self._connection.cursor() as cursor:
            with self._told():
                cursor.execute(sql)
                reader = cursor.fetch_record_batch()
            try:
                yield reader.schema, self._batches(reader)
            finally:  # an unfinished result would block the connection
                reader.close()

    def _batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while True:
            with self._told():
                batch = next(reader, None)
            if batch is None:
                return
            yield batch

    def insert(self, schema: str, table: str, rows: pa.RecordBatchReader) -> None:
        """Stream rows into a table by COPY."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="append", db_schema_name=schema)


@contextmanager
def connected(place: Place, url_env: str, *, read_only: bool) -> Iterator[Postgres]:
    """A transaction in the database whose URL the variable ``url_env`` holds; committed when the block ends well.

    A read-only one sees one snapshot from its first statement to its last.  Raises
    ``ConnectionProblem`` in the words of a person, also for what fails inside the block.
    """
    url = place.variable(url_env, "url_env")
    try:
        import adbc_driver_manager
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise missing_driver(place, "adbc-driver-postgresql", "postgres") from None

    # What fails while rows are on their way is told as an error of Arrow or of input.
    failures = (adbc_driver_manager.Error, pa.ArrowException, OSError)

    @contextmanager
    def told() -> Iterator[None]:
        try:
            yield
        except failures as error:
            # Without its cause: what the driver says may hold the URL with its password.
            raise place.problem(in_words(error, url, f"{url_env} ({place.key}.url_env)")) from None

    identity, with_timeout = _identity(place, url, url_env)
    with told():
        connection = dbapi.connect(with_timeout)
    with connection:
        postgres = Postgres(connection, identity, told)
        if read_only:
            postgres.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Whatever the server's defaults, values are written and read in one way.
        for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "IntervalStyle = 'iso_8601'", "extra_float_digits = 1"):
            postgres.run(f"SET LOCAL {setting}")
        yield postgres
        with told():
            connection.commit()


def _identity(place: Place, url: str, url_env: str) -> tuple[str, str]:
    """What tells the database apart, and the URL with a limit to how long connecting may take."""
    wrong = place.problem(
        f"the variable {url_env} ({place.key}.url_env) holds no PostgreSQL URL. "
        "It must look like postgresql://user:password@host:5432/database, with special characters in the password as %40."
    )
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise wrong
    separator = "&" if parts.query else "?"
    timed = url if "connect_timeout" in parse_qs(parts.query) else f"{url}{separator}connect_timeout={_CONNECT_SECONDS}"
    return f"{parts.username}@{parts.hostname}:{port}{parts.path}?{parts.query}", timed
