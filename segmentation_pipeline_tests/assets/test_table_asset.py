"""How steps are put together: what each writes follows from contracts, what it comes after from what it reads."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import ibis
import pytest

from segmentation_pipeline.assets.table_asset import Step, run_step, wired
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract, working_table
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.rule_templates import not_null
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.clean.project import config


def made(run: RunContext) -> StepResult:
    return StepResult(0)


ORDERS = TableContract("clean.orders", "An order.")
KEYS = working_table("clean.keys", "A key.", "clean.orders")
CHANGES = TableContract("clean.changes", "A change.", writer="clean.orders")
TOTALS = TableContract("shop.totals", "A total.")
COUNTS = TableContract("quality.counts", "A count.", of_steps=True)


def put_together(*steps: Step, contracts: Sequence[TableContract]) -> dict[str, Step]:
    return {step.table: step for step in wired(steps, {each.table: each for each in contracts}, {})}


def test_a_step_writes_what_names_it_and_comes_after_the_assets_its_reads_come_with() -> None:
    steps = put_together(
        Step("clean.orders", made),
        Step("shop.totals", made, reads=["clean.keys", "clean.changes"]),
        contracts=[ORDERS, KEYS, CHANGES, TOTALS],
    )
    assert steps["clean.orders"].writes == ("clean.orders", "clean.keys", "clean.changes")
    assert steps["clean.orders"].assets == ("clean.orders", "clean.changes"), "working tables are not drawn"
    assert steps["shop.totals"].deps == ("clean.orders", "clean.changes"), "keys come with the orders"


def test_a_table_of_many_steps_is_shown_after_all_that_add_to_it() -> None:
    steps = put_together(
        Step("clean.orders", made, adds_to=["quality.counts"]),
        Step("shop.totals", made, adds_to=["quality.counts"]),
        Step("quality.counts", made),
        contracts=[ORDERS, TOTALS, COUNTS],
    )
    assert steps["quality.counts"].deps == ("clean.orders", "shop.totals")
    assert steps["quality.counts"].writes == (), "it only shows the rows"


def test_whatever_has_rules_adds_to_data_quality() -> None:
    rules = {"clean.orders": (not_null("clean.orders", "order_id"),)}
    [step] = wired([Step("clean.orders", made)], {"clean.orders": ORDERS}, rules)
    assert step.rules == rules["clean.orders"] and step.writes == ("clean.orders", tables.DATA_QUALITY)


@pytest.mark.parametrize(
    ("step", "contracts", "said"),
    [
        (Step("clean.orders", made), [ORDERS, TOTALS], "no step writes shop.totals"),
        (Step("clean.orders", made, reads=["shop.totals"]), [ORDERS], "step clean.orders reads what no step shows: shop.totals"),
        (
            Step("clean.orders", made),
            [ORDERS, TableContract("clean.changes", "A change.", writer="clean.orders", checked=True)],
            "clean.changes is to be checked: make it the first table of a step",
        ),
    ],
)
def test_what_cannot_be_put_together_is_told(step: Step, contracts: list[TableContract], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        put_together(step, contracts=contracts)


def test_a_signal_that_stops_a_query_ends_the_run_and_is_no_failure_of_one_step(tmp_path: Path) -> None:
    """DuckDB makes a RuntimeError of it; steps beside would go on."""
    engine = DuckDBEngine(None)

    def counts_for_hours(run: RunContext) -> StepResult:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        numbers = ibis.range(1_000_000).unnest().name("n").as_table()
        pairs = numbers.cross_join(numbers.view())
        return StepResult(run.engine.count(pairs.filter(pairs.n * pairs.n_right % 7 == 3)))

    run = RunContext(Settings(tmp_path), config({"orders": {}}), engine, Validator(engine), date(2026, 6, 30), "1")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_step(Step("clean.orders", counts_for_hours, always=True), run)
    finally:
        signal.signal(signal.SIGINT, before)
    engine.close()
