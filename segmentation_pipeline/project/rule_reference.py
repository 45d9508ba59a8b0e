"""The reference of the language of rules, as the page ``docs/reference/rules.md``.

Functions, limits and sources of events come from the language itself; every example is evaluated by a test.  Write the page
anew with

    python -m segmentation_pipeline.project.rule_reference > docs/reference/rules.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.project.key_sections import cell
from segmentation_pipeline.rules.compiler import MAX_DEPTH
from segmentation_pipeline.rules.days import MAX_SPANS
from segmentation_pipeline.rules.expression_functions import FILE_FUNCTIONS
from segmentation_pipeline.rules.lexer import MAX_LENGTH, MAX_PARENTHESES, USAGES
from segmentation_pipeline.rules.usage import Usage
from segmentation_pipeline.rules.value_kinds import kind_of
from segmentation_pipeline.rules.windows import EVENTS, MAX_DAYS, SUMMED, event_columns

AS_OF = date(2026, 3, 1)

CUSTOMER: dict[Column, object] = {
    Column("frequency", Type.INTEGER, "Number of completed orders."): 4,
    Column("monetary", Type.MONEY, "Net revenue."): Decimal("320.55"),
    Column("last_order_date", Type.DAY, "Day of the latest order."): date(2026, 2, 10),
    Column("country", Type.TEXT, "Country."): "DE",
    Column("city", Type.TEXT, "City."): "Berlin",
    Column("is_subscriber", Type.BOOLEAN, "Whether there is a subscription."): True,
    Column("lifecycle", Type.TEXT, "A segmentation.", allowed=("new", "active", "at_risk")): "active",
    Column("value_tier", Type.TEXT, "A segmentation.", allowed=("gold", "silver")): None,
    Column("clv", Type.MONEY, "Lifetime value."): None,
    Column("region", Type.TEXT, "Region."): None,
    Column("signed_up_date", Type.DAY, "Day of the sign-up."): None,
}
"""The customer of the examples; None is not known."""

HAPPENED = {
    "count(orders, 7)": 0,
    "count(email_events, 30, event = 'click')": 2,
    "total(orders.amount, 7)": Decimal("0.00"),
    "total(orders.amount, 90)": Decimal("180.00"),
}
"""What the windows in the examples hold of this customer."""

VALUES = (
    (
        "a column",
        "a name of the [data dictionary](tables.md#data_dictionary), or an exclusive segmentation",
        "lifecycle = 'active'",
    ),
    ("a number", "with a point before decimals, of at most 18 digits", "monetary > 99.90"),
    ("a text", "in single quotes; a quote in it is written twice", "city <> 'L''Aquila'"),
    ("a truth value", "a column of them is a condition by itself; `true` is everybody", "is_subscriber = true or false"),
    ("a day", "with the word `date` before it", "last_order_date >= date '2026-01-31'"),
    ("the day of the run", "`as_of`", "last_order_date < as_of"),
    (
        "a span of time",
        "added to a day or taken from it, at most " + ", ".join(f"{most:,} {unit}" for unit, most in MAX_SPANS.items()),
        "last_order_date > as_of - 3 months",
    ),
)
"""What may stand in a rule for a value, with an example."""

OPERATORS = (
    ("`(` `)`", "what stands inside first", "(frequency + 1) * 2 = 10", "(frequency + 1) * 2 = 10"),
    ("`-` before a number", "the number below 0", "-frequency * 2 < 0", "(-frequency) * 2 < 0"),
    ("`*` `/`", "product, quotient; unknown after a division by 0", "2 + frequency * 3 = 14", "2 + (frequency * 3) = 14"),
    ("`+` `-`", "sum, difference; of a day and a span a day", "frequency + 1 in (5, 6)", "(frequency + 1) in (5, 6)"),
    (
        "`in (...)` `not in (...)`",
        "one of a list of plain values",
        "is_subscriber = frequency in (3, 4)",
        "is_subscriber = (frequency in (3, 4))",
    ),
    (
        "`between ... and ...`",
        "from the first to the second, both included",
        "is_subscriber = frequency between 2 and 5",
        "is_subscriber = (frequency between 2 and 5)",
    ),
    (
        "`like`, `not like`",
        "a text by a pattern: `%` is anything, `_` one character",
        "is_subscriber = city like 'Ber%'",
        "is_subscriber = (city like 'Ber%')",
    ),
    ("`ilike`, `not ilike`", "the same, capitals for small letters", "not city ilike '%BURG'", "not (city ilike '%BURG')"),
    ("`is null` `is not null`", "not known, known", "is_subscriber = clv is null", "is_subscriber = (clv is null)"),
    ("`<` `<=` `>` `>=`", "comparison by size", "is_subscriber = frequency > 3", "is_subscriber = (frequency > 3)"),
    ("`=` `<>`", "equal, not equal", "not country = 'AT'", "not (country = 'AT')"),
    (
        "`not`",
        "the opposite; unknown of what is unknown",
        "not frequency = 3 and is_subscriber",
        "(not frequency = 3) and is_subscriber",
    ),
    (
        "`and`",
        "both; false where one is false",
        "is_subscriber or is_subscriber and false",
        "is_subscriber or (is_subscriber and false)",
    ),
    ("`or`", "at least one; true where one is true", "clv > 100 or frequency > 3", "(clv > 100) or (frequency > 3)"),
)
"""Signs, what they mean, an example and how it is read: those that bind most closely first."""

UNKNOWN = (
    ("compared with anything", "(clv > 100) is null"),
    ("calculated with", "clv + 1 is null"),
    ("after a division by 0", "monetary / 0 is null"),
    (
        "`in`, `between`, `like`",
        "(region in ('Bavaria')) is null and (clv between 1 and 2) is null and (region like 'B%') is null",
    ),
    ("`not`", "(not clv > 100) is null"),
    ("`and` with what is false", "not (clv > 100 and false)"),
    ("`or` with what is true", "clv > 100 or true"),
)
"""What becomes of a value that is not known, with an example."""

ROW = {
    "Name": "#1001",
    "Customer": "0",
    "Day": "31.01.2024",
    "Quantity": "3",
    "Total": "12.50",
    "Tags": "web ord-17",
    "Note": "",
}
"""The row of a file of the examples of expressions."""

OF_FILES = (
    ('`"a name"`', "a column of the file; without quotes where it is of letters, digits and `_`", '"Total" > 10'),
    ("`||`", "two texts, one after the other; unknown where one is", "Name || Customer = '#10010'"),
    (
        "`case when ... then ... else ... end`",
        "the value behind the first condition that holds",
        "case when Quantity > 2 then 'many' else 'few' end = 'many'",
    ),
)
"""What expressions over files have beside rules, with an example."""


_HEAD = f"""# What a rule can say

Generated from the language of rules (`segmentation_pipeline/project/rule_reference.py`); a test evaluates every example. A rule
is one condition on a customer: `when` of a segment, `audience` of a campaign. Why it is as it is:
[decision 0002](../decisions/0002-rule-language.md). How it is used: [segmentations](../segmentations.md),
[campaigns](../campaigns.md). Calculations (`value` of a campaign) are made of the same words and give a number.

A rule has at most {MAX_LENGTH:,} characters and {MAX_PARENTHESES} levels of parentheses, and is nested at most {MAX_DEPTH} deep.
Capitals and small letters count in texts, not in words of the language. Everything that is not on this
page is refused, with its position and the nearest that is known.

"""


def rules_page() -> str:
    """The page."""
    return _HEAD + _conditions() + _functions() + _files()


def _conditions() -> str:
    return f"""## The customer of the examples

Every example holds for this customer on {AS_OF}.

| | type | value |
|---|---|---|
{_customer()}
## Values

| value | how it is written | example |
|---|---|---|
{_rows((value, words, f"`{example}`") for value, words, example in VALUES)}
Values of one kind are compared with each other: numbers with numbers, texts with texts, days with days. Sums and products of
whole numbers and money are exact; a quotient is a double.

## Operators

What stands higher binds more closely.

| operator | gives | example | is read as |
|---|---|---|---|
{_rows((sign, words, f"`{example}`", f"`{read}`") for sign, words, example, read in OPERATORS)}
## What is not known

A customer is in a segment, or on a list, where the whole rule is surely true. What a value that is not known (`null`) makes of
it:

| a value that is not known | example |
|---|---|
{_rows((words, f"`{example}`") for words, example in UNKNOWN)}
"""


def _functions() -> str:
    return f"""## Functions

| function | gives | example | of what is not known |
|---|---|---|---|
{_rows(map(_usage, USAGES.values()))}
## Events in windows

`count` and `total` look at the rows of these sources, at most {MAX_DAYS:,} days back. Their condition is a rule on the columns of
the row, without `as_of` and `days_since`. Of `orders` only completed ones count. Each window that a rule asks for is a column of
the customer.

| source | columns of its condition | columns that `total` adds up |
|---|---|---|
{_rows(_events(source) for source in EVENTS)}
"""


def _files() -> str:
    shared = ", ".join(f"`{name}`" for name, function in FILE_FUNCTIONS.items() if function.usage is None)
    return f"""## Expressions over the columns of a file

`expression` and `skip_when` in [`sources.yaml`](source_keys.md) are made of the same values and operators over the columns of a
file, without `as_of`, spans and windows ([how](../sources.md#columns-that-are-made-of-others)). An empty cell is not known. Every
example holds for this row.

| column | cell |
|---|---|
{_rows((f"`{column}`", value or "empty") for column, value in ROW.items())}
Of the functions above there are {shared}. Beside them:

| | gives | example |
|---|---|---|
{_rows((sign, words, f"`{example}`") for sign, words, example in OF_FILES)}
| function | gives | example | of what is not known |
|---|---|---|---|
{_rows(_usage(function.usage) for function in FILE_FUNCTIONS.values() if function.usage)}"""


def _usage(usage: Usage) -> tuple[str, ...]:
    return f"`{usage.form}`", usage.gives, f"`{usage.example}`", f"`{usage.of_unknown}`"


def _customer() -> str:
    known = [(f"`{column.name}`", column.type.value, _shown(value)) for column, value in CUSTOMER.items()]
    windows = [(f"`{text}`", "", _shown(value)) for text, value in HAPPENED.items()]
    return _rows([*known, *windows])


def _shown(value: object) -> str:
    return "not known" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _events(source: str) -> tuple[str, ...]:
    columns = [column for column in event_columns(source).values() if kind_of(column)]
    summed = [column.name for column in columns if column.type in SUMMED]
    return f"`{source}`", ", ".join(f"`{column.name}`" for column in columns), ", ".join(f"`{name}`" for name in summed)


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(map(cell, row))} |\n" for row in rows)


if __name__ == "__main__":
    sys.stdout.write(rules_page())
