"""A rule that a query sees to hold is one Great Expectations passes, and what it does not see to hold is left to that."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.check import AS_OF, Check
from segmentation_pipeline.quality.gx_context import GxContext, build_expectation
from segmentation_pipeline.quality.passing import passing
from segmentation_pipeline.quality.rule_templates import not_null, unique

TABLE, DAY = "clean.things", date(2025, 3, 31)
SCHEMA = {"thing": "string", "part": "string", "size": "decimal(18, 2)", "day": "date"}
ROWS = {
    "sound": [("a", "1", 1, DAY), ("a", "2", 2, DAY), ("b", None, 3, date(2024, 1, 1))],
    "nulls": [("a", "1", None, None), (None, None, None, None), (None, None, 5, DAY)],
    "broken": [("a", "1", -1, date(2025, 4, 1)), ("a", "1", 99, DAY), ("x", None, 2, DAY), ("x", None, 2, DAY)],
    "none": [],
}


def rule(name: str, expectation: str, **arguments: object) -> Check:
    return Check(name, TABLE, expectation, arguments, "error", name, name)


RULES = (
    not_null(TABLE, "thing"),
    unique(TABLE, ("thing",)),
    unique(TABLE, ("thing", "part")),
    unique(TABLE, ("thing", "part", "size"), optional={"part"}),
    rule("known", "expect_column_values_to_be_in_set", column="thing", value_set=["a", "b"]),
    rule("positive", "expect_column_values_to_be_between", column="size", min_value=0),
    rule("small", "expect_column_values_to_be_between", column="size", min_value=0.5, max_value=10),
    rule("past", "expect_column_values_to_be_between", column="day", max_value=AS_OF),
)


@pytest.mark.parametrize("rows", ROWS)
def test_it_agrees_with_great_expectations(rows: str) -> None:
    engine = DuckDBEngine(None)
    engine.write(TABLE, engine.memtable({name: [row[at] for row in ROWS[rows]] for at, name in enumerate(SCHEMA)}, SCHEMA))
    context = GxContext(engine)
    judged = context.check(TABLE, {each.name: build_expectation(each, DAY) for each in RULES}, "BOOLEAN_ONLY")
    held = {name for name, result in judged.items() if result.success}
    assert passing(engine, TABLE, RULES, DAY) == held
    assert rows != "broken" or held == {"thing_not_null"}, "and a broken rule is seen to be broken"
    context.close()
    engine.close()


@pytest.mark.parametrize(
    ("expectation", "arguments"),
    [
        ("expect_column_values_to_not_be_null", {"column": "thing", "mostly": 0.5}),
        ("expect_column_values_to_be_between", {"column": "size", "min_value": 0, "strict_min": True}),
        ("expect_column_values_to_be_between", {"column": "thing", "min_value": 0}),
        ("expect_column_values_to_be_between", {"column": "day", "min_value": "yesterday"}),
        ("expect_column_values_to_be_in_set", {"column": "thing", "value_set": []}),
        ("expect_column_values_to_be_in_set", {"column": "day", "value_set": ["nonsense"]}),
        ("expect_column_values_to_be_in_set", {"column": "size", "value_set": ["a"]}),
        ("expect_column_values_to_be_in_set", {"column": "thing", "value_set": [1, 2]}),
        ("expect_column_values_to_not_be_null", {"column": "nowhere"}),
        ("expect_column_mean_to_be_between", {"column": "size", "min_value": 0}),
        ("expect_table_row_count_to_be_between", {"min_value": 0}),
    ],
)
def test_what_is_not_understood_is_left_to_great_expectations(expectation: str, arguments: dict[str, object]) -> None:
    engine = DuckDBEngine(None)
    engine.write(TABLE, engine.memtable({name: [row[at] for row in ROWS["sound"]] for at, name in enumerate(SCHEMA)}, SCHEMA))
    assert passing(engine, TABLE, [rule("other", expectation, **arguments)], DAY) == frozenset()
    engine.close()
