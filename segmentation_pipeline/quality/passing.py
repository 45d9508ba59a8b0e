"""Which rules every row of a table obeys: a query or two, where Great Expectations takes several steps for each rule.

Nearly every rule holds nearly every night.  What this query does not see to hold is put to Great Expectations, so no rule fails
by what is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check

_BOUNDS = frozenset({"min_value", "max_value"})


def passing(engine: Engine, table: str, rules: Sequence[Check], as_of: date) -> frozenset[str]:
    """The names of rules that hold for all rows of the table.

    Not among them: rules that some rows break or may break, that measure the table as a whole, and those of arguments that are
    not understood here.
    """
    rows = engine.table(table)
    broken = {rule.name: count for rule in rules if not rule.key and (count := _broken(rows, rule, as_of)) is not None}
    counted = engine.rows(rows.aggregate(**broken))[0] if broken else {}
    counted |= {rule.name: engine.count(_shared_keys(rows, rule)) for rule in rules if rule.key}
    return frozenset(name for name, count in counted.items() if count == 0)


def _broken(rows: ir.Table, rule: Check, as_of: date) -> ir.IntegerScalar | None:
    """How many rows break the rule; None where that cannot be told."""
    arguments = rule.arguments_for(as_of)
    name = arguments.pop("column", None)
    breaks = None if name not in rows.columns else _breaks(rows[str(name)], rule.expectation, arguments)
    return None if breaks is None else rows.count(where=breaks)


def _breaks(value: ir.Column, expectation: str, arguments: Mapping[str, object]) -> ir.BooleanColumn | None:
    match expectation:
        case "expect_column_values_to_not_be_null" if not arguments:
            return value.isnull()
        case "expect_column_values_to_be_in_set" if arguments.keys() == {"value_set"}:
            allowed: object = arguments["value_set"]
            return value.notin(allowed) if isinstance(allowed, list) and allowed and _are_like(value, *allowed) else None
        case "expect_column_values_to_be_between" if arguments and arguments.keys() <= _BOUNDS:
            low, high = arguments.get("min_value"), arguments.get("max_value")
            if not _are_like(value, *(bound for bound in (low, high) if bound is not None)):
                return None
            outside = ([value < low] if low is not None else []) + ([value > high] if high is not None else [])
            return reduce(lambda a, b: a | b, outside) if outside else None
    return None


def _are_like(column: ir.Column, *values: object) -> bool:
    """Whether the engine compares the column with these values as they are: where it would have to read one as another type, a
    project's mistake would break the query all rules share."""
    kind = column.type()
    kinds = str if kind.is_string() else date if kind.is_date() else (int, float, Decimal) if kind.is_numeric() else ()
    return all(isinstance(value, kinds) and not isinstance(value, bool) for value in values)


def _shared_keys(rows: ir.Table, rule: Check) -> ir.Table:
    """The keys that several rows have."""
    needed = [name for name in rule.key if name not in rule.optional]
    key = {name: rows[name].fill_null("") if name in rule.optional else rows[name] for name in rule.key}
    whole = rows.filter(*(rows[name].notnull() for name in needed)).select(**key)
    return whole.group_by(*rule.key).having(whole.count() > 1).agg()
