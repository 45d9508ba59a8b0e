"""Which Great Expectations rules a configuration may name, known without importing the library."""

from __future__ import annotations

from segmentation_pipeline.config.diagnostics import did_you_mean, nearest
from segmentation_pipeline.errors import UserError

_KNOWN = (
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_kl_divergence_to_be_less_than",
    "expect_column_max_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_min_to_be_between",
    "expect_column_most_common_value_to_be_in_set",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_to_be_in_set",
    "expect_column_proportion_of_non_null_values_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_quantile_values_to_be_between",
    "expect_column_stdev_to_be_between",
    "expect_column_sum_to_be_between",
    "expect_column_to_exist",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_value_lengths_to_be_between",
    "expect_column_value_lengths_to_equal",
    "expect_column_value_z_scores_to_be_less_than",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_null",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_unique",
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_regex",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_regex",
    "expect_compound_columns_to_be_unique",
    "expect_multicolumn_sum_to_equal",
    "expect_select_column_values_to_be_unique_within_record",
    "expect_table_column_count_to_be_between",
    "expect_table_column_count_to_equal",
    "expect_table_columns_to_match_ordered_list",
    "expect_table_columns_to_match_set",
    "expect_table_row_count_to_be_between",
    "expect_table_row_count_to_equal",
    "unexpected_rows_expectation",
)


class UnknownExpectation(UserError, ValueError):
    """The configuration names a rule that Great Expectations does not have on this engine."""


def known_expectations() -> tuple[str, ...]:
    """The expectations that run inside the engine, in Great Expectations' snake_case names.

    Left out are those it can only compute on data held in Python.
    """
    return _KNOWN


def expectation_name(given: str) -> str:
    """The snake_case name of an expectation given as such or as its class name.

    Raises ``UnknownExpectation`` with the nearest known name.

    >>> expectation_name("ExpectColumnValuesToNotBeNull")
    'expect_column_values_to_not_be_null'
    """
    letters = {known.replace("_", ""): known for known in _KNOWN}
    asked = given.replace("_", "").lower()
    if asked in letters:
        return letters[asked]
    near = nearest(asked, letters)
    hint = f"; {did_you_mean(letters[near], _KNOWN)}" if near else ""
    raise UnknownExpectation(f"'{given}' is not an expectation that runs inside the engine{hint}")
