"""Which tables a configuration publishes, by name."""

from __future__ import annotations

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.published import published_tables
from segmentation_pipeline.features.catalog import goods_read
from segmentation_pipeline.features.goods import CUSTOMER_CATEGORY_COLUMNS
from segmentation_pipeline.publish.dictionary import DICTIONARY, PUBLICATION


def published_names(config: Config) -> tuple[str, ...]:
    """The published tables, those about the publication included."""
    published = published_tables((), (), (), category_columns(config))
    return tuple(table.name for table in (*published, DICTIONARY, PUBLICATION))


def category_columns(config: Config) -> tuple[Column, ...] | None:
    """The columns of ``customer_categories``; None where categories are not known and there is no such table."""
    return CUSTOMER_CATEGORY_COLUMNS if tables.CUSTOMER_CATEGORIES in goods_read(config) else None
