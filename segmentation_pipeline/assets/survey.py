"""How reliably surveys measure what they are meant to: Cronbach's alpha of each construct."""

from __future__ import annotations

from segmentation_pipeline.assets.pictures import bars
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.constructs import CONSTRUCT_RELIABILITY_COLUMNS
from segmentation_pipeline.features.catalog import measured_constructs
from segmentation_pipeline.quality.alpha import alpha_rules, check_alpha
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    constructs = measured_constructs(config)
    if not constructs:
        return []
    rules = alpha_rules(constructs)
    return [
        Step(
            table=tables.CONSTRUCT_RELIABILITY,
            compute=_reliability,
            reads=[tables.CUSTOMER_FEATURES],
            thresholds=lambda run: check_alpha(run.engine, constructs),
            threshold_rules={"reliability": rules} if rules else {},
        )
    ]


def _reliability(run: RunContext) -> StepResult:
    from segmentation_pipeline.models.reliability import construct_reliability

    engine, features = run.engine, run.engine.table(tables.CUSTOMER_FEATURES)
    constructs = measured_constructs(run.config)
    engine.write(tables.CONSTRUCT_RELIABILITY, construct_reliability(engine, features, constructs, run.as_of))
    rows = engine.rows(engine.table(tables.CONSTRUCT_RELIABILITY).order_by("construct", "item"))
    shown = [column.name for column in CONSTRUCT_RELIABILITY_COLUMNS if column.name != "as_of"]
    alphas = {str(row["construct"]): row["alpha"] for row in rows if row["alpha"] is not None}
    return StepResult(
        len(rows),
        numbers={f"alpha of {name}": float(alpha) for name, alpha in alphas.items()},
        tables={"items": [{name: row[name] for name in shown} for row in rows]},
        picture=bars([(name, float(alpha)) for name, alpha in alphas.items()], "Cronbach's alpha") if alphas else None,
    )
