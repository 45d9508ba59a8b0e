"""SQL text for DuckDB: quoting, compiling and running; every statement goes through here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend

from segmentation_pipeline.engine.recursion_limit import raised_recursion_limit

IDENTIFIERS = ("customer_id", "order_id")
"""Columns with about as many values as rows, in every large table: no dictionary of them is shorter, and
looking for one takes three times as long as storing them as they are."""

# DuckDB merges nested selects itself; Ibis doing so first takes a third of its time to compile.
ibis.options.sql.fuse_selects = False


def run(backend: Backend, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
    """Run and fetch to the end: an unfinished result would block the connection."""
    with stoppable(backend):
        return cast("list[tuple[Any, ...]]", backend.con.execute(sql, parameters or None).fetchall())


@contextmanager
def stoppable(backend: Backend) -> Iterator[None]:
    """A signal ends the waiting for a query, by a RuntimeError, and not the query: ended here it holds up nothing after it."""
    try:
        yield
    except RuntimeError:
        backend.con.interrupt()
        raise


def create_table(backend: Backend, target: str, query: str) -> int:
    """Make the table of a query's rows; how many there are."""
    columns = [
        f"{identifier(name)} {kind}{' USING COMPRESSION uncompressed' if name in IDENTIFIERS else ''}"
        for name, kind, *_ in run(backend, f"DESCRIBE {query}")
    ]
    run(backend, f"CREATE TABLE {target} ({', '.join(columns)})")
    return int(run(backend, f"INSERT INTO {target} {query}")[0][0])


def compiled(backend: Backend, expression: ir.Table) -> str:
    """The expression as SQL that this connection can run."""
    with raised_recursion_limit():
        # Registers the memtables and functions of the expression; DuckDB's own hook would look for geography in it, too.
        super(Backend, backend)._run_pre_execute_hooks(expression)
        return str(backend.compile(expression))


def small_table(columns: Mapping[str, Sequence[object]], schema: Mapping[str, object]) -> ir.Table:
    """A table from Python values, of the types asked for even when there are no rows."""
    wanted = ibis.schema(dict(schema)).to_pyarrow()
    return ibis.memtable(pa.table({field.name: pa.array(list(columns[field.name]), field.type) for field in wanted}, wanted))


@cache
def identifier(name: str) -> str:
    return sge.to_identifier(name, quoted=True).sql("duckdb")


def quoted(name: str) -> str:
    """``schema.table`` with both parts quoted."""
    return ".".join(identifier(part) for part in name.split("."))


def literal(text: str) -> str:
    return sge.Literal.string(text).sql("duckdb")


def file_literal(path: object) -> str:
    """A path as a literal that names this file alone, whatever characters of a glob it has.

    >>> file_literal("orders[1].csv")
    "'orders[[]1].csv'"
    """
    return literal("".join(f"[{c}]" if c in "*?[" else c for c in str(path)))
