"""Great Expectations on an open DuckDB connection: datasource, dialect and the metrics it lacks.

Imports Great Expectations; import this module only where a check runs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import duckdb_engine
import sqlalchemy as sa
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider import ColumnMapMetricProvider, column_condition_partial
from sqlalchemy.dialects import registry

from segmentation_pipeline.engine.duckdb import DuckDBEngine

CONNECTION_STRING = "segmentation_duckdb://"

_SQL_TYPES: dict[str, Any] = {
    "BIGINT": sa.BIGINT,
    "BOOLEAN": sa.BOOLEAN,
    "DATE": sa.DATE,
    "DECIMAL": sa.DECIMAL,
    "DOUBLE": sa.DOUBLE,
    "INTEGER": sa.INTEGER,
    "SMALLINT": sa.SMALLINT,
    "TIMESTAMP": sa.TIMESTAMP,
    "VARCHAR": sa.VARCHAR,
}


class WarehouseDialect(duckdb_engine.Dialect):
    """DuckDB for SQLAlchemy, with columns read from information_schema.

    The inherited reflection asks PostgreSQL catalogs DuckDB does not have; what Great Expectations
    does when that fails forgets the schema, so ``clean.orders`` would be looked for as ``orders``.
    """

    supports_statement_cache = False

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> list[Any]:
        columns = sa.table(
            "columns",
            *map(sa.column, ("column_name", "data_type", "ordinal_position", "table_name", "table_schema", "table_catalog")),
            schema="information_schema",
        )
        found = connection.execute(
            sa.select(columns.c.column_name, columns.c.data_type)
            .where(columns.c.table_catalog == sa.func.current_database())
            .where(columns.c.table_schema == schema)
            .where(columns.c.table_name == str(table_name))
            .order_by(columns.c.ordinal_position)
        )
        types = {name: _SQL_TYPES.get(data_type.split("(")[0], sa.types.NullType) for name, data_type in found}
        return [{"name": name, "type": of_type(), "nullable": True, "default": None} for name, of_type in types.items()]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        return {"constrained_columns": [], "name": None}


registry.register("segmentation_duckdb", __name__, "WarehouseDialect")


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection while a table is checked; ``release`` gives it back."""

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            yield self._connection
        except Exception:
            # DuckDB refuses everything after an error until then, which would hide the error itself.
            self._connection.rollback()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


class DuckDBDatasource(SQLDatasource):
    """Importing this class adds ``data_sources.add_duckdb`` to Great Expectations contexts."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment,unused-ignore]

    @property
    def execution_engine_type(self) -> Any:
        return DuckDBExecutionEngine

    def release(self) -> None:
        """Close all connections.  The next check opens new ones and so sees what was written since."""
        if self._execution_engine is not None:
            self._execution_engine.close()
        if self._engine is not None:
            self._engine.dispose()


def cursor_creator(connection: duckdb.DuckDBPyConnection) -> Callable[[], Any]:
    """What SQLAlchemy calls for a connection: a cursor on the pipeline's own, which stays open after."""
    return lambda: duckdb_engine.ConnectionWrapper(connection.cursor())


class Warehouse:
    """The engine's tables as batches of Great Expectations."""

    def __init__(self, context: Any, engine: DuckDBEngine) -> None:
        self._source = context.data_sources.add_duckdb(
            "warehouse", connection_string=CONNECTION_STRING, kwargs={"creator": cursor_creator(engine.backend.con)}
        )

    @contextmanager
    def batch(self, table: str) -> Iterator[Batch]:
        schema, name = table.split(".")
        if table in {asset.name for asset in self._source.assets}:
            self._source.delete_asset(table)
        with warnings.catch_warnings():
            # Its replacement is one datasource per schema; until version 2 the argument stays.
            warnings.filterwarnings("ignore", "`schema_name` is deprecated", DeprecationWarning)
            asset = self._source.add_table_asset(table, table_name=name, schema_name=schema)
        try:
            yield asset.add_batch_definition_whole_table("whole").get_batch()
        finally:
            self._source.release()

    def release(self) -> None:
        self._source.release()


class _MatchRegex(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, column: Any, regex: str, **kwargs: Any) -> Any:
        return sa.func.regexp_matches(column, regex)


class _NotMatchRegex(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, column: Any, regex: str, **kwargs: Any) -> Any:
        return sa.not_(sa.func.regexp_matches(column, regex))


class _MatchLike(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_like_pattern"
    condition_value_keys = ("like_pattern", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, column: Any, like_pattern: str, escape: str | None = None, **kwargs: Any) -> Any:
        return column.like(like_pattern, escape=escape)


class _NotMatchLike(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_like_pattern"
    condition_value_keys = ("like_pattern", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _sqlalchemy(cls, column: Any, like_pattern: str, escape: str | None = None, **kwargs: Any) -> Any:
        return sa.not_(column.like(like_pattern, escape=escape))
