"""Expressions over a file's columns, lists and conditions: what is refused, with its place and the nearest right thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError, Diagnostic
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.rules.expressions import ExpressionError, parse_expression
from segmentation_pipeline.settings import Settings


@pytest.mark.parametrize(
    ("text", "made", "message"),
    [
        ("", Type.MONEY, "an empty expression"),
        ("qty *", Type.MONEY, "something missing or out of place at '*'"),
        ("Line item price * 2", Type.MONEY, 'a name with blanks or signs stands in "double quotes"'),
        ("customer.id", Type.TEXT, "write the name of a column in double quotes"),
        ('""', Type.TEXT, "the name of a column of the file"),
        ("sum(qty)", Type.MONEY, "the function sum() (character 1); expected one of: abs, coalesce"),
        ("tim(name)", Type.TEXT, "did you mean 'trim'?"),
        ("qty * 'x'", Type.MONEY, "a text in a calculation"),
        ("qty > 1", Type.MONEY, "a true/false for a column that is an amount; expected a number or a text"),
        ("qty * 2", Type.INSTANT, "a number for a column that is a point in time"),
        ("qty * 2", None, "a number as the condition"),
        ("Tags", None, "a text as the condition; expected a condition that is true or false"),
        ("Tags = ''", None, "an empty cell is no value"),
        ("Total < Subtotal", None, "texts compared by size (character 1); expected numbers or days; write number(...)"),
        ("Total > '100'", None, "texts compared by size"),
        ("Day between '1.1.2024' and '31.12.2024'", None, "texts compared by size"),
        ("greatest(Total, Subtotal)", Type.MONEY, "two or more numbers or days, such as greatest(number(price), paid)"),
        ("Tags = null", None, "'is null' or 'is not null'"),
        ("Tags = 'a' and qty", None, "a value of the file beside 'and'"),
        ("case kind when 'x' then 1 end", Type.MONEY, "a value between 'case' and 'when'"),
        ("case when qty > 1 then 'x' else 2 end", Type.TEXT, "a text compared with a number"),
        ("case when qty > 1 then 'x'", Type.TEXT, "something missing"),
        ("qty || 2", Type.TEXT, "a number beside || (character 1); expected texts on both sides of ||; make it one with text(...)"),
        ("qty::int", Type.MONEY, "number(...), text(...) or parse_date("),
        ("cast(qty as int)", Type.MONEY, "the function cast()"),
        ("(select 1)", Type.MONEY, "out of place"),
        ("extract(Tags, '(a)(b)')", Type.TEXT, "at most one group"),
        ("extract(Tags, 'a(?=b)')", Type.TEXT, "a pattern without '(?'"),
        ("extract(Tags, '(a')", Type.TEXT, "a regular expression (Invalid regular expression: missing )"),
        (r"extract(Tags, '(a)\1')", Type.TEXT, "a regular expression"),
        (r"extract(Tags, '\bx')", Type.TEXT, "which engines read differently"),
        ("extract(Tags, qty)", Type.TEXT, "a text and a pattern in single quotes"),
        ("parse_date(Day, '%d.%m')", Type.DAY, "with year, month and day"),
        ("parse_date(Day, 'DD.MM.YYYY')", Type.DAY, "with year, month and day"),
        ("parse_date(Day, '%d.%m.%Y %z')", Type.DAY, "not %z"),
        ("substring(sku, 0, 2)", Type.TEXT, "the first character (from 1)"),
        ("replace(sku, '', 'x')", Type.TEXT, "what to replace in it"),
        ("days_since(day)", Type.INTEGER, "the function days_since()"),
        ("count(orders, 90)", Type.INTEGER, "the function count()"),
        ("day - 3 days", Type.DAY, "'day - 3 AS days', which expressions do not have"),
        ("qty -- 1", Type.MONEY, "a comment in the expression"),
        ("(" * 16 + "qty" + ")" * 16, Type.MONEY, "parentheses nested too deeply"),
        (" + ".join(["qty"] * 200), Type.MONEY, "an expression nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_expression_is_told_with_the_cure(text: str, made: Type | None, message: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse_expression(text, made)
    assert message in str(error.value)
    assert "w__" not in str(error.value) and str(error.value).startswith("expression ")


def test_names_in_quotes_are_as_they_stand_in_the_file() -> None:
    text = '"Größe (cm)" * "a""b" + Menge - "select" / Date'
    assert parse_expression(text, Type.NUMBER).columns == ("Größe (cm)", 'a"b', "Menge", "select", "Date")


ORDERS = """
sources:
  orders:
    files: data/raw/orders.csv
    columns:
      order_id: {from: [shop, nr]}
      customer_id: {first_of: [id, email]}
      ordered_at: {from: [day, time], format: "%Y%m%d %H%M%S"}
      amount: {expression: qty * price}
    fill_down: {columns: [email], within: nr}
    skip_when: {tests: "tags = 'test'"}
"""


def problems(folder: Path, text: str) -> list[Diagnostic]:
    (folder / "sources.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(folder)
    return caught.value.problems


def test_all_ways_to_make_a_column_load(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(ORDERS)
    orders = load_config(tmp_path).sources["orders"]
    assert (orders.columns["order_id"].source_column, orders.columns["customer_id"].first_of) == (("shop", "nr"), ("id", "email"))
    assert orders.fill_down is not None and orders.fill_down.within == "nr"


@pytest.mark.parametrize(
    ("old", "new", "place", "found", "expected"),
    [
        ("qty * price", "qty * prise(2)", "sources.orders.columns.amount.expression", "the function prise() (character 7 of", "one of"),
        ("first_of: [id, email]", "first_of: [id]", "sources.orders.columns.customer_id.first_of", "a list", "at least two"),
        ("first_of:", "firstof:", "sources.orders.columns.customer_id.firstof", "the unknown key 'firstof'", "first_of"),
        ("first_of: [id, email]", "first_of: [id, email], from: id", "sources.orders.columns.customer_id", "exactly one of", ""),
        ("from: [shop, nr]", 'from: [shop, nr], separator: "."', "sources.orders.columns.order_id.separator", "'.'", "one of the signs"),
        ("from: [shop, nr]", "from: [shop, nr], pad_to: {number: 6}", "sources.orders.columns.order_id.pad_to.number", "no part of", "nr, shop"),
        ("from: [shop, nr]", "from: [shop, nr], pad_to: {nr: 1}", "sources.orders.columns.order_id.pad_to.nr", "1", "2"),
        ("from: [shop, nr]", "from: nr, pad_to: {nr: 6}", "sources.orders.columns.order_id", "'pad_to' is for a list", ""),
        ("from: [shop, nr]", 'from: nr, separator: "/"', "sources.orders.columns.order_id", "'separator' is for a list", ""),
        ("expression: qty * price", "from: [qty, price]", "sources.orders.columns.amount.from", "several columns", "one column"),
        ("tags = 'test'", "tags", "sources.orders.skip_when.tests", "a text as the condition", "true or false"),
        ("within: nr", "witin: nr", "sources.orders.fill_down.witin", "the unknown key 'witin'", "within"),
        ("{expression: qty * price}", '{expression: "lower(qty) || 1"}', "sources.orders.columns.amount.expression", "a number beside ||", ""),
    ],
)  # fmt: skip
def test_mistakes_name_their_key(tmp_path: Path, old: str, new: str, place: str, found: str, expected: str) -> None:
    told = problems(tmp_path, ORDERS.replace(old, new, 1))
    assert [
        problem for problem in told if problem.key_path == place and found in problem.found and expected in problem.expected
    ], [str(problem) for problem in told]


def test_a_day_that_is_parsed_needs_no_format(tmp_path: Path) -> None:
    old = '{from: [day, time], format: "%Y%m%d %H%M%S"}'
    (problem,) = problems(tmp_path, ORDERS.replace(old, "{expression: \"parse_date(day, '%Y%m%d')\", format: '%Y%m%d'}"))
    assert problem.key_path == "sources.orders.columns.ordered_at.format" and "delete it" in str(problem)


@pytest.mark.parametrize("source", ["consents", "suppressions", "restrictions", "merge_decisions", "orders"])
def test_noes_are_never_left_out_and_made_orders_have_no_lines(tmp_path: Path, source: str) -> None:
    text = (
        ORDERS
        + f"""
  order_items: {{files: data/raw/items.csv}}
  {source if source != "orders" else "surveys"}: {{files: data/raw/x.csv, skip_when: {{old: "year < 2020"}}}}
"""
    )
    if source == "orders":
        text = """
sources:
  orders: {derive_from: order_items, skip_when: {old: "year < 2020"}}
  order_items: {files: data/raw/items.csv}
"""
    told = [problem for problem in problems(tmp_path, text) if problem.key_path == f"sources.{source}.skip_when"]
    wanted = "write it under sources.order_items" if source == "orders" else "a row that could be a no is never left out"
    assert len(told) == 1 and wanted in str(told[0])


def test_check_knows_the_columns_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "config/sources.yaml").write_text(ORDERS)
    (tmp_path / "data/raw/orders.csv").write_text("Shop,nr,id,e-mail,day,time,qty,Price,Tags\n")
    with pytest.raises(ConfigError) as caught:
        load_project(Settings(tmp_path))
    assert [
        (problem.line, problem.key_path, problem.found.partition(",")[0], problem.suggestion) for problem in caught.value.problems
    ] == [
        (6, "sources.orders.columns.order_id", "'shop'", "did you mean 'Shop'?"),
        (7, "sources.orders.columns.customer_id", "'email'", "did you mean 'e-mail'?"),
        (9, "sources.orders.columns.amount", "'price'", "did you mean 'Price'?"),
        (10, "sources.orders.fill_down.columns", "'email'", "did you mean 'e-mail'?"),
        (11, "sources.orders.skip_when.tests", "'tags'", "did you mean 'Tags'?"),
    ]
