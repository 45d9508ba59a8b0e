"""The finished file: checked, documented, and swapped in whole or not at all.

A run of an earlier day than the published one brings the tables that hold all days up to date and
leaves the published day's own tables as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import cast

import ibis.expr.types as ir

from segmentation_pipeline.contracts.columns import AS_OF
from segmentation_pipeline.contracts.publication_tables import DICTIONARY, PUBLICATION, PUBLICATION_COLUMNS
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.engine.base import Engine, TableFunction
from segmentation_pipeline.publish.dictionary import check_documented, data_dictionary, type_name

PUBLISHED_DAYS = "meta.published_days"


def publish(
    engine: Engine,
    path: Path,
    tables: Sequence[TableContract],
    lineage: Mapping[tuple[str, str], str],
    as_of: date,
    fingerprint: str,
    functions: Sequence[TableFunction] = (),
    publication_id: str | None = None,
) -> dict[str, int]:
    """Publish ``tables`` at ``path``, with ``functions`` that read them; the row counts by table.

    ``publication_id`` is what the run's audience files have in their manifests.

    Raises ``UndocumentedColumn`` before anything is written when contract and table differ.
    """
    fresh = {table.name: engine.table(table.table) for table in tables}
    check_documented(tables, {name: expression.columns for name, expression in fresh.items()})
    current = engine.published_rows(path, PUBLICATION.name)
    published_day = max((cast(date, row["as_of"]) for row in current), default=as_of)
    days = _complete_days(engine, as_of)
    kept: tuple[str, ...] = ()
    if published_day > as_of and _as_described(engine, path, tables):
        kept = tuple(table.name for table in tables if not table.accumulates)
        fingerprint = str(current[0]["fingerprint"])
        publication_id = cast("str | None", current[0].get("publication_id"))
        as_of = published_day
    contents = {table.name: _as_contracted(fresh[table.name], table, days) for table in tables if table.name not in kept}
    counts = {name: engine.count(expression) for name, expression in contents.items()}
    counts |= {str(row["table_name"]): int(row["row_count"]) for row in current if row["table_name"] in kept}
    contents[DICTIONARY.name] = data_dictionary(engine, tables, lineage)
    contents[PUBLICATION.name] = _publication(engine, counts, as_of, fingerprint, publication_id)
    everything = (*tables, DICTIONARY, PUBLICATION)
    comments = {table.name: {column.name: column.description for column in table.columns} for table in everything}
    described = {table.name: table.description for table in everything}
    engine.publish(path, contents, comments, keep=kept, functions=functions, described=described)
    return counts


def _as_described(engine: Engine, path: Path, tables: Sequence[TableContract]) -> bool:
    """Whether the current publication has these very columns; another configuration's cannot be kept."""
    current = {(row["table_name"], row["column_name"], row["type"]) for row in engine.published_rows(path, DICTIONARY.name)}
    return all((table.name, column.name, type_name(column)) in current for table in tables for column in table.columns)


def _complete_days(engine: Engine, as_of: date) -> ir.Table:
    """The days whose run came as far as publishing, ``as_of`` included."""
    engine.replace_slice(PUBLISHED_DAYS, engine.memtable({"as_of": [as_of]}, {"as_of": "date"}), {"as_of": as_of})
    return engine.table(PUBLISHED_DAYS)


def days_published(engine: Engine) -> set[date]:
    """The days whose run came as far as publishing."""
    if not engine.has(PUBLISHED_DAYS):
        return set()
    return {cast(date, row["as_of"]) for row in engine.rows(engine.table(PUBLISHED_DAYS))}


def published_part(engine: Engine, table: ir.Table) -> ir.Table:
    """The rows of a table that holds all days whose run came as far as publishing; none before the first."""
    if not engine.has(PUBLISHED_DAYS):
        return table.filter(False)
    return table.semi_join(engine.table(PUBLISHED_DAYS), AS_OF.name)


def _as_contracted(table: ir.Table, contract: TableContract, days: ir.Table) -> ir.Table:
    """The contract's columns in its order and types (the engine's own sums may be wider), without
    what a run that failed or was killed half way left in tables that hold all days."""
    if contract.accumulates and AS_OF.name in table.columns:
        table = table.semi_join(days, AS_OF.name)
    return table.select(**{column.name: table[column.name].cast(column.type.ibis) for column in contract.columns})


def _publication(
    engine: Engine, counts: Mapping[str, int], as_of: date, fingerprint: str, publication_id: str | None
) -> ir.Table:
    names = sorted(counts)
    columns: dict[str, list[object]] = {
        "as_of": [as_of] * len(names),
        "table_name": list(names),
        "row_count": [counts[n] for n in names],
        "fingerprint": [fingerprint] * len(names),
        "publication_id": [publication_id] * len(names),
    }
    return engine.memtable(columns, {column.name: column.type.ibis for column in PUBLICATION_COLUMNS})
