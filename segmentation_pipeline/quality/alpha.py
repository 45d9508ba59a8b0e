"""Checks that are no row's fault: do the items of each construct measure one thing?"""

from __future__ import annotations

from collections.abc import Mapping

from segmentation_pipeline.config.schema import ConstructConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result


def alpha_rules(constructs: Mapping[str, ConstructConfig]) -> list[Check]:
    """One rule per construct of several items; one item alone has no alpha."""
    return [
        Check(
            name=f"{name}_is_reliable",
            table=tables.CONSTRUCT_RELIABILITY,
            expectation="cronbachs_alpha",
            arguments={"construct": name, "min_alpha": construct.min_alpha},
            severity="warning",
            description=f"Cronbach's alpha of {name} must be at least {construct.min_alpha:g}",
            catches="Items that do not measure one thing, or one that asks for the opposite and is not listed as reversed.",
        )
        for name, construct in constructs.items()
        if len(construct.items) > 1
    ]


def check_alpha(engine: Engine, constructs: Mapping[str, ConstructConfig]) -> list[RuleResult]:
    """The rules of ``alpha_rules`` on the day's ``construct_reliability``."""
    found = {str(row["construct"]): row for row in engine.rows(engine.table(tables.CONSTRUCT_RELIABILITY))}
    results = []
    for rule in alpha_rules(constructs):
        row = found[str(rule.arguments["construct"])]
        respondents = int(row["respondents"])
        if row["alpha"] is None:
            told, passed = "none: too few respondents, or answers that do not differ", False
        else:
            alpha = float(row["alpha"])
            told, passed = f"{alpha:.3f}", alpha >= float(str(rule.arguments["min_alpha"]))
        results.append(table_result(rule, passed, respondents, f"{told} of {respondents} respondents"))
    return results
