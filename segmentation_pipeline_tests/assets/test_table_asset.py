"""How steps are put together: what each writes follows from contracts, what it comes after from what it reads."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from segmentation_pipeline.assets.table_asset import Step, wired
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract, working_table
from segmentation_pipeline.quality.rule_templates import not_null
from segmentation_pipeline.run_context import RunContext, StepResult


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
