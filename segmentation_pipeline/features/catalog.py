"""Every column rules, models and published tables may use, for one configuration.

The one registration line of a new family is its entry in ``FAMILIES``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.config.schema import Config, ConstructConfig, SurveyClassesConfig
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.scores import CLUSTERS, CLV_COLUMNS, RFM_COLUMNS, survey_class_columns
from segmentation_pipeline.features.accounts import COMPANY, REPAYMENTS
from segmentation_pipeline.features.advocacy import ADVOCACY
from segmentation_pipeline.features.asked import asked_families
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
from segmentation_pipeline.features.goods import GOODS
from segmentation_pipeline.features.loyalty import LOYALTY
from segmentation_pipeline.features.marketing import MARKETING
from segmentation_pipeline.features.occasions import OCCASIONS
from segmentation_pipeline.features.purchase import PURCHASE
from segmentation_pipeline.features.purchase_time import PURCHASE_TIME
from segmentation_pipeline.features.region_maps import REGION_MAPS
from segmentation_pipeline.features.returns import RETURNS
from segmentation_pipeline.features.rhythm import RHYTHM
from segmentation_pipeline.features.social import SOCIAL
from segmentation_pipeline.features.store_visits import STORE_VISITS
from segmentation_pipeline.features.subscription import SUBSCRIPTION, USAGE
from segmentation_pipeline.features.support import SUPPORT
from segmentation_pipeline.features.survey import SOURCE as SURVEYS
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

CLUSTER_FEATURES = (
    "recency_days",
    "frequency",
    "monetary",
    "average_order_value",
    "tenure_days",
    "gap_mean_days",
    "discount_share",
    "return_rate",
)
"""What clusters are made from when the configuration names nothing else."""

EXTENSION_FEATURES = tuple(name for name in CLUSTER_FEATURES if name != "gap_mean_days")
"""What classes of respondents are inferred from when the configuration names nothing else, with the shares of
categories and channels: numbers every customer with an order has."""

CUSTOMER_ID = Column("customer_id", Type.TEXT, "The customer.", is_key=True)


def families(config: Config) -> tuple[Family, ...]:
    """The families this configuration's sources can feed, windows its rules ask for included."""
    return tuple(family for family in (*FAMILIES, *asked_families(config)) if family.off(config) is None)


def sources_read(config: Config) -> tuple[str, ...]:
    """The sources beside orders, returns, customers and products that features are made from."""
    return tuple(dict.fromkeys(source for family in families(config) for source in family.reads))


def sources_shared(config: Config) -> tuple[str, ...]:
    """The configured sources that families need whole."""
    named = dict.fromkeys(source for family in families(config) for source in family.shared)
    return tuple(source for source in named if config.has(source))


def goods_read(config: Config) -> tuple[str, ...]:
    """The stored tables about order lines that features are made from."""
    named = {family.goods for family in families(config)}
    return tuple(table for table in GOODS if table in named)


def measured_constructs(config: Config) -> dict[str, ConstructConfig]:
    """The constructs of surveys this configuration's sources can feed."""
    available = feature_columns(config)
    return {name: c for name, c in config.pipeline.features.constructs.items() if construct_column(name) in available}


def family_columns(family: Family, config: Config) -> tuple[Column, ...]:
    """The columns of a family whose source columns are mapped."""
    return tuple(f.column for f in family.features(config) if all(is_mapped(config, need) for need in f.needs))


def feature_columns(config: Config) -> dict[str, Column]:
    """All columns of the scored customer table but its key: features, then model scores."""
    columns = {column.name: column for family in families(config) for column in family_columns(family, config)}
    return columns | {column.name: column for column in score_columns(config)}


def score_columns(config: Config) -> tuple[Column, ...]:
    """The columns models add: those of every project, then those of the survey classes that are on."""
    return (
        *RFM_COLUMNS,
        *CLV_COLUMNS,
        *config.cluster_columns,
        *(column for name in survey_classes(config) for column in survey_class_columns(name)),
    )


def survey_classes(config: Config) -> dict[str, SurveyClassesConfig]:
    """The models of classes of respondents whose constructs this configuration's sources can feed."""
    measured = {column.name for family in families(config) for column in family_columns(family, config)}
    return {
        name: model
        for name, model in config.pipeline.models.survey_classes.items()
        if all(construct_column(construct) in measured for construct in model.constructs)
    }


def answer_features(config: Config) -> tuple[str, ...]:
    """The features that come from answers to surveys, from which no class may be inferred."""
    return tuple(c.name for family in families(config) if SURVEYS in family.reads for c in family_columns(family, config))


def extension_features(config: Config, model: SurveyClassesConfig) -> tuple[str, ...]:
    """The features the class of customers without answers is inferred from; none where the model asks for no inference."""
    if model.extend is None:
        return ()
    if model.extend.features is not None:
        return model.extend.features
    available = feature_columns(config)
    shares = (name for name in available if name.startswith(("category_share_", "channel_share_")))
    return (*(name for name in EXTENSION_FEATURES if name in available), *shares)


def unavailable_columns(config: Config) -> dict[str, str]:
    """Columns that are off, with the reason a person can act on."""
    reasons: dict[str, str] = {}
    for family in (*FAMILIES, *asked_families(config)):
        whole = family.off(config)
        for feature in family.features(config):
            missing = [need for need in feature.needs if not is_mapped(config, need)]
            if whole:
                reasons[feature.column.name] = whole
            elif missing:
                reasons[feature.column.name] = f"needs {', '.join(missing)}, which no source maps"
    for name, model in config.pipeline.models.survey_classes.items():
        off = [reasons[column] for column in map(construct_column, model.constructs) if column in reasons]
        reasons |= {column.name: off[0] for column in survey_class_columns(name) if off}
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


def cluster_features(config: Config, model: str = CLUSTERS) -> tuple[str, ...]:
    """The features a cluster model is fitted on: the configured ones, else the customary ones that are on."""
    if (chosen := config.pipeline.models.by_cluster_model[model].features) is not None:
        return chosen
    available = feature_columns(config)
    return tuple(name for name in CLUSTER_FEATURES if name in available)
