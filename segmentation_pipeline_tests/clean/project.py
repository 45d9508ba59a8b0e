"""A project of a few inline CSV files, loaded and cleaned as a run does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.clean.account import Accounting
from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.destinations.catalog import pipeline_model
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.landing.catalog import source_model

AS_OF = date(2025, 3, 31)
ORDERS = "order_id,customer_id,ordered_at,amount"


def config(sources: Mapping[str, Mapping[str, object]], **pipeline: object) -> Config:
    """The configuration of sources whose files are named like them unless they say otherwise."""
    return Config(
        sources={
            name: source_model().model_validate(mapping if "derive_from" in mapping else {"files": f"{name}*.csv", **mapping})
            for name, mapping in sources.items()
        },
        pipeline=pipeline_model().model_validate(pipeline),
        privacy=PrivacyConfig(),
        segmentations={},
        campaigns={},
    )


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def clean_all(
    engine: DuckDBEngine, folder: Path, config: Config, as_of: date = AS_OF, changes: ChangeSet | None = None
) -> dict[str, Accounting]:
    """Load and clean every source in order; every account must add up."""
    accounts, changes = {}, changes or ChangeSet()
    for name in config.cleaning_order:
        if not config.sources[name].derive_from:
            load_source(engine, folder, name, config.sources[name], as_of, changes)
        accounts[name] = clean_source(engine, name, config, as_of, changes)
        assert accounts[name].adds_up, accounts[name]
    return accounts


def orders(
    engine: DuckDBEngine,
    folder: Path,
    *lines: str,
    header: str = ORDERS,
    as_of: date = AS_OF,
    mapping: Mapping[str, object] | None = None,
    **pipeline: object,
) -> Accounting:
    """The account of one orders file."""
    write(folder, "orders", header, *lines)
    return clean_all(engine, folder, config({"orders": mapping or {}}, **pipeline), as_of)["orders"]


def rows(engine: DuckDBEngine, table: str, *columns: str) -> list[tuple[object, ...]]:
    found = [tuple(row.values()) for row in engine.rows(engine.table(table).select(*columns))]
    return sorted(found, key=lambda row: tuple((value is None, str(value)) for value in row))


def clean(engine: DuckDBEngine, *columns: str, source: str = "orders") -> list[tuple[object, ...]]:
    return rows(engine, tables.clean(source), *columns)


def reasons(engine: DuckDBEngine, source: str = "orders") -> dict[int, str]:
    """The reasons of the quarantined rows by their number in the file."""
    return {int(str(row)): str(reason) for row, reason in rows(engine, tables.quarantine(source), "_row", "reasons")}
