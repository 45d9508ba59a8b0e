"""The pipeline's rules on a table as one plain statement that counts the failing rows of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from segmentation_pipeline.quality.check import Check


def counts_by_hand(table: str, rules: Sequence[Check], as_of: date) -> str:
    """One row with one count per rule, in their order.  Raises ``ValueError`` for a kind of rule not known here."""
    # HAVING makes it one row also when no rule counts over the table itself.
    return f"SELECT {', '.join(_count(table, rule, as_of) for rule in rules)} FROM {table} HAVING count(*) >= 0"


def _count(table: str, rule: Check, as_of: date) -> str:
    arguments = rule.arguments_for(as_of)
    if rule.expectation == "unexpected_rows_expectation":
        [key] = re.findall(r"GROUP BY (.+) HAVING count\(\*\) > 1\)", str(arguments["unexpected_rows_query"]))
        return _repeated(table, key)
    column = f'"{arguments["column"]}"'
    if rule.expectation == "expect_column_values_to_be_unique":
        return _repeated(table, column)
    if rule.expectation == "expect_column_values_to_not_be_null":
        return f"count(*) - count({column})"
    if rule.expectation == "expect_column_values_to_be_in_set":
        values = arguments["value_set"]
        assert isinstance(values, list)
        return f"count(*) FILTER (WHERE {column} NOT IN ({', '.join(map(_literal, values))}))"
    if rule.expectation == "expect_column_values_to_be_between":
        outside = [
            f"{column} {sign} {_literal(arguments[bound])}"
            for bound, sign in (("min_value", "<"), ("max_value", ">"))
            if arguments.get(bound) is not None
        ]
        return f"count(*) FILTER (WHERE {' OR '.join(outside)})"
    raise ValueError(f"rule {rule.name} on {table}: {rule.expectation} has no statement by hand yet")


def _repeated(table: str, key: str) -> str:
    known = " AND ".join(f"{column} IS NOT NULL" for column in key.split(", "))
    groups = f"SELECT count(*) AS repeats FROM {table} WHERE {known} GROUP BY {key} HAVING count(*) > 1"
    return f"(SELECT coalesce(sum(repeats), 0) FROM ({groups}))"


def _literal(value: object) -> str:
    if isinstance(value, int | float):
        return repr(value)
    text = "'" + str(value).replace("'", "''") + "'"
    return f"DATE {text}" if isinstance(value, date) else text
