"""Which tables a configuration publishes, by name."""

from __future__ import annotations

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.published import published_tables
from segmentation_pipeline.features.catalog import families
from segmentation_pipeline.features.categories import CATEGORIES, CUSTOMER_CATEGORY_COLUMNS
from segmentation_pipeline.publish.dictionary import DICTIONARY, PUBLICATION


def published_names(config: Config) -> tuple[str, ...]:
    """The published tables, those about the publication included."""
    tables = published_tables((), (), (), category_columns(config))
    return tuple(table.name for table in (*tables, DICTIONARY, PUBLICATION))


def category_columns(config: Config) -> tuple[Column, ...] | None:
    """The columns of ``customer_categories``; None where categories are not known and there is no such table."""
    return CUSTOMER_CATEGORY_COLUMNS if CATEGORIES in families(config) else None
