"""The kinds of rule contracts imply, each made from a column or a key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.quality.check import AS_OF, Check, Severity

PROVENANCE = ("_file", "_row")
"""Where a clean row came from: source file and record number."""


def not_null(table: str, column: str, severity: Severity = "error") -> Check:
    return Check(
        name=f"{column}_not_null",
        table=table,
        expectation="expect_column_values_to_not_be_null",
        arguments={"column": column},
        severity=severity,
        column=column,
        description=f"{column} must not be empty",
        catches=f"A value that must be known is missing; a failing row has no {column}.",
    )


def unique(table: str, keys: Sequence[str], provenance: Sequence[str] = (), optional: Collection[str] = ()) -> Check:
    """No two rows share the key.  Rows with an empty key are not compared; of ``optional`` texts in it one that is empty
    equals another.

    A key of several columns is stated as a query: Great Expectations' own rule joins the counts
    back to all rows, which took twice as long on 5 million rows with little memory.
    """
    words = f"{', '.join(keys[:-1])} and {keys[-1]} together" if len(keys) > 1 else keys[0]
    expectation, arguments = "expect_column_values_to_be_unique", {"column": keys[0]}
    if len(keys) > 1:
        expectation, arguments = "unexpected_rows_expectation", {"unexpected_rows_query": _duplicates(keys, provenance, optional)}
    return Check(
        name=f"{'_'.join(keys)}_unique",
        table=table,
        expectation=expectation,
        arguments=arguments,
        severity="error",
        column=keys[0] if len(keys) == 1 else None,
        key=tuple(keys),
        optional=frozenset(optional),
        description=f"{words} must be unique",
        catches="The same thing counted twice; a failing row shares its key with another row.",
    )


def _duplicates(keys: Sequence[str], provenance: Sequence[str], optional: Collection[str]) -> str:
    """The query of all rows that share their key; ``{batch}`` is Great Expectations' name for the table."""
    key = ", ".join(f"coalesce({_quoted(name)}, '')" if name in optional else _quoted(name) for name in keys)
    shown = ", ".join(_quoted(column) for column in dict.fromkeys((*provenance, *keys)))
    return (
        f"SELECT {shown} FROM {{batch}} WHERE ({key}) IN "
        f"(SELECT {key} FROM {{batch}} GROUP BY {key} HAVING count(*) > 1) ORDER BY {shown}"
    )


def allowed(table: str, column: Column, severity: Severity = "error") -> Check:
    return Check(
        name=f"{column.name}_allowed",
        table=table,
        expectation="expect_column_values_to_be_in_set",
        arguments={"column": column.name, "value_set": list(column.allowed)},
        severity=severity,
        column=column.name,
        description=f"{column.name} must be one of {', '.join(column.allowed)}",
        catches=f"A value no later step knows; a failing row has another {column.name}.",
    )


def in_range(table: str, column: Column, severity: Severity = "error") -> Check:
    low, high = (None if bound is None else f"{bound:.15g}" for bound in (column.minimum, column.maximum))
    words = f"between {low} and {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    arguments: dict[str, object] = {"column": column.name}
    if column.minimum is not None:
        arguments["min_value"] = column.minimum
    if column.maximum is not None:
        arguments["max_value"] = column.maximum
    return Check(
        name=f"{column.name}_in_range",
        table=table,
        expectation="expect_column_values_to_be_between",
        arguments=arguments,
        severity=severity,
        column=column.name,
        description=f"{column.name} must be {words}",
        catches=f"A wrong sign, unit or separator; a failing row has a {column.name} outside the limits.",
    )


def not_after_as_of(table: str, column: str) -> Check:
    return Check(
        name=f"{column}_not_after_as_of",
        table=table,
        expectation="expect_column_values_to_be_between",
        arguments={"column": column, "max_value": AS_OF},
        severity="error",
        column=column,
        description=f"{column} must not be after as_of",
        catches="Knowledge of the future; a failing row happened after the day the run is for.",
    )


def not_before(table: str, column: str, earliest: date) -> Check:
    return Check(
        name=f"{column}_not_before_earliest",
        table=table,
        expectation="expect_column_values_to_be_between",
        arguments={"column": column, "min_value": earliest},
        severity="error",
        column=column,
        description=f"{column} must not be before {earliest}",
        catches="Placeholder and mistyped dates such as 1970-01-01; a failing row is older than the shop can be.",
    )


def column_rules(table: str, column: Column) -> tuple[Check, ...]:
    """All that a column's declaration implies."""
    rules: list[Check] = []
    if column.null_means is None:
        rules.append(not_null(table, column.name))
    if column.allowed:
        rules.append(allowed(table, column))
    if column.minimum is not None or column.maximum is not None:
        rules.append(in_range(table, column))
    return tuple(rules)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
