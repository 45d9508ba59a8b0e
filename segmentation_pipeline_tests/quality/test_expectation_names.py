"""The static list of expectations agrees with Great Expectations and with what DuckDB can run."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.expectation_names import UnknownExpectation, expectation_name, known_expectations
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline_tests.quality.shop import AS_OF, write

HOLDING: dict[str, dict[str, object]] = {
    "expect_column_distinct_values_to_be_in_set": {"column": "word", "value_set": ["ab", "cd", "ef"]},
    "expect_column_distinct_values_to_contain_set": {"column": "word", "value_set": ["ab"]},
    "expect_column_distinct_values_to_equal_set": {"column": "word", "value_set": ["ab", "cd"]},
    "expect_column_kl_divergence_to_be_less_than": {
        "column": "word",
        "threshold": 0.1,
        "partition_object": {"values": ["ab", "cd"], "weights": [0.5, 0.5]},
    },
    "expect_column_max_to_be_between": {"column": "low", "max_value": 2},
    "expect_column_mean_to_be_between": {"column": "low", "min_value": 1.5, "max_value": 1.5},
    "expect_column_median_to_be_between": {"column": "low", "min_value": 1, "max_value": 2},
    "expect_column_min_to_be_between": {"column": "low", "min_value": 1},
    "expect_column_most_common_value_to_be_in_set": {"column": "same", "value_set": ["x"]},
    "expect_column_pair_values_a_to_be_greater_than_b": {"column_A": "high", "column_B": "low"},
    "expect_column_pair_values_to_be_equal": {"column_A": "low", "column_B": "low"},
    "expect_column_pair_values_to_be_in_set": {"column_A": "word", "column_B": "low", "value_pairs_set": [("ab", 1), ("cd", 2)]},
    "expect_column_proportion_of_non_null_values_to_be_between": {"column": "word", "min_value": 1},
    "expect_column_proportion_of_unique_values_to_be_between": {"column": "word", "min_value": 1},
    "expect_column_quantile_values_to_be_between": {
        "column": "low",
        "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, 2]]},
    },
    "expect_column_stdev_to_be_between": {"column": "low", "min_value": 0.5, "max_value": 1},
    "expect_column_sum_to_be_between": {"column": "low", "min_value": 3, "max_value": 3},
    "expect_column_to_exist": {"column": "low"},
    "expect_column_unique_value_count_to_be_between": {"column": "low", "min_value": 2},
    "expect_column_value_lengths_to_be_between": {"column": "word", "min_value": 2},
    "expect_column_value_lengths_to_equal": {"column": "word", "value": 2},
    "expect_column_value_z_scores_to_be_less_than": {"column": "low", "threshold": 3, "double_sided": True},
    "expect_column_values_to_be_between": {"column": "low", "min_value": 1, "max_value": 2},
    "expect_column_values_to_be_in_set": {"column": "word", "value_set": ["ab", "cd"]},
    "expect_column_values_to_be_in_type_list": {"column": "word", "type_list": ["VARCHAR", "TEXT"]},
    "expect_column_values_to_be_null": {"column": "nothing"},
    "expect_column_values_to_be_of_type": {"column": "word", "type_": "VARCHAR"},
    "expect_column_values_to_be_unique": {"column": "word"},
    "expect_column_values_to_match_like_pattern": {"column": "word", "like_pattern": "__"},
    "expect_column_values_to_match_regex": {"column": "word", "regex": "^[a-f]"},
    "expect_column_values_to_not_be_in_set": {"column": "word", "value_set": ["zz"]},
    "expect_column_values_to_not_be_null": {"column": "word"},
    "expect_column_values_to_not_match_like_pattern": {"column": "word", "like_pattern": "z%"},
    "expect_column_values_to_not_match_regex": {"column": "word", "regex": "[0-9]"},
    "expect_compound_columns_to_be_unique": {"column_list": ["same", "word"]},
    "expect_multicolumn_sum_to_equal": {"column_list": ["high", "minus_high"], "sum_total": 0},
    "expect_select_column_values_to_be_unique_within_record": {"column_list": ["low", "high"]},
    "expect_table_column_count_to_be_between": {"min_value": 7},
    "expect_table_column_count_to_equal": {"value": 7},
    "expect_table_columns_to_match_ordered_list": {
        "column_list": ["word", "same", "alike", "nothing", "low", "high", "minus_high"]
    },
    "expect_table_columns_to_match_set": {"column_set": ["nothing", "word", "alike", "same", "low", "minus_high", "high"]},
    "expect_table_row_count_to_be_between": {"min_value": 1, "max_value": 3},
    "expect_table_row_count_to_equal": {"value": 2},
    "unexpected_rows_expectation": {"unexpected_rows_query": "SELECT word FROM {batch} WHERE low > high"},
}
BROKEN: dict[str, dict[str, object]] = {
    "expect_column_distinct_values_to_be_in_set": {"column": "word", "value_set": ["ab"]},
    "expect_column_mean_to_be_between": {"column": "low", "min_value": 2},
    "expect_column_pair_values_a_to_be_greater_than_b": {"column_A": "low", "column_B": "high"},
    "expect_column_value_lengths_to_equal": {"column": "word", "value": 3},
    "expect_column_values_to_be_between": {"column": "low", "min_value": 2},
    "expect_column_values_to_be_in_set": {"column": "word", "value_set": ["ab"]},
    "expect_column_values_to_be_of_type": {"column": "word", "type_": "BIGINT"},
    "expect_column_values_to_be_unique": {"column": "same"},
    "expect_column_values_to_match_like_pattern": {"column": "word", "like_pattern": "a%"},
    "expect_column_values_to_match_regex": {"column": "word", "regex": "b$"},
    "expect_column_values_to_not_match_like_pattern": {"column": "word", "like_pattern": "%b"},
    "expect_column_values_to_not_match_regex": {"column": "word", "regex": "b"},
    "expect_column_values_to_not_be_null": {"column": "nothing"},
    "expect_compound_columns_to_be_unique": {"column_list": ["same", "alike"]},
    "expect_multicolumn_sum_to_equal": {"column_list": ["high", "low"], "sum_total": 0},
    "expect_table_row_count_to_equal": {"value": 3},
    "unexpected_rows_expectation": {"unexpected_rows_query": "SELECT word FROM {batch} WHERE low < high"},
}


def _rules(arguments: dict[str, dict[str, object]]) -> list[Check]:
    return [Check(name, "clean.words", name, given, "error", name, "a test") for name, given in arguments.items()]


@pytest.fixture(scope="module")
def validator() -> Validator:
    engine = DuckDBEngine(None)
    schema = dict.fromkeys(("word", "same", "alike", "nothing"), "string") | dict.fromkeys(("low", "high", "minus_high"), "int64")
    first = {"word": "ab", "same": "x", "alike": "y", "low": 1, "high": 5, "minus_high": -5}
    second = {"word": "cd", "same": "x", "alike": "y", "low": 2, "high": 6, "minus_high": -6}
    write(engine, "clean.words", schema, first, second)
    return Validator(engine)


def test_all_known_expectations_run_in_the_engine_and_hold(validator: Validator) -> None:
    assert set(HOLDING) == set(known_expectations())
    failed = [result.message for result in validator.validate("clean.words", _rules(HOLDING), AS_OF) if not result.passed]
    assert failed == []


def test_expectations_that_do_not_hold_fail_for_that_reason(validator: Validator) -> None:
    for result in validator.validate("clean.words", _rules(BROKEN), AS_OF):
        assert not result.passed, result.message
        assert "could not be checked" not in result.message


def test_every_name_on_the_list_is_one_of_great_expectations() -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    assert set(known_expectations()) <= set(list_registered_expectation_implementations())


@pytest.mark.parametrize("given", ["expect_column_kl_divergence_to_be_less_than", "ExpectColumnKLDivergenceToBeLessThan"])
def test_both_spellings_mean_the_same(given: str) -> None:
    assert expectation_name(given) == "expect_column_kl_divergence_to_be_less_than"


def test_one_that_only_runs_on_data_in_python_is_refused() -> None:
    with pytest.raises(UnknownExpectation, match="runs inside the engine"):
        expectation_name("expect_column_values_to_be_dateutil_parseable")
