"""What tables and views the store has: looked up once and remembered, as a run asks for them hundreds of times."""

from __future__ import annotations

from functools import cache
from typing import Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType

from segmentation_pipeline.engine.duckdb_sql import quoted, run

TABLE: Literal["TABLE"] = "TABLE"
VIEW: Literal["VIEW"] = "VIEW"

# information_schema.tables says the same and takes five times as long.
_KINDS = """
    SELECT schema_name, table_name, 'TABLE' FROM duckdb_tables() WHERE database_name = current_database()
    UNION ALL
    SELECT schema_name, view_name, 'VIEW' FROM duckdb_views() WHERE database_name = current_database() AND NOT internal
"""


class Catalog:
    """Looks once at what there is; whoever makes, replaces or drops something afterwards says so."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._kinds: dict[str, Literal["TABLE", "VIEW"]] | None = None
        self._tables: dict[str, ir.Table] = {}

    def kind(self, name: str) -> Literal["TABLE", "VIEW"] | None:
        """Whether ``schema.table`` is a table or a view; None when there is nothing of the name."""
        return self._known().get(name)

    def table(self, name: str) -> ir.Table:
        if name not in self._tables:
            self._tables[name] = described(self._backend, name)
        return self._tables[name]

    def made(self, name: str, kind: Literal["TABLE", "VIEW"]) -> None:
        self._known()[name] = kind
        self._tables.pop(name, None)

    def dropped(self, name: str) -> None:
        self._known().pop(name, None)
        self._tables.pop(name, None)

    def forget_everything(self) -> None:
        """Look again: what was made or dropped is undone."""
        self._kinds = None
        self._tables.clear()

    def _known(self) -> dict[str, Literal["TABLE", "VIEW"]]:
        if self._kinds is None:
            self._kinds = {f"{schema}.{table}": kind for schema, table, kind in run(self._backend, _KINDS)}
        return self._kinds


def described(backend: Backend, name: str) -> ir.Table:
    """A table or view as an expression.  Ibis itself would read the name of each column's type anew."""
    *schema, table = name.split(".")
    columns = {column: _type(kind, null == "YES") for column, kind, null, *_ in run(backend, f"DESCRIBE {quoted(name)}")}
    namespace = ops.Namespace(catalog=schema[0] if len(schema) > 1 else None, database=schema[-1])
    return ops.DatabaseTable(table, schema=ibis.schema(columns), source=backend, namespace=namespace).to_expr()


@cache
def _type(kind: str, nullable: bool) -> dt.DataType:
    return DuckDBType.from_string(kind, nullable=nullable)
