"""SQL over one text as a function that Ibis may call: a macro of the connection, made when it is first needed."""

from __future__ import annotations

import hashlib
from typing import cast

import duckdb
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts.engine_function import engine_function
from segmentation_pipeline.engine import instants


class Macros:
    """The macros of one connection; nothing of them is stored."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        for signature, sql in instants.MACROS.items():
            connection.execute(f"CREATE TEMP MACRO {signature} AS {sql}")

    def call(self, sql: str, text: ir.StringValue, kind: dt.DataType) -> ir.Value:
        """What ``sql`` makes of ``v``, with ``text`` in its place."""
        name = f"segmentation_{hashlib.sha256(sql.encode()).hexdigest()[:12]}"
        # Each time: one made in a transaction that failed is gone again.
        self._connection.execute(f"CREATE TEMP MACRO IF NOT EXISTS {name}(v) AS {sql}")
        return cast(ir.Value, engine_function(name, (dt.string,), kind)(text))
