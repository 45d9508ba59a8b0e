"""Rules on real tables: what fails, what the message says, and what it must not say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import ExpectationConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.validate import ChangedRows, Validator, validate, warm_up
from segmentation_pipeline_tests.quality.shop import AS_OF, config, order, write, write_orders


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def checked(engine: DuckDBEngine, table: str, *expectations: ExpectationConfig) -> dict[str, RuleResult]:
    rules = checks_for(config(*expectations, sources=("orders", "customers", "order_items")))[table]
    return {result.rule.name: result for result in validate(engine, table, rules, AS_OF)}


def test_sound_orders_pass_every_rule(engine: DuckDBEngine) -> None:
    write_orders(engine, order("O1", 1), order("O2", 2, status="cancelled"))
    results = checked(engine, "clean.orders")
    assert all(result.passed for result in results.values())
    assert results["amount_in_range"].message == "clean.orders: amount must be between 0 and 1000000: all 2 rows pass"


def test_an_empty_table_passes(engine: DuckDBEngine) -> None:
    write_orders(engine)
    assert all(result.passed for result in checked(engine, "clean.orders").values())


@pytest.mark.parametrize(
    ("rule", "changed", "told"),
    [
        ("amount_in_range", {"amount": -5}, "order_id O2: amount = -5.00"),
        ("amount_not_null", {"amount": None}, "order_id O2: amount = empty"),
        ("customer_id_not_null", {"customer_id": None}, "order_id O2: customer_id = empty"),
        ("status_allowed", {"status": "lost"}, "order_id O2: status = lost"),
        ("event_date_not_after_as_of", {"event_date": date(2025, 4, 1)}, "order_id O2: event_date = 2025-04-01"),
        ("event_date_not_before_earliest", {"event_date": date(1970, 1, 1)}, "order_id O2: event_date = 1970-01-01"),
        ("order_id_unique", {"order_id": "O1"}, "order_id = O1"),
        ("order_id_not_null", {"order_id": None}, "order_id = empty"),
    ],
)
def test_one_bad_row_fails_exactly_its_rule(engine: DuckDBEngine, rule: str, changed: dict[str, object], told: str) -> None:
    write_orders(engine, order("O1", 811), order("O2", 812, **changed), order("O3", 813))
    results = checked(engine, "clean.orders")
    assert [name for name, result in results.items() if not result.passed] == [rule]
    failing, first = (2, 811) if rule == "order_id_unique" else (1, 812)
    found = results[rule]
    assert found.message.endswith(f"{failing} of 3 rows fail, for example data/raw/orders_2025.csv row {first} ({told})")
    assert (found.checked_rows, found.unexpected_count) == (3, failing)


def test_the_message_counts_and_examples_are_bounded(engine: DuckDBEngine) -> None:
    write_orders(engine, *(order(f"O{n}", n, amount=-n) for n in range(1, 21)))
    found = checked(engine, "clean.orders")["amount_in_range"]
    assert found.message == (
        "clean.orders: amount must be between 0 and 1000000: 20 of 20 rows fail, "
        "for example data/raw/orders_2025.csv row 1 (order_id O1: amount = -1.00)"
    )
    assert (found.unexpected_share, len(found.examples)) == (1.0, 5)
    assert list(found.examples[0]) == ["_file", "_row", "order_id", "amount"]


def test_a_compound_key_is_unique_together_and_nulls_are_left_to_another_rule(engine: DuckDBEngine) -> None:
    schema = {"order_id": "string", "line_number": "string", "_file": "string", "_row": "int64"}
    line = {"order_id": "O1", "line_number": "1", "_file": "lines.csv", "_row": 1}
    rules = [r for r in checks_for(config(sources=("orders", "order_items")))["clean.order_items"] if r.name.endswith("_unique")]
    no_number = line | {"line_number": None}
    write(engine, "clean.order_items", schema, line, line | {"line_number": "2", "_row": 2}, no_number, no_number)
    assert validate(engine, "clean.order_items", rules, AS_OF)[0].passed
    write(engine, "clean.order_items", schema, line, line | {"line_number": "2", "_row": 2}, line | {"_row": 3})
    [found] = validate(engine, "clean.order_items", rules, AS_OF)
    assert (found.passed, found.unexpected_count) == (False, 2)
    assert found.message.endswith("2 of 3 rows fail, for example lines.csv row 1 (order_id O1, line_number 1)")


def test_a_configured_rule_tolerates_the_share_it_allows(engine: DuckDBEngine) -> None:
    mostly = ExpectationConfig(
        table="orders", expectation="expect_column_values_to_not_be_null", arguments={"column": "channel", "mostly": 0.5}
    )
    write_orders(engine, order("O1", 1, channel="web"), order("O2", 2))
    found = checked(engine, "clean.orders", mostly)["channel_values_to_not_be_null"]
    assert found.passed
    assert "1 of 2 rows fail, which is within the share allowed" in found.message


def test_a_configured_measure_tells_what_it_found(engine: DuckDBEngine) -> None:
    mean = ExpectationConfig(
        table="orders",
        expectation="ExpectColumnMeanToBeBetween",
        arguments={"column": "amount", "max_value": 20},
        severity="warning",
    )
    write_orders(engine, order("O1", 1, amount=10), order("O2", 2, amount=50))
    found = checked(engine, "clean.orders", mean)["amount_mean_to_be_between"]
    assert (found.passed, found.observed, found.rule.severity) == (False, "30.0", "warning")
    assert found.message == "clean.orders: amount mean to be between (max_value 20): does not hold, found 30.0"


@pytest.mark.parametrize(
    ("expectation", "arguments", "told"),
    [
        ("expect_column_values_to_be_between", {"column": "amount", "minimum": 1}, "extra fields not permitted"),
        ("expect_column_values_to_not_be_null", {"column": "amuont"}, "there is no column amuont; the table has order_id, "),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT nothing_like_it FROM {batch}"}, "nothing_like_it"),
        ("expect_column_values_to_match_regex", {"column": "order_id", "regex": "("}, "missing )"),
    ],
)
def test_a_rule_that_cannot_be_judged_fails_with_the_reason_and_stops_no_other(
    engine: DuckDBEngine, expectation: str, arguments: dict[str, object], told: str
) -> None:
    write_orders(engine, order("O1", 1))
    results = checked(engine, "clean.orders", ExpectationConfig(table="orders", expectation=expectation, arguments=arguments))
    [failed] = [result for result in results.values() if not result.passed]
    assert "could not be checked" in failed.message
    assert told in failed.message


def test_a_missing_table_fails_every_rule_and_says_so(engine: DuckDBEngine) -> None:
    results = checked(engine, "clean.orders")
    assert results
    assert all("could not be checked: the table does not exist" in result.message for result in results.values())


def test_each_check_sees_what_was_written_since_the_last(engine: DuckDBEngine) -> None:
    rules = checks_for(config())["clean.orders"]
    with Validator(engine) as validator:
        write_orders(engine, order("O1", 1))
        assert all(result.passed for result in validator.validate("clean.orders", rules, AS_OF))
        write_orders(engine, order("O1", 1), order("O2", 2, amount=-1))
        assert {r.checked_rows for r in validator.validate("clean.orders", rules, AS_OF)} == {2}
        assert [r.rule.name for r in validator.validate("clean.orders", rules, AS_OF) if not r.passed] == ["amount_in_range"]
    assert engine.count(engine.table("clean.orders")) == 2, "the engine stays open"


def _on_email(expectation: str, **arguments: object) -> ExpectationConfig:
    return ExpectationConfig(table="pii.customers", expectation=expectation, arguments={"column": "email", **arguments})


def _query(query: str) -> ExpectationConfig:
    arguments: dict[str, object] = {"unexpected_rows_query": query}
    return ExpectationConfig(table="clean.orders", expectation="unexpected_rows_expectation", arguments=arguments)


PERSONAL = (
    _on_email("expect_column_values_to_match_regex", regex="@shop"),
    _on_email("expect_column_distinct_values_to_be_in_set", value_set=["x"]),
    _on_email("expect_column_most_common_value_to_be_in_set", value_set=["x"]),
    _query("SELECT order_id, email AS amount FROM {batch} JOIN pii.customers USING (customer_id)"),
    _query("SELECT email::BIGINT FROM {batch} JOIN pii.customers USING (customer_id)"),
)


def test_no_personal_value_leaves_the_checks(engine: DuckDBEngine, tmp_path: Path) -> None:
    columns = {"customer_id": "string", "email": "string", "_file": "string", "_row": "int64"}
    write(engine, "pii.customers", columns, {"customer_id": "C1", "email": "anna@example.org", "_file": "c.csv", "_row": 4})
    write_orders(engine, order("O1", 1))
    rules = checks_for(config(*PERSONAL))
    with Validator(engine) as validator:
        results = [r for table in ("clean.orders", "pii.customers") for r in validator.validate(table, rules[table], AS_OF)]
        validator.build_docs(tmp_path)
    assert sum(not result.passed for result in results) == len(PERSONAL)
    assert all("anna" not in f"{r.message}{r.examples}{r.observed}" for r in results)
    assert all("anna" not in page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html"))
    [regex] = [r for r in results if r.rule.name == "email_values_to_match_regex"]
    assert regex.message.endswith("1 of 1 rows fail, for example c.csv row 4 (customer_id C1)")


def test_checks_are_quiet(engine: DuckDBEngine, capfd: pytest.CaptureFixture[str]) -> None:
    write_orders(engine, order("O1", 1, amount=-1))
    checked(engine, "clean.orders")
    assert capfd.readouterr() == ("", "")


def test_warming_up_loads_the_library() -> None:
    thread = warm_up()
    thread.join(60)
    assert not thread.is_alive()


def test_queries_go_on_while_the_library_is_loaded() -> None:
    """The library brings a part of SQLAlchemy that, half loaded, breaks every query of the run's own records."""
    asked = "import sys, threading; from segmentation_pipeline.quality.validate import warm_up; "
    asked += "threading.Thread.start = lambda thread: None; warm_up(); sys.modules['sqlalchemy.orm'].exc.UnmappedClassError"
    subprocess.run([sys.executable, "-c", asked], check=True)


def test_rules_that_held_are_put_to_the_changed_rows_and_speak_for_the_table(engine):
    """Row 1 breaks a rule that failed before and so is looked for again; the new row 3 breaks one that held."""
    write_orders(engine, order("o1", 1, channel=None, amount=-1), order("o2", 2), order("o3", 3, customer_id=None))
    write(engine, "clean.orders_touched", {"order_id": "string"}, {"order_id": "o3"})
    keys = engine.table("clean.orders_touched")
    rules = checks_for(config())["clean.orders"]
    names = {rule.name for rule in rules}
    with Validator(engine) as validator:
        all_held = ChangedRows(keys, frozenset(names))
        by_name = {r.rule.name: r for r in validator.validate("clean.orders", rules, AS_OF, all_held)}
        assert by_name["amount_in_range"].passed, "an unchanged row is not looked at again"
        failed = by_name["customer_id_not_null"]
        assert (failed.passed, failed.unexpected_count, failed.checked_rows) == (False, 1, 3)
        assert failed.examples[0]["_row"] == 3
        but_amount = ChangedRows(keys, frozenset(names - {"amount_in_range"}))
        by_name = {r.rule.name: r for r in validator.validate("clean.orders", rules, AS_OF, but_amount)}
        assert (by_name["amount_in_range"].passed, by_name["amount_in_range"].unexpected_count) == (False, 1)


def test_a_rule_that_compares_rows_or_tolerates_some_is_put_to_the_whole_table():
    extra = [
        ExpectationConfig(table="orders", expectation="expect_column_values_to_be_unique", arguments={"column": "store_id"}),
        ExpectationConfig(
            table="orders", expectation="expect_column_values_to_not_be_null", arguments={"column": "channel", "mostly": 0.9}
        ),
        ExpectationConfig(table="orders", expectation="expect_column_mean_to_be_between", arguments={"column": "amount"}),
    ]
    rules = checks_for(config(*extra))["clean.orders"]
    assert [rule.judges_each_row_alone for rule in rules[-3:]] == [False, False, False]
    assert all(rule.judges_each_row_alone for rule in rules[:-3])
