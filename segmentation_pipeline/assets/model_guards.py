"""Warnings about the models of a day as asset checks: what is not credible is null, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.scores import FORECASTS
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.quality.rule import Rule
from segmentation_pipeline.session import Session

CREDIBLE = Rule(
    name="clv_credible",
    table=tables.CLV_SCORES,
    expectation="model_credible",
    arguments={},
    severity="warning",
    description="a model of purchases must have foretold the last days of the history better than if all customers were alike",
    catches=f"Lifetime values that would be noise; then {', '.join(FORECASTS)} are empty, segmentations that read them are off, "
    "and campaigns that rank by them rank by monetary.",
)


def clv_results(session: Session, as_of: date) -> list[RuleResult]:
    """Whether anybody has a lifetime value; ``observed`` is the model, the message says why there is none."""
    engine = session.engine
    registry = engine.table(tables.MODEL_REGISTRY)
    [row] = engine.rows(registry.filter(registry.as_of == as_of, registry.model == "clv", registry.is_champion))
    customers = engine.count(engine.table(tables.CLV_SCORES))
    kind = str(row["kind"])
    result = table_result(CREDIBLE, kind != "not_credible" or not customers, customers, kind)
    return [result if result.passed else replace(result, message=f"{result.message}: {row['note']}")]
