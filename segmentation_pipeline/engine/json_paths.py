"""Values within nested JSON by name: ``customer.id``, ``items[0].price``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts.engine_function import engine_function

FIRST_ELEMENTS = 5
"""Of a list so many elements have names."""

_PART = re.compile(r"([^.\[\]]+)((?:\[[0-9]+\])*)")
_NESTED = re.compile(rf"{_PART.pattern}(\.{_PART.pattern})*")
LATER_ELEMENT = rf"\[([{FIRST_ELEMENTS}-9]|[0-9]{{2,}})\]"
"""What the name of a value has that is in a later element of a list."""


_text = engine_function("json_extract_string", (dt.string, dt.string), dt.string)
_keys_at = engine_function("json_keys", (dt.string, dt.string), dt.Array(dt.string))


def json_text(line: ir.StringValue, column: str) -> ir.StringValue:
    """The value of a member called ``column``, else of the one within others that its parts name; null where there is none."""
    whole = _text(line, f"$.{_quoted(column)}")
    parts = _parts(column)
    return ibis.coalesce(whole, _text(line, _path(parts))) if parts else whole


def outermost(columns: Sequence[str]) -> list[str]:
    """The members of a record in which the values of ``columns`` may lie."""
    names = [name for column in columns for name in (column, *(part for part, _ in _parts(column)[:1]))]
    return list(dict.fromkeys(names))


def repeats_within(line: ir.StringValue, columns: Sequence[str]) -> ir.BooleanValue:
    """Whether an object within the record gives a member twice in which a value of ``columns`` lies."""
    asked = {(_path(parts[:n]), parts[n][0]) for parts in map(_parts, columns) for n in range(1, len(parts))}
    found = [
        (_keys_at(line, path).filter(lambda key, name=name: key == name).length() > 1).fill_null(False)
        for path, name in sorted(asked)
    ]
    return reduce(lambda one, other: one | other, found, ibis.literal(False))


def _parts(column: str) -> list[tuple[str, str]]:
    """The names along the way to a nested value, each with the places in lists behind it; empty when it is none."""
    if not _NESTED.fullmatch(column) or not ("." in column or "[" in column):
        return []
    return [(found[1], found[2]) for found in _PART.finditer(column)]


def _path(parts: Sequence[tuple[str, str]]) -> str:
    return "$" + "".join(f".{_quoted(name)}{places}" for name, places in parts)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'
