"""Every model there is, and what all of them together add to a customer.

The one registration line of a new model is its entry in ``SCORE_MODELS``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache

import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config, ModelsConfig
from segmentation_pipeline.config.schema.composed import with_field
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.features import catalog as features
from segmentation_pipeline.features.available_columns import Catalog, forbidden_columns
from segmentation_pipeline.models.affinity_scores import AFFINITY
from segmentation_pipeline.models.cluster_scores import CLUSTERS
from segmentation_pipeline.models.clv_scores import CLV
from segmentation_pipeline.models.next_product_scores import NEXT_PRODUCT
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.models.rfm_scores import RFM
from segmentation_pipeline.models.score_model import ScoreModel, Scoring
from segmentation_pipeline.models.survey_class_scores import SURVEY_CLASSES
from segmentation_pipeline.models.unusual_change_scores import UNUSUAL_CHANGE
from segmentation_pipeline.models.uplift_scores import UPLIFT

SCORE_MODELS: tuple[ScoreModel, ...] = (
    RFM,
    CLV,
    CLUSTERS,
    SURVEY_CLASSES,
    PREDICTIONS,
    UPLIFT,
    NEXT_PRODUCT,
    AFFINITY,
    UNUSUAL_CHANGE,
)


@cache
def models_config() -> type[ModelsConfig]:
    """``models`` of ``pipeline.yaml`` with the keys that models bring."""
    made = ModelsConfig
    for model in SCORE_MODELS:
        if model.keys is not None:
            made = with_field(made, model.name, model.keys, model.keys())
    return made


def models_of(config: Config) -> tuple[ScoreModel, ...]:
    """The models that are on."""
    return tuple(model for model in SCORE_MODELS if model.columns(config))


def score_columns(config: Config) -> tuple[Column, ...]:
    """The columns models add, in the order in which they score."""
    return tuple(column for model in SCORE_MODELS for column in model.columns(config))


def customer_columns(config: Config) -> dict[str, Column]:
    """All columns of the scored customer table but its key: features, then model scores."""
    return features.feature_columns(config) | {column.name: column for column in score_columns(config)}


def unavailable_columns(config: Config) -> dict[str, str]:
    """Columns that are off, with the reason a person can act on."""
    off = features.unavailable_columns(config)
    return off | {name: reason for model in SCORE_MODELS for name, reason in model.unavailable(config, off).items()}


def available_columns(config: Config, of_files: Mapping[str, Collection[str]] | None = None) -> Catalog:
    """The catalogue of the feature families and models for this configuration; ``of_files`` has the columns in the
    files of sources without a mapping."""
    unfed = features.columns_no_file_feeds(config, of_files or {})
    columns = {name: column for name, column in customer_columns(config).items() if name not in unfed}
    return Catalog(columns, unfed | forbidden_columns(config) | unavailable_columns(config))


def model_problems(config: Config, catalog: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
    """Names that two models would bear, and what each model finds wrong with its keys."""
    measured = catalog.without({column.name: "is itself made by a model" for column in score_columns(config)})
    taken = {name for model in SCORE_MODELS for name in model.versions(config) if name not in model.named(config)}
    for model in SCORE_MODELS:
        for name, path in model.named(config).items():
            if name in taken:
                yield file.problem(path, f"the name '{name}', which another model bears", "another name")
        taken |= {*model.versions(config)}
        yield from model.problems(config, measured, file)


def scored_customers(customers: ir.Table, scoring: Scoring) -> ir.Table:
    """``customers``, one row each with their features, with the scores of the day's models as one expression."""
    for model in models_of(scoring.config):
        customers = model.score(customers, scoring)
    return customers


def unpublished_columns(config: Config, registered: Registered) -> frozenset[str]:
    """The columns that are null for everybody because no credible model stands behind them on the day."""
    return frozenset(column for model in models_of(config) for column in model.unpublished(config, registered))
