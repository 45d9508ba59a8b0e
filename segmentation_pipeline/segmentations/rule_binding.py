"""What rules see: the columns a rule may name, and the binding of rules to tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.catalog import customer_columns
from segmentation_pipeline.rules.vocabulary import MEASURED_RESPONSE, Vocabulary, segmentation_column, vocabulary
from segmentation_pipeline.segmentations.assign import exclusive_names
from segmentation_pipeline.segmentations.definitions import SegmentDefinition
from segmentation_pipeline.segmentations.kinds.base import Bind


def segmentation_columns(config: Config) -> tuple[Column, ...]:
    """One text column per exclusive segmentation, as the profile has them."""
    return tuple(segmentation_column(name, config.segmentations[name]) for name in exclusive_names(config.segmentations))


def rule_vocabulary(config: Config) -> Vocabulary:
    """What the rules of segmentations and campaigns read: features, scores and segmentations."""
    return vocabulary(customer_columns(config), config.segmentations)


def bound_rules(config: Config, as_of: date) -> Bind:
    """How rules are bound to a table that has the columns they read."""
    known = rule_vocabulary(config)
    return lambda text, table: known.parse(text).bind(table, as_of)


def bound_calculations(config: Config, as_of: date, response: float | None = None) -> Callable[[str, ir.Table], ir.FloatingValue]:
    """How calculations of a campaign are bound to a table that has the columns they read; ``response`` is the campaign's
    measured one, None = not known."""
    known = rule_vocabulary(config)
    measured = ibis.null("float64") if response is None else ibis.literal(response, "float64")

    def bound(text: str, table: ir.Table) -> ir.FloatingValue:
        columns = {name: table[name] for name in table.columns}
        return known.calculation(text).bind({**columns, MEASURED_RESPONSE.name: measured}, as_of)

    return bound


def stored_definitions(engine: Engine) -> list[SegmentDefinition]:
    """What every segment of the last run means, in words."""
    return [
        SegmentDefinition(str(row["segmentation"]), str(row["segment"]), str(row["definition"]), str(row["description"] or ""))
        for row in engine.rows(engine.table(tables.SEGMENT_DEFINITIONS))
    ]
