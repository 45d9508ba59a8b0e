"""What models must have shown on data they had not seen, as asset checks that warn and say what is not credible."""

from __future__ import annotations

from dataclasses import replace

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.models.registry import champions
from segmentation_pipeline.models.score_model import ScoreModel
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.run_context import RunContext


def validation_checks(model: ScoreModel, config: Config) -> tuple[Check, ...]:
    """One per validation of the model."""
    return tuple(
        Check(
            name=each.name,
            table=model.table,
            expectation=each.expectation,
            arguments={},
            severity="warning",
            description=each.description,
            catches=each.catches,
        )
        for each in model.validations(config)
    )


def validation_results(model: ScoreModel, run: RunContext) -> list[RuleResult]:
    """What the validations say of the versions that score the day; the message of one that fails says what to know."""
    engine, config, results = run.engine, run.config, []
    validations = model.validations(config)
    if not validations:
        return []
    rows, customers = champions(engine, run.as_of), engine.count(engine.table(model.table))
    for each, check in zip(validations, validation_checks(model, config), strict=True):
        outcome = each.outcome(rows[each.version], customers)
        result = table_result(check, outcome.holds, customers, outcome.observed)
        results.append(result if result.passed else replace(result, message=f"{result.message}: {outcome.explanation}"))
    return results
