"""Every feature rules, models and published tables may use, for one configuration.

The one registration line of a new family is its entry in ``FAMILIES``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.config.schema import Config, ConstructConfig
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.features.accounts import COMPANY, REPAYMENTS
from segmentation_pipeline.features.advocacy import ADVOCACY
from segmentation_pipeline.features.available_columns import ATTRIBUTES
from segmentation_pipeline.features.baskets import BASKET, MARGIN
from segmentation_pipeline.features.brands import BRANDS
from segmentation_pipeline.features.categories import CATEGORIES
from segmentation_pipeline.features.channel_pattern import CHANNEL_PATTERN, RESEARCH
from segmentation_pipeline.features.channels import CHANNELS
from segmentation_pipeline.features.culture import CULTURE
from segmentation_pipeline.features.demographics import DEMOGRAPHICS
from segmentation_pipeline.features.discounts import DISCOUNTS
from segmentation_pipeline.features.email import EMAIL
from segmentation_pipeline.features.family import Family, is_mapped
from segmentation_pipeline.features.geography import GEOGRAPHY
from segmentation_pipeline.features.loyalty import LOYALTY
from segmentation_pipeline.features.marketing import MARKETING
from segmentation_pipeline.features.occasions import OCCASIONS
from segmentation_pipeline.features.order_line_aggregates import ORDER_LINE_AGGREGATES
from segmentation_pipeline.features.purchase import PURCHASE
from segmentation_pipeline.features.purchase_time import PURCHASE_TIME
from segmentation_pipeline.features.region_maps import REGION_MAPS
from segmentation_pipeline.features.returns import RETURNS
from segmentation_pipeline.features.rhythm import RHYTHM
from segmentation_pipeline.features.rule_windows import rule_window_families
from segmentation_pipeline.features.social import SOCIAL
from segmentation_pipeline.features.store_visits import STORE_VISITS
from segmentation_pipeline.features.subscription import SUBSCRIPTION, USAGE
from segmentation_pipeline.features.support import SUPPORT
from segmentation_pipeline.features.survey import SURVEY, construct_column
from segmentation_pipeline.features.web import WEB
from segmentation_pipeline.features.windows import WINDOWS

FAMILIES: tuple[Family, ...] = (
    PURCHASE,
    RHYTHM,
    WINDOWS,
    PURCHASE_TIME,
    DISCOUNTS,
    RETURNS,
    CHANNELS,
    CHANNEL_PATTERN,
    CATEGORIES,
    BRANDS,
    BASKET,
    MARGIN,
    WEB,
    STORE_VISITS,
    RESEARCH,
    MARKETING,
    EMAIL,
    SOCIAL,
    ADVOCACY,
    SURVEY,
    SUPPORT,
    LOYALTY,
    SUBSCRIPTION,
    USAGE,
    COMPANY,
    REPAYMENTS,
    DEMOGRAPHICS,
    CULTURE,
    OCCASIONS,
    REGION_MAPS,
    GEOGRAPHY,
)


def families(config: Config) -> tuple[Family, ...]:
    """The families this configuration's sources can feed, windows its rules ask for included."""
    return tuple(family for family in (*FAMILIES, *rule_window_families(config)) if family.off(config) is None)


def sources_read(config: Config) -> tuple[str, ...]:
    """The sources beside orders, returns, customers and products that features are made from."""
    return tuple(dict.fromkeys(source for family in families(config) for source in family.reads))


def sources_shared(config: Config) -> tuple[str, ...]:
    """The configured sources that families need whole."""
    named = dict.fromkeys(source for family in families(config) for source in family.shared)
    return tuple(source for source in named if config.has(source))


def sources_of_features(config: Config) -> tuple[str, ...]:
    """All configured sources that features are made from: a change in any of them may concern somebody's row."""
    lines = ("order_items", "products") if order_line_aggregates_read(config) else ()
    named = dict.fromkeys(("orders", "customers", "returns", *lines, *sources_read(config), *sources_shared(config)))
    return tuple(name for name in named if config.has(name))


def order_line_aggregates_read(config: Config) -> tuple[str, ...]:
    """The stored tables about order lines that features are made from."""
    named = {family.order_line_aggregate for family in families(config)}
    return tuple(table for table in ORDER_LINE_AGGREGATES if table in named)


def measured_constructs(config: Config) -> dict[str, ConstructConfig]:
    """The constructs of surveys this configuration's sources can feed."""
    available = feature_columns(config)
    return {name: c for name, c in config.pipeline.features.constructs.items() if construct_column(name) in available}


def family_columns(family: Family, config: Config) -> tuple[Column, ...]:
    """The columns of a family whose source columns are mapped."""
    return tuple(f.column for f in family.features(config) if all(is_mapped(config, need) for need in f.needs))


def feature_columns(config: Config) -> dict[str, Column]:
    """All columns of ``customer_features`` but its key; ``models.catalog.customer_columns`` has the scores too."""
    return {column.name: column for family in families(config) for column in family_columns(family, config)}


def behaviour_columns(config: Config) -> dict[str, Column]:
    """The features a shop or a customer can move: what was done.  No personal attribute, nor time that passes by itself."""
    behaviour = [family for family in families(config) if family.is_behaviour]
    moved = {each.column.name for family in behaviour for each in family.features(config) if each.is_behaviour}
    return {name: column for name, column in feature_columns(config).items() if name in moved and name not in ATTRIBUTES}


def unavailable_columns(config: Config) -> dict[str, str]:
    """Features that are off, with the reason a person can act on."""
    reasons: dict[str, str] = {}
    for family in (*FAMILIES, *rule_window_families(config)):
        whole = family.off(config)
        for feature in family.features(config):
            missing = [need for need in feature.needs if not is_mapped(config, need)]
            if whole:
                reasons[feature.column.name] = whole
            elif missing:
                reasons[feature.column.name] = f"needs {', '.join(missing)}, which no source maps"
    return reasons


def columns_no_file_feeds(config: Config, of_files: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Columns that are on and can hold nothing, since no file has what they are made from, with the reason.

    ``of_files`` has the columns in the files of each source; nothing is said of sources it lacks.
    """
    reasons = {}
    for family in families(config):
        for feature in family.features(config):
            for need in feature.needs:
                source, column = need.split(".")
                if not config.has(source):
                    continue  # off already
                source = config.sources[source].derive_from or source
                if source in of_files and column not in of_files[source]:
                    near = did_you_mean(column, of_files[source]) or f"it has {', '.join(of_files[source])}"
                    reasons[feature.column.name] = (
                        f"it needs {source}.{column}, which no file of the source has ({near}); "
                        f"map the column under sources.{source}.columns in sources.yaml"
                    )
    return reasons
