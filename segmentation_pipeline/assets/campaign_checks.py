"""What of the results of campaigns somebody should look at: warnings, each with the campaigns it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.verdicts import HARMS
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, table_result
from segmentation_pipeline.run_context import RunContext

Row = Mapping[str, Any]
_RATIO, _PAYS, _HARMS, _KEPT = "sample_ratio", "campaign_pays", "campaign_harms", "definition_kept"
_WORDS = {
    _RATIO: (
        "sample_ratios_hold",
        "people must be divided among the arms of a campaign as planned",
        "A draw, a filter or a delivery that lost people of one arm: what differs may be who they are.",
    ),
    _PAYS: (
        "campaigns_pay",
        "no campaign may cost more than the most it can have brought",
        "A campaign that loses money: the upper end of its interval is below its cost.",
    ),
    _HARMS: (
        "campaigns_do_no_harm",
        "no campaign may surely make a metric worse than it is without",
        "A campaign after which more people unsubscribe, complain or stay away than of those kept out.",
    ),
    _KEPT: (
        "definitions_are_kept",
        "the measurement of a campaign must be the one it started with",
        "A metric, window or share that was changed when results were known already.",
    ),
}
CAMPAIGN_RULES = tuple(
    Check(
        name=name,
        table=tables.CAMPAIGN_RESULTS,
        expectation=kind,
        arguments={},
        severity="warning",
        description=words,
        catches=why,
    )
    for kind, (name, words, why) in _WORDS.items()
)


def check_campaigns(run: RunContext) -> list[RuleResult]:
    """The rules on the day's results, in the order of ``CAMPAIGN_RULES``."""
    results = run.engine.table(tables.CAMPAIGN_RESULTS)
    asked = results.filter(results.as_of == run.as_of, results.segmentation == ALL)
    rows = run.engine.rows(asked.order_by("campaign", "wave", "arm", "metric"))
    judges: dict[str, Callable[[Row], str | None]] = {_RATIO: _divided, _PAYS: _lost, _HARMS: _harmed, _KEPT: _changed}
    found = []
    for rule in CAMPAIGN_RULES:
        told = list(dict.fromkeys(words for row in rows if (words := judges[rule.expectation](row))))
        found.append(table_result(rule, not told, len(rows), "; ".join(told) or None))
    return found


def _divided(row: Row) -> str | None:
    if row["sample_ratio_holds"] is not False:
        return None
    counts = f"{row['assigned']:,} in {row['arm']}, {row['assigned_control'] or 0:,} in {row['control'] or 'the control'}"
    return f"{row['campaign']} ({row['wave']}): {counts}, p {row['sample_ratio_p']:.1g}"


def _lost(row: Row) -> str | None:
    high, cost = row["incremental_high"], row["cost"]
    if row["metric"] not in ("revenue", "margin") or high is None or cost is None or high >= float(cost):
        return None
    return f"{row['campaign']} ({row['wave']}), {row['arm']}: cost {cost:,.2f}, brought {high:,.2f} of {row['metric']} at most"


def _harmed(row: Row) -> str | None:
    if row["verdict"] != HARMS:
        return None
    means = f"{row['mean']:.4g} per person, {row['mean_control']:.4g} of those kept out"
    return f"{row['campaign']} ({row['wave']}), {row['arm']}: {row['metric']} {means}"


def _changed(row: Row) -> str | None:
    return f"{row['campaign']} is measured otherwise than when it started" if row["definition_changed"] else None
