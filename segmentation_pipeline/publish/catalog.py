"""Which tables a configuration publishes: the one list that publication, dictionary and destinations go by."""

from __future__ import annotations

from segmentation_pipeline.clean.account import ROW_ACCOUNTING_COLUMNS
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.constructs import CONSTRUCT_TABLES
from segmentation_pipeline.contracts.identity import IDENTITY_TABLES
from segmentation_pipeline.contracts.published import PublishedTable, published_tables
from segmentation_pipeline.features.catalog import feature_columns, goods_read, measured_constructs
from segmentation_pipeline.features.goods import CUSTOMER_CATEGORY_COLUMNS
from segmentation_pipeline.publish.dictionary import DICTIONARY, PUBLICATION
from segmentation_pipeline.segmentations.rule_binding import segmentation_columns


def published(config: Config) -> tuple[PublishedTable, ...]:
    """The published tables of a configuration but the two about the publication itself."""
    return _published(config, tuple(feature_columns(config).values()), segmentation_columns(config))


def published_names(config: Config) -> tuple[str, ...]:
    """The names of all published tables, those about the publication included; also of a configuration whose
    segmentations cannot be used."""
    return tuple(table.name for table in (*_published(config, (), ()), DICTIONARY, PUBLICATION))


def _published(
    config: Config, feature_columns: tuple[Column, ...], segmentation_columns: tuple[Column, ...]
) -> tuple[PublishedTable, ...]:
    of_identity = IDENTITY_TABLES if config.has("identities") else ()
    of_constructs = CONSTRUCT_TABLES if measured_constructs(config) else ()
    # Where categories are not known there is no table of them.
    categories = CUSTOMER_CATEGORY_COLUMNS if tables.CUSTOMER_CATEGORIES in goods_read(config) else None
    others = published_tables(feature_columns, segmentation_columns, ROW_ACCOUNTING_COLUMNS, categories)
    return of_identity + of_constructs + others
