"""The published table of check results."""

from __future__ import annotations

from segmentation_pipeline.contracts.quality_tables import DATA_QUALITY_COLUMNS
from segmentation_pipeline.contracts.tables import DATA_QUALITY
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.quality.result import row_result, table_result
from segmentation_pipeline.quality.results import results_table
from segmentation_pipeline_tests.quality.shop import AS_OF, config


def test_a_row_is_a_rule_in_a_stable_order() -> None:
    engine = DuckDBEngine(None)
    rules = checks_for(config())["clean.orders"]
    by_name = {rule.name: rule for rule in rules}
    results = [
        table_result(by_name["order_id_unique"], True, 4, "4 values"),
        row_result(by_name["amount_in_range"], False, 4, 1, [{"_file": "o.csv", "_row": 7, "order_id": "O7", "amount": -1}]),
    ]
    engine.replace_slice(DATA_QUALITY, results_table(engine, results, AS_OF), {"as_of": AS_OF})
    table = engine.table(DATA_QUALITY)
    assert table.columns == tuple(column.name for column in DATA_QUALITY_COLUMNS)
    amount, order_id = engine.rows(table)
    assert (amount["rule"], amount["passed"], amount["unexpected_share"]) == ("amount_in_range", False, 0.25)
    assert str(amount["message"]).endswith("1 of 4 rows fail, for example o.csv row 7 (order_id O7: amount = -1)")
    assert (order_id["rule"], order_id["passed"], order_id["observed"]) == ("order_id_unique", True, "4 values")


def test_no_results_are_an_empty_table_with_all_columns() -> None:
    engine = DuckDBEngine(None)
    table = results_table(engine, [], AS_OF)
    assert engine.count(table) == 0
    assert tuple(table.columns) == tuple(column.name for column in DATA_QUALITY_COLUMNS)
