"""Clusters as a model: the default one every project has, and those of ``models.cluster_models``.

Belongs here: what the rest of the program asks.  Fitting is in ``clusters.py``, who is champion in ``cluster_champion.py``;
they are imported where they are used: a configuration loads without scikit-learn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.scores import CLUSTERS as DEFAULT
from segmentation_pipeline.contracts.scores import MIXTURE, cluster_columns
from segmentation_pipeline.features.available_columns import NUMERIC, Catalog
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.models.registry import ModelVersion, Training
from segmentation_pipeline.models.score_model import (
    Fitted,
    Outcome,
    ScoreModel,
    Scoring,
    Sizes,
    Summary,
    TrainingData,
    Validation,
    sizes_of,
)

if TYPE_CHECKING:
    from segmentation_pipeline.models.cluster_model import ClusterModel

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


class ClusterScores(ScoreModel):
    name = DEFAULT
    table = tables.CLUSTER_SCORES
    description = "The cluster of a customer in each cluster model and the distance to its centre."
    validated_by = "structure"

    def columns(self, config: Config) -> tuple[Column, ...]:
        models = config.pipeline.models.by_cluster_model
        return tuple(column for name, model in models.items() for column in cluster_columns(name, model.kind))

    def reads(self, config: Config) -> tuple[str, ...]:
        return tuple(dict.fromkeys(feature for name in self.versions(config) for feature in cluster_features(config, name)))

    def versions(self, config: Config) -> tuple[str, ...]:
        return tuple(config.pipeline.models.by_cluster_model)

    def named(self, config: Config) -> Mapping[str, KeyPath]:
        return {name: ("models", "cluster_models", name) for name in config.pipeline.models.cluster_models}

    def fit(self, data: TrainingData) -> Fitted:
        """Of each cluster model the champion of the day and, where there was one, its challenger; and what a change of
        champion did to the clusters, as rows of ``CLUSTER_CHANGES``."""
        from segmentation_pipeline.models.cluster_champion import contest, past_of
        from segmentation_pipeline.models.cluster_identity import changes_table

        engine, config, as_of = data.engine, data.config, data.training.as_of
        versions, changes = [], {}
        for name, settings in config.pipeline.models.by_cluster_model.items():
            past = past_of(engine, data.registry, name, as_of) if data.registry is not None else None
            wanted = cluster_features(config, name)
            held = contest(engine, data.features, past, wanted, settings, config.privacy.salt, as_of)
            kept = ModelVersion.kept(held.kept, as_of) if held.kept else None
            versions.append(kept or _version(data.training, name, wanted, held.champion, is_champion=True))
            if held.challenger:
                versions.append(_version(data.training, name, wanted, held.challenger, is_champion=False))
            changes[name] = held.changes
        figures = {"silhouette by number of clusters": silhouettes} if (silhouettes := _silhouettes(versions)) else {}
        since = {f"{each.model}: champion since": str(each.trained_to) for each in versions if each.is_champion}
        return Fitted(versions, {tables.CLUSTER_CHANGES: changes_table(engine, changes, as_of)}, since, figures)

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.cluster_model import ClusterModel, with_clusters

        for name in self.versions(scoring.config):
            customers = with_clusters(customers, ClusterModel.from_parameters(scoring.registered(name)), name)
        return customers

    def problems(self, config: Config, features: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
        """A further model of the default one's name; features that are no number, nor for k-means a text or truth value."""
        named = self.named(config)
        if DEFAULT in named:
            yield file.problem(named[DEFAULT], f"the name '{DEFAULT}', which the model of models.{DEFAULT} bears", "another name")
        for model, clusters in config.pipeline.models.by_cluster_model.items():
            takes_categories = clusters.kind != MIXTURE
            types = (*NUMERIC, Type.TEXT, Type.BOOLEAN) if takes_categories else NUMERIC
            what = "numeric, text or truth value" if takes_categories else "numeric"
            for position, name in enumerate(clusters.features or ()):
                if wrong := features.missing(name, types, what):
                    yield file.problem((*named.get(model, ("models", DEFAULT)), "features", position), *wrong)

    def validations(self, config: Config) -> tuple[Validation, ...]:
        """One per cluster model."""
        return tuple(
            Validation(
                name=f"{name}_are_types",
                version=name,
                expectation="model_structure",
                description=f"the clusters of model {name} must part customers better than a cloud without groups is parted",
                catches="Bands of one cloud taken for types of customers: where they are cut is arbitrary.",
                outcome=_are_types,
            )
            for name in self.versions(config)
        )

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        sizes = sizes_of(scoring.engine, scores, "cluster")
        return Summary(scoring.engine.count(scores), sizes={"customers by cluster": sizes})


def cluster_features(config: Config, model: str = DEFAULT) -> tuple[str, ...]:
    """The features a cluster model is fitted on: the configured ones, else the customary ones that are on."""
    if (chosen := config.pipeline.models.by_cluster_model[model].features) is not None:
        return chosen
    available = feature_columns(config)
    return tuple(name for name in CLUSTER_FEATURES if name in available)


def _version(training: Training, name: str, reads: tuple[str, ...], model: ClusterModel, *, is_champion: bool) -> ModelVersion:
    parameters, rows = model.to_parameters(), model.training_rows
    return training.version(name, model.shape.kind, reads, parameters, rows, model.metrics, model.note, is_champion)


def _silhouettes(versions: Sequence[ModelVersion]) -> Sizes:
    """Of the default model, by the number of clusters that was tried."""
    return [
        (name.removeprefix("silhouette_") + " clusters", value)
        for made in versions
        if made.model == DEFAULT and made.is_champion
        for name, value in made.metrics.items()
        if name.startswith("silhouette_") and value is not None
    ]


def _are_types(champion: Mapping[str, Any], customers: int) -> Outcome:
    """Whether the clusters are types; one cluster of everybody claims nothing and holds."""
    from segmentation_pipeline.models.cluster_model import BANDS, ClusterModel

    model = ClusterModel.from_parameters(json.loads(champion["parameters"]))
    return Outcome(model.types or model.is_single, f"{len(model.ids)} clusters", BANDS)


CLUSTERS = ClusterScores()
