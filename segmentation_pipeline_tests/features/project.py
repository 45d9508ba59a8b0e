"""Features of a few inline files, built over clean tables as a run does it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features import stored
from segmentation_pipeline.features.catalog import order_line_aggregates_read
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.stored import update_identity
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all

Features = dict[str, dict[str, object]]


def features(engine: DuckDBEngine, config: Config, as_of: date = AS_OF, changes: ChangeSet | None = None) -> Features:
    """The feature row of each customer, from the clean tables in the engine."""
    changes = changes or ChangeSet()
    stored.update_calendar(engine, config, as_of)
    if config.has("identities"):
        write_identifiers(engine, config, changes)
        update_identity(engine, config, as_of, changes)
    stored.find_dirty(engine, config, as_of, changes)
    stored.update_order_facts(engine, config, as_of, changes)
    for table in order_line_aggregates_read(config):
        stored.update_order_line_aggregate(engine, config, table, changes)
    stored.update_customer_state(engine, config, as_of, changes)
    stored.show_customer_features(engine, config, as_of)
    found = engine.rows(engine.table(tables.CUSTOMER_FEATURES))
    assert len({row["customer_id"] for row in found}) == len(found), "one row per customer"
    return {str(row.pop("customer_id")): row for row in found}


def features_of_files(engine: DuckDBEngine, folder: Path, config: Config, as_of: date = AS_OF) -> Features:
    clean_all(engine, folder, config, as_of)
    return features(engine, config, as_of)
