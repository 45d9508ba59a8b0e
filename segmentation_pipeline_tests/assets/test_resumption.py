"""A run from failure makes what it leaves out, whatever happens on the way."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dagster as dg
import pytest
from dagster._core.storage.tags import RESUME_RETRY_TAG

from segmentation_pipeline.assets.resumption import Resumption
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.clean.project import config


def test_a_step_that_is_tried_again_asks_again_for_what_is_left_out(tmp_path: Path) -> None:
    """The disk fails for a moment while the left-out steps are made: without them the next try would go on upon old tables."""
    made: list[str] = []

    def of(table: str) -> Step:
        def compute(run: RunContext) -> StepResult:
            made.append(table)
            if made == ["clean.orders"]:
                raise OSError("disk")
            return StepResult(0)

        return replace(Step(table, compute, always=True), contracts=[TableContract(table, "A row.")])

    engine = DuckDBEngine(None)
    run = RunContext(Settings(tmp_path), config({"orders": {}}), engine, Validator(engine), date(2026, 6, 30), "1")
    plan = SimpleNamespace(execution_plan=SimpleNamespace(step_keys_to_execute=["shop__totals"]))
    context = SimpleNamespace(
        run=SimpleNamespace(tags={RESUME_RETRY_TAG: "true"}, parent_run_id=None),
        get_step_execution_context=lambda: plan,
        log=logging.getLogger(),
        log_event=lambda event: None,
        partition_key="2026-06-30",
    )
    before = Resumption([of("clean.orders"), of("clean.customers"), of("shop.totals")])
    with pytest.raises(dg.RetryRequested):
        before(cast(Any, context), run)
    before(cast(Any, context), run)
    before(cast(Any, context), run)
    assert made == ["clean.orders", "clean.orders", "clean.customers"]
    engine.close()


def test_a_run_of_some_steps_refuses_what_was_left_of_another_day(tmp_path: Path) -> None:
    """Segments of one day made from the features of another would be written into the history for good."""
    (tmp_path / "orders.csv").write_text("order_id\n")
    engine = DuckDBEngine(None)
    contracts = {table: TableContract(table, "A row.") for table in ("features.customer_features", "segments.customer_profile")}
    features, profile = (
        replace(Step(table, lambda run: StepResult(0)), contracts=[contract]) for table, contract in contracts.items()
    )
    before = Resumption([features, replace(profile, deps=(features.table,))])
    plan = SimpleNamespace(execution_plan=SimpleNamespace(step_keys_to_execute=["segments__customer_profile"]))
    context = SimpleNamespace(run=SimpleNamespace(tags={}), get_step_execution_context=lambda: plan)

    def run_of(day: date) -> RunContext:
        return RunContext(Settings(tmp_path), config({"orders": {}}), engine, Validator(engine), day, "1")

    with pytest.raises(
        dg.Failure, match="customer_features, on which this run rests and which it does not make, was not made yet"
    ):
        before(cast(Any, context), run_of(date(2026, 6, 30)))
    run_of(date(2026, 6, 30)).remember(features.table, StepResult(0))
    before(cast(Any, context), run_of(date(2026, 6, 30)))
    partial = run_of(date(2026, 6, 30))
    before(cast(Any, context), partial)
    partial.complete()
    assert not engine.has(tables.LAST_RUN), "nobody knows how what it left out was made: the next run makes everything anew"
    with pytest.raises(dg.Failure, match=r"made for 2026-06-30, and the run is for 2026-07-01\. Run .* or choose 2026-06-30"):
        before(cast(Any, context), run_of(date(2026, 7, 1)))
    engine.close()
