"""Warnings on results: each names its campaign, and good results have none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from segmentation_pipeline.assets.campaign_checks import check_campaigns
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.campaign_result_columns import CAMPAIGN_RESULTS_COLUMNS
from segmentation_pipeline.run_context import RunContext

DAY = date(2026, 6, 30)
GOOD: dict[str, Any] = {
    "as_of": DAY,
    "campaign": "spring",
    "wave": "all",
    "segmentation": "all",
    "arm": "treatment",
    "control": "holdout",
    "metric": "revenue",
    "verdict": "works",
    "sample_ratio_holds": True,
    "sample_ratio_p": 0.4,
    "assigned": 900,
    "assigned_control": 100,
    "incremental_high": 50.0,
    "cost": Decimal("20.00"),
    "definition_changed": False,
}


def told(*rows: dict[str, Any]) -> dict[str, str | None]:
    engine = DuckDBEngine(None)
    schema = {column.name: column.type.ibis for column in CAMPAIGN_RESULTS_COLUMNS}
    filled = [GOOD | row for row in rows]
    engine.write(tables.CAMPAIGN_RESULTS, engine.memtable({name: [row.get(name) for row in filled] for name in schema}, schema))
    found = check_campaigns(cast(RunContext, SimpleNamespace(engine=engine, as_of=DAY)))
    engine.close()
    return {result.rule.name: result.message for result in found if not result.passed}


def test_good_results_warn_of_nothing_and_a_segment_alone_does_not() -> None:
    assert told({}, {"verdict": "harms", "segmentation": "value_tier", "segment": "gold"}) == {}


def test_more_who_unsubscribe_than_of_those_kept_out_are_a_warning() -> None:
    row = {"metric": "unsubscribe", "verdict": "harms", "mean": 0.031, "mean_control": 0.002, "cost": None}
    [(rule, message)] = told({}, row).items()
    assert rule == "campaigns_do_no_harm"
    assert "spring (all), treatment: unsubscribe 0.031 per person, 0.002 of those kept out" in str(message)


def test_a_broken_ratio_a_loss_and_a_changed_definition_are_warnings() -> None:
    found = told({"sample_ratio_holds": False, "sample_ratio_p": 1e-6}, {"cost": Decimal("60.00")}, {"definition_changed": True})
    assert set(found) == {"sample_ratios_hold", "campaigns_pay", "definitions_are_kept"}
