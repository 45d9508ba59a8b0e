"""Which tables a configuration publishes, by name."""

from __future__ import annotations

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.published import published_tables
from segmentation_pipeline.features.catalog import families
from segmentation_pipeline.features.categories import CATEGORIES, CUSTOMER_CATEGORY_COLUMNS
from segmentation_pipeline.publish.dictionary import DICTIONARY, PUBLICATION


def published_names(config: Config) -> tuple[str, ...]:
    """The published tables, those about the publication included."""
    categories = CUSTOMER_CATEGORY_COLUMNS if CATEGORIES in families(config) else None
    tables = published_tables((), (), (), categories)
    return tuple(table.name for table in (*tables, DICTIONARY, PUBLICATION))
