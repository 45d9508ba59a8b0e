"""The publication as one DuckDB file: written beside the current one and swapped in whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import ibis
import ibis.expr.types as ir
import sqlglot
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend

from segmentation_pipeline.engine.base import TableFunction
from segmentation_pipeline.engine.duckdb_sql import compiled, create_table, identifier, literal, run
from segmentation_pipeline.engine.file_modes import make_readable, readable_folder

STORAGE_VERSION = "v1.0.0"
"""Published files can be opened by every DuckDB client from 1.0 on."""


def publish(
    backend: Backend,
    path: Path,
    tables: Mapping[str, ir.Table],
    comments: Mapping[str, Mapping[str, str]],
    keep: Sequence[str],
    functions: Sequence[TableFunction],
    described: Mapping[str, str],
) -> None:
    """``Engine.publish``; functions become table macros with their description as comment."""
    readable_folder(path.parent)
    fresh = path.with_name(f".{path.name}.new")
    for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with ExitStack() as opened:
        opened.enter_context(attached(backend, fresh, "publication", f"STORAGE_VERSION '{STORAGE_VERSION}'"))
        if keep:
            opened.enter_context(attached(backend, path, "current_publication", "READ_ONLY"))
        for name, expression in tables.items():
            create_table(backend, f"publication.main.{identifier(name)}", compiled(backend, expression))
        for name in keep:
            source = f"FROM current_publication.main.{identifier(name)}"
            create_table(backend, f"publication.main.{identifier(name)}", source)
        _comment(backend, (*tables, *keep), described, comments)
        if functions:
            _create_macros(backend, functions)
        run(backend, "CHECKPOINT publication")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    make_readable(fresh)
    fresh.replace(path)


def _comment(
    backend: Backend, tables: Sequence[str], described: Mapping[str, str], comments: Mapping[str, Mapping[str, str]]
) -> None:
    """Hundreds of comments are written at once: each by itself would be a transaction of its own."""
    run(backend, "BEGIN")
    try:
        for name in tables:
            target = f"publication.main.{identifier(name)}"
            if name in described:
                run(backend, f"COMMENT ON TABLE {target} IS {literal(described[name])}")
            for column, comment in comments.get(name, {}).items():
                run(backend, f"COMMENT ON COLUMN {target}.{identifier(column)} IS {literal(comment)}")
    except BaseException:
        run(backend, "ROLLBACK")  # else the file could not be detached, which would hide why
        raise
    run(backend, "COMMIT")


@contextmanager
def attached(backend: Backend, path: Path, name: str, options: str) -> Iterator[None]:
    """The file at ``path`` as catalog ``name`` inside the block."""
    run(backend, f"ATTACH {literal(str(path))} AS {name} ({options})")
    try:
        yield
    finally:
        run(backend, f"DETACH {name}")


def _create_macros(backend: Backend, functions: Sequence[TableFunction]) -> None:
    """A macro names its tables without a catalog, because the file's name is its readers' affair."""
    [(current,)] = run(backend, "SELECT current_database()")
    run(backend, "USE publication.main")
    try:
        for function in functions:
            parameters = ", ".join(identifier(name) for name in function.parameters)
            run(backend, f"CREATE MACRO {identifier(function.name)}({parameters}) AS TABLE {_body(backend, function)}")
            run(backend, f"COMMENT ON MACRO TABLE {identifier(function.name)} IS {literal(function.description)}")
    finally:
        run(backend, f"USE {identifier(current)}.main")


def _body(backend: Backend, function: TableFunction) -> str:
    """The query with the one row of its arguments in place of the table that stands for them."""
    arguments = ibis.table(dict(function.parameters), name="arguments")
    query = sqlglot.parse_one(compiled(backend, function.query(arguments)), read="duckdb")
    row = sge.select(
        *(
            sge.cast(sge.column(name, quoted=True), backend.compiler.type_mapper.from_ibis(kind)).as_(name, quoted=True)
            for name, kind in function.parameters.items()
        )
    )
    return sge.expand(query, {"arguments": row}, dialect="duckdb").sql("duckdb", comments=False)
