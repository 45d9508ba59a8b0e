"""A small configuration and tables that tests of the checks share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from segmentation_pipeline.config.schema import (
    Config,
    ExpectationConfig,
    PipelineConfig,
    PrivacyConfig,
    QualityConfig,
    SourceConfig,
)
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine

AS_OF = date(2025, 3, 31)


def config(*expectations: ExpectationConfig, sources: Sequence[str] = ("orders", "customers"), **quality: object) -> Config:
    return Config(
        sources={name: SourceConfig(files=f"{name}.csv") for name in sources},
        pipeline=PipelineConfig(quality=QualityConfig.model_validate({"expectations": expectations, **quality})),
        privacy=PrivacyConfig(),
        segmentations={},
        campaigns={},
    )


def order(order_id: str | None, row: int, /, **changed: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "customer_id": "C1",
        "ordered_at": datetime(2025, 3, 1, 12),
        "amount": 10,
        "event_date": date(2025, 3, 1),
        "_file": "data/raw/orders_2025.csv",
        "_row": row,
        **changed,
    }


def write_orders(engine: DuckDBEngine, *rows: dict[str, object]) -> None:
    """``clean.orders`` with the contract's columns, null where a row says nothing."""
    schema = {column.name: column.type.ibis for column in SOURCES["orders"].columns}
    write(engine, "clean.orders", schema | {"event_date": "date", "_file": "string", "_row": "int64"}, *rows)


def write(engine: DuckDBEngine, table: str, schema: Mapping[str, object], *rows: dict[str, object]) -> None:
    engine.write(table, engine.memtable({name: [row.get(name) for row in rows] for name in schema}, schema))
