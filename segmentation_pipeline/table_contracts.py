"""Every table of the pipeline, once: what is published, drawn, checked and written by whom is derived from this list.

A table of its own file brings its contract with it; a new one is a line in ``TABLES`` or in the catalogue of its room.
"""

from __future__ import annotations

from functools import partial

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.campaign_tables import CAMPAIGN_TABLES
from segmentation_pipeline.contracts.columns import AS_OF, CUSTOMER_ID, Column
from segmentation_pipeline.contracts.constructs import CONSTRUCT_RELIABILITY_COLUMNS
from segmentation_pipeline.contracts.identity import IDENTITY_TABLES
from segmentation_pipeline.contracts.measurement_tables import MEASUREMENT_TABLES
from segmentation_pipeline.contracts.model_tables import REGISTRY_TABLES
from segmentation_pipeline.contracts.privacy_tables import PRIVACY_TABLES
from segmentation_pipeline.contracts.publication_tables import PUBLICATION_TABLES
from segmentation_pipeline.contracts.quality_tables import QUALITY_TABLES
from segmentation_pipeline.contracts.recommendation_tables import (
    CUSTOMER_RECOMMENDATIONS_COLUMNS,
    PRODUCT_ASSOCIATIONS_COLUMNS,
)
from segmentation_pipeline.contracts.segment_tables import SEGMENT_TABLES
from segmentation_pipeline.contracts.source_tables import LOADING_TABLES, source_contracts
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.table import TableContract, working_table
from segmentation_pipeline.features.calendar import calendar_columns, has_calendar
from segmentation_pipeline.features.catalog import families, family_columns, measured_constructs, order_line_aggregates_read
from segmentation_pipeline.features.order_line_aggregates import ORDER_LINE_AGGREGATES
from segmentation_pipeline.identity.canonical import sources_by_customer
from segmentation_pipeline.ingest.known_noes import LEDGERS
from segmentation_pipeline.measurement.catalog import MEASUREMENTS
from segmentation_pipeline.models.catalog import SCORE_MODELS, customer_columns, score_columns
from segmentation_pipeline.models.next_product_scores import NEXT_PRODUCT
from segmentation_pipeline.models.score_model import ScoreModel
from segmentation_pipeline.segmentations.rule_binding import segmentation_columns

_ANALYTICS, _CRM = "team:analytics", "team:crm"


def _is_read(table: str, config: Config) -> bool:
    return table in order_line_aggregates_read(config)


def _feature_table_columns(config: Config) -> tuple[Column, ...]:
    return (CUSTOMER_ID, *(column for family in families(config) for column in family_columns(family, config)))


def _profile_columns(config: Config) -> tuple[Column, ...]:
    return (AS_OF, CUSTOMER_ID, *customer_columns(config).values(), *segmentation_columns(config))


def _columns_of_model(model: ScoreModel, config: Config) -> tuple[Column, ...]:
    return (CUSTOMER_ID, *model.columns(config))


def _is_on(model: ScoreModel, config: Config) -> bool:
    return bool(model.columns(config))


FEATURE_TABLES = (
    TableContract(
        tables.DIRTY_CUSTOMERS,
        "A customer whose rows this run makes anew: something of theirs came, went or changed, or left a window.",
    ),
    TableContract(
        tables.ORDER_FACTS,
        "One row per customer with orders: every sum the feature families need, from one pass over the orders.",
        key=("customer_id",),
    ),
    *(
        TableContract(
            table,
            aggregate.description,
            aggregate.columns,
            key=aggregate.key,
            when=partial(_is_read, table),
            published=aggregate.published,
        )
        for table, aggregate in ORDER_LINE_AGGREGATES.items()
    ),
    TableContract(
        tables.CALENDAR,
        "A row is a day and place: the windows of occasions it lies in, and the next public holiday.",
        key=("place", "day"),
        columns_of=calendar_columns,
        when=has_calendar,
    ),
    TableContract(
        tables.HOLIDAY_REGIONS,
        "A row is a country or part of it whose public holidays are known.",
        when=has_calendar,
        writer=tables.CALENDAR,
    ),
    TableContract(
        tables.CUSTOMER_STATE,
        "One row per customer known at as_of: every feature but those that move with the calendar.",
        key=("customer_id",),
    ),
    TableContract(
        tables.CUSTOMER_FEATURES,
        "One row per customer known at as_of, a column per feature.",
        key=("customer_id",),
        columns_of=_feature_table_columns,
        checked=True,
    ),
)
SCORE_TABLES = (
    TableContract(
        tables.CUSTOMER_SCORES,
        "A customer with the scores of all models of the day, which are computed here and read everywhere else.",
        key=("customer_id",),
        columns_of=lambda config: (CUSTOMER_ID, *score_columns(config)),
        owner=_ANALYTICS,
    ),
    *(
        TableContract(
            model.table,
            model.description,
            key=("customer_id",),
            columns_of=partial(_columns_of_model, model),
            when=partial(_is_on, model),
            checked=True,
            owner=_ANALYTICS,
        )
        for model in SCORE_MODELS
    ),
    TableContract(
        tables.CONSTRUCT_RELIABILITY,
        "An item of a construct that surveys measure: how well the items fit together.",
        CONSTRUCT_RELIABILITY_COLUMNS,
        key=("construct", "item"),
        when=lambda config: bool(measured_constructs(config)),
        published=True,
        owner=_ANALYTICS,
    ),
)
RECOMMENDATION_TABLES = (
    TableContract(
        tables.PRODUCT_ASSOCIATIONS,
        "A pair of products at as_of: how strongly the other goes with the first, in one order or after it.",
        PRODUCT_ASSOCIATIONS_COLUMNS,
        key=("kind", "occasion", "product_id", "other_id"),
        when=partial(_is_on, NEXT_PRODUCT),
        published=True,
        checked=True,
        owner=_ANALYTICS,
    ),
    TableContract(
        tables.CUSTOMER_RECOMMENDATIONS,
        "A product on a customer's list at as_of: what the customer is likely to buy next, and why.",
        CUSTOMER_RECOMMENDATIONS_COLUMNS,
        key=("customer_id", "rank"),
        when=partial(_is_on, NEXT_PRODUCT),
        published=True,
        checked=True,
        owner=_ANALYTICS,
    ),
)
PROFILE = TableContract(
    tables.CUSTOMER_PROFILE,
    "A customer: features, model scores and segments; no personal data.",
    key=("customer_id",),
    columns_of=_profile_columns,
    published=True,
    owner=_CRM,
)
TABLES = (
    *LOADING_TABLES,
    *IDENTITY_TABLES,
    *PRIVACY_TABLES,
    *FEATURE_TABLES,
    *REGISTRY_TABLES,
    *SCORE_TABLES,
    *RECOMMENDATION_TABLES,
    PROFILE,
    *SEGMENT_TABLES,
    *CAMPAIGN_TABLES,
    *MEASUREMENT_TABLES,
    *QUALITY_TABLES,
    *(measurement.contract for measurement in MEASUREMENTS),
    *PUBLICATION_TABLES,
)
"""All but those of the sources, which are the same for each, and assets that are no table."""


def contracts(config: Config) -> dict[str, TableContract]:
    """The tables a configuration has, with their columns, by name."""
    return {each.table: each.of(config) for each in (*_of_sources(config), *_of_list(config))}


def published(config: Config) -> tuple[TableContract, ...]:
    """The published tables of a configuration but the two about the publication itself."""
    return tuple(each.of(config) for each in _of_list(config) if each.published and each.writer != tables.PUBLICATION)


def published_names(config: Config) -> tuple[str, ...]:
    """The names of all published tables, those about the publication included; also of a configuration whose
    segmentations cannot be used."""
    return tuple(each.name for each in _of_list(config) if each.published)


def _of_list(config: Config) -> list[TableContract]:
    return [each for each in TABLES if each.when(config)]


def _of_sources(config: Config) -> list[TableContract]:
    found: list[TableContract] = []
    for name in config.cleaning_order:
        derived = config.sources[name].derive_from is not None
        found += source_contracts(SOURCES[name], derived=derived, is_ledger=name in LEDGERS)
    merged = [tables.by_customer(name) for name in sources_by_customer(config)]
    merged += [tables.PII_BY_CUSTOMER] if config.has("identities") and config.has("customers") else []
    return found + [working_table(table, tables.by_customer.description, tables.CUSTOMER_IDENTITY) for table in merged]
