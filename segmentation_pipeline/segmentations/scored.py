"""What rules see: the columns a rule may name, and the binding of rules to tables."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.config.rules import parse_rule
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.segmentations.assign import Bind, exclusive_names
from segmentation_pipeline.segmentations.definitions import SegmentDefinition

MODEL_TABLES = (tables.RFM_SCORES, tables.CLV_SCORES, tables.CLUSTER_SCORES)


def segmentation_columns(config: Config) -> tuple[Column, ...]:
    """One text column per exclusive segmentation, as the profile has them."""
    return tuple(
        Column(
            name,
            Type.TEXT,
            f"Segment of segmentation '{config.segmentations[name].title}'.",
            null_means="in none of its segments",
        )
        for name in exclusive_names(config.segmentations)
    )


def segmentation_rules(config: Config, as_of: date) -> Bind:
    """How the rules of segmentations are bound: they read features and scores."""
    columns = feature_columns(config)
    return lambda text, table: parse_rule(text, columns).bind(table, as_of)


def campaign_rules(config: Config, as_of: date) -> Bind:
    """How the rules of campaigns are bound: they also read the exclusive segmentations."""
    columns = feature_columns(config) | {column.name: column for column in segmentation_columns(config)}
    return lambda text, table: parse_rule(text, columns).bind(table, as_of)


def stored_definitions(engine: Engine) -> list[SegmentDefinition]:
    """What every segment of the last run means, in words."""
    return [
        SegmentDefinition(str(row["segmentation"]), str(row["segment"]), str(row["definition"]), str(row["description"] or ""))
        for row in engine.rows(engine.table(tables.SEGMENT_DEFINITIONS))
    ]
