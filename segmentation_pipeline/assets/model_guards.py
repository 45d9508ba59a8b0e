"""Warnings about the models of a day as asset checks: what is not credible is null, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.scores import FORECASTS
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.run_context import RunContext

CREDIBLE = Check(
    name="clv_credible",
    table=tables.CLV_SCORES,
    expectation="model_credible",
    arguments={},
    severity="warning",
    description="a model of purchases must have foretold the last days of the history better than if all customers were alike",
    catches=f"Lifetime values that would be noise; then {', '.join(FORECASTS)} are empty, segmentations that read them are off, "
    "and campaigns that rank by them rank by monetary.",
)


def structure_rules(config: Config) -> tuple[Check, ...]:
    """One per cluster model."""
    return tuple(
        Check(
            name=f"{name}_are_types",
            table=tables.CLUSTER_SCORES,
            expectation="model_structure",
            arguments={},
            severity="warning",
            description=f"the clusters of model {name} must part customers better than a cloud without groups is parted",
            catches="Bands of one cloud taken for types of customers: where they are cut is arbitrary.",
        )
        for name in config.pipeline.models.by_cluster_model
    )


def structure_results(run: RunContext, as_of: date) -> list[RuleResult]:
    """Whether the clusters are types; one cluster of everybody claims nothing and holds."""
    from segmentation_pipeline.models.cluster_model import BANDS, ClusterModel
    from segmentation_pipeline.models.registry import champion

    engine, results = run.engine, []
    customers = engine.count(engine.table(tables.CLUSTER_SCORES))
    models = run.config.pipeline.models.by_cluster_model
    for name, rule in zip(models, structure_rules(run.config), strict=True):
        model = ClusterModel.from_parameters(champion(engine, name, as_of))
        result = table_result(rule, model.types or model.is_single, customers, f"{len(model.ids)} clusters")
        results.append(result if result.passed else replace(result, message=f"{result.message}: {BANDS}"))
    return results


def clv_results(run: RunContext, as_of: date) -> list[RuleResult]:
    """Whether anybody has a lifetime value; ``observed`` is the model, the message says why there is none."""
    engine = run.engine
    registry = engine.table(tables.MODEL_REGISTRY)
    [row] = engine.rows(registry.filter(registry.as_of == as_of, registry.model == "clv", registry.is_champion))
    customers = engine.count(engine.table(tables.CLV_SCORES))
    kind = str(row["kind"])
    result = table_result(CREDIBLE, kind != "not_credible" or not customers, customers, kind)
    return [result if result.passed else replace(result, message=f"{result.message}: {row['note']}")]
