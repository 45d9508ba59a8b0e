"""What tables and views the store has: looked up once and remembered, as a run asks for them hundreds of times."""

from __future__ import annotations

from typing import Literal

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from segmentation_pipeline.engine.duckdb_sql import run

TABLE: Literal["TABLE"] = "TABLE"

# information_schema.tables says the same and takes five times as long.
_KIND = """
    SELECT 'TABLE' FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = $schema AND table_name = $table
    UNION ALL
    SELECT 'VIEW' FROM duckdb_views() WHERE database_name = current_database() AND schema_name = $schema AND view_name = $table
"""


class Catalog:
    """Knows only what it was told to look for; whoever makes, replaces or drops something says so by ``forget``."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._kinds: dict[str, Literal["TABLE", "VIEW"]] = {}
        self._tables: dict[str, ir.Table] = {}

    def kind(self, name: str) -> Literal["TABLE", "VIEW"] | None:
        """Whether ``schema.table`` is a table or a view; None when there is nothing of the name."""
        if name not in self._kinds:
            schema, table = name.split(".")
            found = run(self._backend, _KIND, {"schema": schema, "table": table})
            if not found:
                return None
            self._kinds[name] = found[0][0]
        return self._kinds[name]

    def table(self, name: str) -> ir.Table:
        if name not in self._tables:
            schema, table = name.split(".")
            self._tables[name] = self._backend.table(table, database=schema)
        return self._tables[name]

    def forget(self, name: str) -> None:
        self._kinds.pop(name, None)
        self._tables.pop(name, None)

    def forget_everything(self) -> None:
        self._kinds.clear()
        self._tables.clear()
