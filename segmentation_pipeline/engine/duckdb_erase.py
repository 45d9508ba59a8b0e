"""Rows that must go from every table of a DuckDB file, and from its bytes.

DuckDB leaves deleted rows readable in the file, whatever is checkpointed or vacuumed after it; what was deleted is gone
only from a new file that the remaining rows were copied to.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_published import attached
from segmentation_pipeline.engine.duckdb_sql import compiled, identifier, literal, quoted, run
from segmentation_pipeline.engine.word_patterns import patterns_of

_WORDS_AT_ONCE = 100
"""More words than these are not looked for letter by letter first."""

T = TypeVar("T")


def text_columns(engine: DuckDBEngine) -> dict[str, list[str]]:
    """Every stored table (views compute from them) with its columns that can hold text."""
    found = run(
        engine.backend,
        "SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "JOIN duckdb_tables() USING (database_name, schema_name, table_name) WHERE database_name = current_database() "
        "AND (data_type LIKE '%VARCHAR%' OR data_type LIKE '%JSON%') GROUP BY 1 ORDER BY 1",
    )
    return {table: list(columns) for table, columns in found}


def delete_named(engine: DuckDBEngine, table: str, columns: Mapping[str, Sequence[str]], gone: ir.Table) -> None:
    """Delete the rows in which a column, trimmed and in lower case, is a ``value`` of ``gone`` of one of its kinds."""
    values = compiled(engine.backend, gone)
    where = " OR ".join(
        f"lower(trim({identifier(column)}::VARCHAR)) IN "
        f"(SELECT value FROM ({values}) WHERE kind IN ({', '.join(literal(str(kind)) for kind in kinds)}))"
        for column, kinds in columns.items()
    )
    run(engine.backend, f"DELETE FROM {quoted(table)} WHERE {where}")


def empty_of(engine: DuckDBEngine, table: str, column: str, customers: ir.Table) -> None:
    """Empty a column in the rows of ``customers`` (customer_id)."""
    sql = compiled(engine.backend, customers.select("customer_id"))
    run(engine.backend, f"UPDATE {quoted(table)} SET {identifier(column)} = NULL WHERE customer_id IN ({sql})")


def delete_placed(engine: DuckDBEngine, table: str, places: ir.Table) -> None:
    """Delete the rows that came from one of ``places`` (``_file``, ``_row``)."""
    sql = compiled(engine.backend, places.select("_file", "_row"))
    run(engine.backend, f"DELETE FROM {quoted(table)} WHERE (_file, _row) IN (SELECT (_file, _row) FROM ({sql}))")


def blot(engine: DuckDBEngine, table: str, columns: Sequence[str], words: Sequence[str], instead: str) -> int:
    """Put ``instead`` in place of every one of ``words`` in texts, whatever its capitals; how many rows had one."""
    rows = rows_holding(engine, table, columns, words)
    if rows:
        kinds = dict(row[:2] for row in run(engine.backend, f"DESCRIBE {quoted(table)}"))
        texts = [column for column in columns if kinds[column] == "VARCHAR"]
        for pattern in patterns_of(words):
            changes = ", ".join(
                f"{identifier(c)} = {_replaced(_replaced(identifier(c), pattern, instead), pattern, instead)}" for c in texts
            )
            run(engine.backend, f"UPDATE {quoted(table)} SET {changes} WHERE {_holds(_together(columns), pattern)}")
    return rows


def rows_holding(engine: DuckDBEngine, table: str, columns: Sequence[str], words: Sequence[str]) -> int:
    """In how many rows a text holds one of ``words``."""
    if not words or not columns:
        return 0
    text = _together(columns)
    if len(words) <= _WORDS_AT_ONCE:
        # Looking for the letters is a tenth of the work of looking for words, and nearly all tables hold none.
        letters = " OR ".join(f"contains(lowered, {literal(word.lower())})" for word in words)
        sql = f"SELECT count(*) FROM (SELECT lower({text}) AS lowered FROM {quoted(table)}) WHERE {letters}"
        if run(engine.backend, sql) == [(0,)]:
            return 0
    holds = " OR ".join(_holds(text, pattern) for pattern in patterns_of(words))
    [(rows,)] = run(engine.backend, f"SELECT count(*) FROM {quoted(table)} WHERE {holds}")
    return int(rows)


def _together(columns: Sequence[str]) -> str:
    """All texts of a row in one, parted by a character no word has."""
    return f"concat_ws(chr(31), {', '.join(f'{identifier(column)}::VARCHAR' for column in columns)})"


def _replaced(text: str, pattern: str, instead: str) -> str:
    return f"regexp_replace({text}, {literal(pattern)}, {literal(chr(92) + '1' + instead + chr(92) + '3')}, 'g')"


def _holds(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {literal(pattern)})"


@dataclass(frozen=True)
class Rewritten(Generic[T]):
    """A new file beside the old one, and what erasing told; ``commit`` puts it in the old one's place."""

    path: Path
    fresh: Path
    told: T

    def commit(self) -> None:
        with self.fresh.open("rb") as file:
            os.fsync(file.fileno())
        self.fresh.replace(self.path)
        _wal(self.path).unlink(missing_ok=True)

    def discard(self) -> None:
        self.fresh.unlink(missing_ok=True)


def rewritten(
    path: Path, config: EngineConfig, temp: Path, erase: Callable[[DuckDBEngine], T], storage_version: str | None = None
) -> Rewritten[T]:
    """Let ``erase`` work on a copy of the file, then copy what remains to a new one, views, macros and comments included.

    The file itself is untouched until ``commit``.  Nobody may write to it meanwhile; readers may read.
    """
    draft, fresh = (path.with_name(f".{path.name}.{ending}") for ending in ("draft", "new"))
    remove_leftovers(path)
    mode = path.stat().st_mode & 0o777
    for source, target in ((path, draft), (_wal(path), _wal(draft))):
        if source.is_file():
            target.touch(mode=0o600)
            shutil.copyfile(source, target)
    try:
        engine = DuckDBEngine(draft, config, temp)
        try:
            told = erase(engine)
            [(name,)] = run(engine.backend, "SELECT current_database()")
            options = f"STORAGE_VERSION '{storage_version}'" if storage_version else "READ_WRITE"
            with attached(engine.backend, fresh, "rewritten", options):
                run(engine.backend, f"COPY FROM DATABASE {identifier(name)} TO rewritten")
                run(engine.backend, "CHECKPOINT rewritten")
        finally:
            engine.close()
        fresh.chmod(mode)
    except BaseException:
        remove_leftovers(path)
        raise
    for leftover in (draft, _wal(draft), _wal(fresh)):
        leftover.unlink(missing_ok=True)
    return Rewritten(path, fresh, told)


def remove_leftovers(path: Path) -> None:
    """Delete what an erasure that was killed left beside ``path``."""
    for ending in ("draft", "new"):
        leftover = path.with_name(f".{path.name}.{ending}")
        for one in (leftover, _wal(leftover)):
            one.unlink(missing_ok=True)


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def rows_by_table(engine: DuckDBEngine, tables: Mapping[str, object] | Sequence[str]) -> dict[str, int]:
    """How many rows each table has."""
    return {table: int(run(engine.backend, f"SELECT count(*) FROM {quoted(table)}")[0][0]) for table in tables}
