"""Rules on what the pipeline makes itself: those a checked table's contract implies, and those of segments and audiences."""

from __future__ import annotations

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, CUSTOMER_ID, Column, Type
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.rule_templates import allowed, column_rules, in_range, not_after_as_of, not_null, unique
from segmentation_pipeline.segmentations.rule_binding import segmentation_columns
from segmentation_pipeline.table_contracts import contracts


def output_rules(config: Config) -> dict[str, tuple[Check, ...]]:
    """The rules of each table after cleaning; they fail only when the pipeline itself is wrong."""
    checked = {table: contract for table, contract in contracts(config).items() if contract.checked}
    return {
        **{table: _implied(contract) for table, contract in checked.items()},
        tables.CUSTOMER_PROFILE: _profile(config),
        tables.CUSTOMER_SEGMENTS: _segments(config),
        tables.CAMPAIGN_AUDIENCES: _audiences(config),
    }


def _implied(contract: TableContract) -> tuple[Check, ...]:
    table = contract.table
    days = [column.name for column in contract.columns if column.type is Type.DAY and not column.ahead]
    if contract.accumulates:  # an earlier day may be run again, and rows of later days stay
        days = []
    return (
        unique(table, contract.key),
        *(rule for column in contract.columns for rule in column_rules(table, column)),
        *(not_after_as_of(table, day) for day in days),
    )


def _profile(config: Config) -> tuple[Check, ...]:
    """Who is in it, and what it adds: features and scores are asked where they are made."""
    table = tables.CUSTOMER_PROFILE
    added = (AS_OF, CUSTOMER_ID, *segmentation_columns(config))
    return (unique(table, (CUSTOMER_ID.name,)), *(rule for column in added for rule in column_rules(table, column)))


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
    return (
        not_null(table, "customer_id"),
        not_null(table, "campaign"),
        *((allowed(table, campaign, severity="warning"),) if config.campaigns else ()),
        not_null(table, "arm"),
        in_range(table, Column("rank", Type.INTEGER, "Place in the list.", minimum=1)),
        unique(table, ("as_of", "campaign", "version", "customer_id")),
    )
