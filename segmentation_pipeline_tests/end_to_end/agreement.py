"""Two publications compared, table by table and value by value, whichever engines made them."""

from __future__ import annotations

import math
from itertools import zip_longest
from pathlib import Path

from segmentation_pipeline.engine.published import reading

TOLERANCE = 1e-9
"""Relative; only for fractions, whose sums depend on the order rows are met in."""

OF_THE_RUN = {("model_registry", "code_version"), ("model_registry", "data_fingerprint"), ("publication", "fingerprint")}
"""Columns that name program and configuration, and so the engine."""

Table = tuple[dict[str, str], list[tuple[object, ...]]]


def contents(path: Path) -> dict[str, Table]:
    """Every table: its columns with their types, and its rows in an order of their own."""
    with reading(path) as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()]
        found: dict[str, Table] = {}
        for name in sorted(names):
            told = connection.execute(f'DESCRIBE "{name}"').fetchall()
            types = {column: kind for column, kind, *_ in told if (name, column) not in OF_THE_RUN}
            listed = ", ".join(f'"{column}"' for column in types)
            found[name] = types, sorted(connection.execute(f'SELECT {listed} FROM "{name}"').fetchall(), key=_place)
    return found


def differences(one: Path, other: Path, may_be_empty: frozenset[str] = frozenset()) -> list[str]:
    """What differs, in words; a table without rows says nothing and counts as a difference."""
    left, right = contents(one), contents(other)
    told = [f"only one has {name}" for name in sorted(left.keys() ^ right.keys())]
    for name in sorted(left.keys() & right.keys()):
        (types, rows), (other_types, other_rows) = left[name], right[name]
        if types != other_types:
            told.append(f"{name}: columns {types} and {other_types}")
        elif not rows and not other_rows and name not in may_be_empty:
            told.append(f"{name}: empty on both")
        else:
            unequal = [pair for pair in zip_longest(rows, other_rows) if not _equal(*pair)]
            told += [f"{name}: {len(unequal)} rows differ, such as {unequal[0]}"] if unequal else []
    return told


def _place(row: tuple[object, ...]) -> list[str]:
    return [f"{value:.6g}" if isinstance(value, float) else str(value) for value in row]


def _equal(one: tuple[object, ...] | None, other: tuple[object, ...] | None) -> bool:
    return one is not None and other is not None and all(map(_same, one, other))


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return one == other
