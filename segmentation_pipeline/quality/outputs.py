"""Rules on what the pipeline makes itself: features, scores, segments, audiences."""

from __future__ import annotations

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.contracts.scores import CLV_COLUMNS, RFM_COLUMNS, survey_class_columns
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.rule_templates import allowed, column_rules, in_range, not_after_as_of, not_null, unique


def output_rules(config: Config) -> dict[str, tuple[Check, ...]]:
    """The rules of each table after cleaning; they fail only when the pipeline itself is wrong."""
    # The catalog reads every feature family; imported here so that other rules do not need it.
    from segmentation_pipeline.features.catalog import survey_classes

    classes = tuple(column for name in survey_classes(config) for column in survey_class_columns(name))
    return {
        tables.CUSTOMER_FEATURES: _features(config),
        tables.RFM_SCORES: _scores(tables.RFM_SCORES, RFM_COLUMNS),
        tables.CLV_SCORES: _scores(tables.CLV_SCORES, CLV_COLUMNS),
        tables.CLUSTER_SCORES: _scores(tables.CLUSTER_SCORES, config.cluster_columns),
        **({tables.SURVEY_CLASSES: _scores(tables.SURVEY_CLASSES, classes)} if classes else {}),
        tables.CUSTOMER_SEGMENTS: _segments(config),
        tables.CAMPAIGN_AUDIENCES: _audiences(config),
    }


def _features(config: Config) -> tuple[Check, ...]:
    from segmentation_pipeline.features.catalog import feature_columns, score_columns

    table = tables.CUSTOMER_FEATURES
    scores = {column.name for column in score_columns(config)}
    columns = [column for name, column in feature_columns(config).items() if name not in scores]
    days = [column.name for column in columns if column.type is Type.DAY and not column.ahead]
    return (
        *_one_per_customer(table),
        *(rule for column in columns for rule in column_rules(table, column)),
        *(not_after_as_of(table, day) for day in days),
    )


def _scores(table: str, columns: tuple[Column, ...]) -> tuple[Check, ...]:
    return (*_one_per_customer(table), *(rule for column in columns for rule in column_rules(table, column)))


def _segments(config: Config) -> tuple[Check, ...]:
    table = tables.CUSTOMER_SEGMENTS
    segmentation = Column("segmentation", Type.TEXT, "The segmentation.", allowed=tuple(config.segmentations))
    return (
        not_null(table, "customer_id"),
        not_null(table, "segmentation"),
        not_null(table, "segment"),
        *((allowed(table, segmentation),) if config.segmentations else ()),
        unique(table, ("segmentation", "customer_id", "segment")),
    )


def _audiences(config: Config) -> tuple[Check, ...]:
    table = tables.CAMPAIGN_AUDIENCES
    campaign = Column("campaign", Type.TEXT, "The campaign.", allowed=tuple(config.campaign_names))
    arm = Column("arm", Type.TEXT, "Contacted or kept out.", allowed=tuple(arm.value for arm in Arm))
    return (
        not_null(table, "customer_id"),
        not_null(table, "campaign"),
        *((allowed(table, campaign, severity="warning"),) if config.campaigns else ()),
        *column_rules(table, arm),
        in_range(table, Column("rank", Type.INTEGER, "Place in the list.", minimum=1)),
        unique(table, ("as_of", "campaign", "version", "customer_id")),
    )


def _one_per_customer(table: str) -> tuple[Check, ...]:
    return (not_null(table, "customer_id"), unique(table, ("customer_id",)))
