"""Rules are derived from contracts and configuration, without data and without Great Expectations."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from segmentation_pipeline.config.schema import ExpectationConfig
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.quality.checks import UnknownTable, checks_for
from segmentation_pipeline.quality.expectation_names import UnknownExpectation
from segmentation_pipeline.quality.personal import PII_COLUMNS
from segmentation_pipeline.quality.thresholds import threshold_rules
from segmentation_pipeline_tests.quality.shop import AS_OF, config


def test_names_are_valid_check_names_and_unique_within_a_table() -> None:
    settings = config(sources=tuple(SOURCES))
    rules, thresholds = checks_for(settings), threshold_rules(settings)
    for table in rules:
        names = [rule.name for rule in (*rules[table], *thresholds.get(table, ()))]
        assert len(set(names)) == len(names), table
        assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in names)
        assert all(rule.table == table for rule in rules[table])


def test_the_contract_of_orders_becomes_rules() -> None:
    assert {rule.name for rule in checks_for(config())["clean.orders"]} == {
        "order_id_not_null",
        "customer_id_not_null",
        "ordered_at_not_null",
        "amount_not_null",
        "amount_in_range",
        "discount_amount_in_range",
        "returned_amount_in_range",
        "exchange_rate_in_range",
        "status_allowed",
        "order_id_unique",
        "event_date_not_after_as_of",
        "event_date_not_before_earliest",
    }


def test_every_rule_says_what_it_catches_and_reads() -> None:
    for rules in checks_for(config(sources=tuple(SOURCES))).values():
        assert all(rule.description and rule.catches for rule in rules)


def test_no_rule_from_a_contract_reads_personal_data() -> None:
    for rules in checks_for(config(sources=tuple(SOURCES))).values():
        assert not {column for rule in rules for column in rule.columns} & PII_COLUMNS


def test_as_of_is_filled_in_when_the_rule_is_run() -> None:
    rule = next(r for r in checks_for(config())["clean.orders"] if r.name == "event_date_not_after_as_of")
    assert rule.arguments_for(AS_OF) == {"column": "event_date", "max_value": AS_OF}


def test_features_are_checked_by_their_catalog() -> None:
    names = {rule.name for rule in checks_for(config())["features.customer_features"]}
    assert {"customer_id_unique", "customer_id_not_null", "recency_days_in_range", "frequency_not_null"} <= names
    assert "recency_days_not_null" not in names, "customers without orders have no recency"
    assert "clv_in_range" not in names, "scores belong to the tables of the models"


def test_configured_rules_join_those_of_the_contract_and_keep_names_apart() -> None:
    extra = ExpectationConfig(
        table="clean.orders",
        expectation="ExpectColumnMeanToBeBetween",
        arguments={"column": "amount", "min_value": 1},
        severity="warning",
    )
    rules = checks_for(config(extra, extra.model_copy(update={"table": "orders"})))["clean.orders"]
    assert [rule.name for rule in rules[-2:]] == ["amount_mean_to_be_between", "amount_mean_to_be_between_2"]
    assert rules[-1].expectation == "expect_column_mean_to_be_between"
    assert (rules[-1].severity, rules[-1].column) == ("warning", "amount")


def test_a_misspelled_expectation_names_the_nearest() -> None:
    wrong = ExpectationConfig(table="clean.orders", expectation="expect_column_value_to_be_between")
    with pytest.raises(UnknownExpectation, match=r"expectations\[0\].*'expect_column_values_to_be_between'"):
        checks_for(config(wrong))


def test_a_misspelled_table_names_the_nearest() -> None:
    wrong = ExpectationConfig(table="clean.order", expectation="expect_column_to_exist", arguments={"column": "order_id"})
    with pytest.raises(UnknownTable, match=r"expectations\[0\].*did you mean 'clean.orders'"):
        checks_for(config(wrong))


def test_declaring_checks_does_not_import_great_expectations() -> None:
    """The code location is loaded often; those seconds belong to the run."""
    modules = ("checks", "thresholds", "results", "validate", "expectation_names")
    script = "import sys; " + "; ".join(f"import segmentation_pipeline.quality.{name}" for name in modules)
    script += "; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
