"""A publication of a few rows, written by hand: every table of a configuration, with the rows a test gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.publication_tables import DICTIONARY, PUBLICATION
from segmentation_pipeline.engine.published import opened_publication
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.report.reader import Reader
from segmentation_pipeline.table_contracts import published

DAY, BEFORE = date(2026, 6, 30), date(2026, 6, 29)
SQL = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.MONEY: "DECIMAL(18, 2)",
    Type.BOOLEAN: "BOOLEAN",
    Type.DAY: "DATE",
    Type.INSTANT: "TIMESTAMP",
}
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
SEGMENTATIONS = {
    "lifecycle": {
        "kind": "rules",
        "title": "Lifecycle",
        "segments": [{"name": "active", "when": "recency_days <= 90"}, {"name": "lost", "when": "true"}],
    }
}


def config_of(folder: Path, segmentations: Mapping[str, Any] = SEGMENTATIONS) -> Config:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.yaml").write_text("sources: {orders: {files: orders.csv}}")
    (folder / "segmentations.yaml").write_text(yaml.safe_dump({"segmentations": dict(segmentations)}))
    return load_config(folder)


def write(path: Path, config: Config, rows: Rows) -> Path:
    """The publication of ``DAY`` at ``path``; rows lack what is null, and are of ``DAY`` unless they say another."""
    contracts = (*published(config), DICTIONARY, PUBLICATION)
    named = {"row_accounting": [{"source": "orders", "read": 3, "clean": 3}], "publication": [{"publication_id": "abc"}], **rows}
    with duckdb.connect(str(path)) as connection:
        for contract in contracts:
            columns = ", ".join(f'"{column.name}" {SQL[column.type]}' for column in contract.columns)
            connection.execute(f'CREATE TABLE "{contract.name}" ({columns})')
        _insert(connection, DICTIONARY.name, [row for each in contracts for row in _described(each.name, each.columns)])
        for table, given in named.items():
            contract = next(each for each in contracts if each.name == table)
            has_day = any(column.name == "as_of" for column in contract.columns)
            _insert(connection, table, [({"as_of": DAY} if has_day else {}) | dict(row) for row in given])
    return path


def _described(table: str, columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [
        {"table_name": table, "column_name": c.name, "position": at, "description": c.description, "unit": c.unit}
        for at, c in enumerate(columns, 1)
    ]


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        names = list(dict.fromkeys(name for row in rows for name in row))
        marks = ", ".join([f"({', '.join('?' for _ in names)})"] * len(rows))
        columns = ", ".join(f'"{name}"' for name in names)
        connection.execute(f'INSERT INTO "{table}" ({columns}) VALUES {marks}', [row.get(name) for row in rows for name in names])


@contextmanager
def reading(path: Path, config: Config, day: date = DAY) -> Iterator[Reader]:
    with opened_publication(path) as publication:
        yield Reader(publication, config, day)
