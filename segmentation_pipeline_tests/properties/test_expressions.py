"""Random expressions against plain Python: the same number, or refused; never a number made of what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segmentation_pipeline.config.schema import ColumnMapping, SourceConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.derived import contract_values
from segmentation_pipeline.rules.file_columns import UNREADABLE
from segmentation_pipeline.rules.lexer import MAX_PARENTHESES
from segmentation_pipeline_tests.examples import examples

Tree = tuple[Any, ...]
Row = dict[str, str | None]

BAD = "bad"
CELLS = (None, " 2 ", "1.5", "x", "-3", "0", "")
ROWS: list[Row] = [dict(zip("ab", cells, strict=True)) for cells in product(CELLS, CELLS)]


class Unreadable(Exception):
    """What was needed cannot be read."""


def written(tree: Tree) -> str:
    match tree:
        case ("column" | "literal", text):
            return str(text)
        case ("coalesce" | "nullif" | "greatest" | "least", one, other):
            return f"{tree[0]}({written(one)}, {written(other)})"
        case ("abs", one):
            return f"abs({written(one)})"
        case ("minus", one):
            return f"(-({written(one)}))"
        case ("case", condition, one, None):
            return f"case when {written(condition)} then {written(one)} end"
        case ("case", condition, one, other):
            return f"case when {written(condition)} then {written(one)} else {written(other)} end"
        case ("known", one):
            return f"({written(one)}) is not null"
        case ("not", one):
            return f"not ({written(one)})"
        case (sign, one, other):
            return f"({written(one)} {sign} {written(other)})"
    raise AssertionError(tree)


def number(text: str | None) -> Decimal | None:
    if text is None or not text.strip():
        return None
    try:
        return Decimal(text.strip())
    except ArithmeticError:
        raise Unreadable from None


def value(tree: Tree, row: Row) -> Any:
    """The value of an expression for one row; None is unknown.  Raises ``Unreadable``."""
    match tree:
        case ("column", name):
            return number(row[name])
        case ("literal", text):
            return Decimal(text)
        case ("coalesce", one, other):
            first = value(one, row)
            return value(other, row) if first is None else first
        case ("case", condition, one, other):
            chosen = one if value(condition, row) else other
            return None if chosen is None else value(chosen, row)
        case ("known", one):
            try:
                return is_there(one, row)
            except Unreadable:
                return False
        case ("abs" | "minus" | "not", one):
            found = value(one, row)
            return None if found is None else {"abs": abs, "minus": lambda v: -v, "not": lambda v: not v}[tree[0]](found)
    sign, one, other = tree
    left, right = value(one, row), value(other, row)
    if sign in ("and", "or"):
        decisive = sign == "or"
        return decisive if decisive in (left, right) else None if None in (left, right) else not decisive
    if sign in ("greatest", "least"):
        known = [each for each in (left, right) if each is not None]
        return (max(known) if sign == "greatest" else min(known)) if known else None
    if sign == "nullif":
        return None if left == right else left
    if left is None or right is None:
        return None
    operations = {"+": left.__add__, "-": left.__sub__, "*": left.__mul__, "<": left.__lt__, ">=": left.__ge__, "=": left.__eq__}
    return operations[sign](right)


def is_there(tree: Tree, row: Row) -> bool:
    """Whether there is a value; one of the file that nothing is calculated with is there whatever stands in it."""
    match tree:
        case ("column", name):
            return bool((row[name] or "").strip())
        case ("coalesce", one, other) if not has_kind(tree):
            return is_there(one, row) or is_there(other, row)
        case ("case", condition, one, other) if not has_kind(tree):
            chosen = one if value(condition, row) else other
            return chosen is not None and is_there(chosen, row)
    return value(tree, row) is not None


def has_kind(tree: Tree) -> bool:
    """Whether it is a number before it is used as one, as no value of the file is."""
    match tree:
        case ("column", _):
            return False
        case ("coalesce", *parts) | ("case", _, *parts):
            return any(has_kind(part) for part in parts if part)
    return True


LITERALS = [("literal", "0"), ("literal", "2"), ("literal", "0.25")]
LEAVES = [("column", "a"), ("column", "b"), *LITERALS]
MOST = 13
"""Expressions cost at most this.  Each part costs at least the parentheses that it opens, a leaf one: none has too many."""
assert MOST - 1 <= MAX_PARENTHESES


def _shares(draw: st.DrawFn, cost: int, *least: int) -> list[int]:
    """What each part may cost, together ``cost``."""
    shares: list[int] = []
    for place, smallest in enumerate(least[:-1], 1):
        shares.append(draw(st.integers(smallest, cost - sum(shares) - sum(least[place:]))))
    return [*shares, cost - sum(shares)]


def _number(draw: st.DrawFn, cost: int, *, known: bool = False) -> Tree:
    """A number of at most this cost.  Known: its kind is known before it is used, as it is of no bare value of the file."""
    if cost <= 2:
        return draw(st.sampled_from(LITERALS if known else LEAVES))
    kinds = {"abs": 3, "minus": 3, "+": 3, "-": 3, "*": 3, "coalesce": 3, "nullif": 3, "greatest": 3, "least": 3, "case": 5}
    match draw(st.sampled_from([kind for kind, least in kinds.items() if least <= cost])):
        case "minus":
            return ("minus", _number(draw, cost - 2))
        case "abs":
            return ("abs", _number(draw, cost - 1))
        case "nullif" | "greatest" | "least" as name:
            return (name, *_pair(draw, cost - 1))
        case "coalesce":
            return ("coalesce", *(_pair if known else _any_pair)(draw, cost - 1))
        case "case":
            asked, chosen = _shares(draw, cost - 1, 3, 1)
            condition = _condition(draw, asked)
            if chosen == 1 or draw(st.booleans()):
                return ("case", condition, _number(draw, chosen, known=known), None)
            return ("case", condition, *(_pair if known else _any_pair)(draw, chosen))
        case sign:
            return (sign, *_any_pair(draw, cost - 1))


def _any_pair(draw: st.DrawFn, cost: int) -> tuple[Tree, Tree]:
    one, other = _shares(draw, cost, 1, 1)
    return _number(draw, one), _number(draw, other)


def _pair(draw: st.DrawFn, cost: int) -> tuple[Tree, Tree]:
    """Two of which one is known: two bare values of the file would be compared as texts."""
    one, other = _shares(draw, cost, 1, 1)
    first = draw(st.booleans())
    return _number(draw, one, known=first), _number(draw, other, known=not first)


def _condition(draw: st.DrawFn, cost: int) -> Tree:
    kinds = {"known": 2, "not": 3, "<": 3, ">=": 3, "=": 3, "and": 5, "or": 5}
    match draw(st.sampled_from([kind for kind, least in kinds.items() if least <= cost])):
        case "known":
            return ("known", _number(draw, cost - 1))
        case "not":
            return ("not", _condition(draw, cost - 1))
        case "and" | "or" as word:
            one, other = _shares(draw, cost - 1, 2, 2)
            return (word, _condition(draw, one), _condition(draw, other))
        case sign:
            return (sign, *_pair(draw, cost - 1))


@st.composite
def expressions(draw: st.DrawFn) -> Tree:
    """Built whole, nothing thrown away: kinds and parentheses are right because of how an expression is put together."""
    return _number(draw, draw(st.integers(3, MOST)))


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    table = engine.memtable(
        {name: [row[name] for row in ROWS] for name in "ab"} | {"_row": list(range(len(ROWS)))},
        {"a": "string", "b": "string", "_row": "int64"},
    )
    engine.write("raw.file", table)
    yield engine
    engine.close()


@pytest.mark.slow
@examples(25, 500)
@given(expressions())
@example(("case", ("known", ("greatest", ("column", "a"), ("literal", "0"))), ("literal", "2"), ("literal", "0.25")))
@example(("case", ("known", ("coalesce", ("column", "a"), ("column", "b"))), ("literal", "2"), ("column", "b")))
def test_the_same_number_or_refused(engine: DuckDBEngine, tree: Tree) -> None:
    records = engine.table("raw.file")
    mapping = ColumnMapping.model_validate({"expression": written(tree)})
    config = SourceConfig.model_validate({"files": "x", "columns": {"amount": mapping}})
    made = contract_values(engine, records, "orders", config, native=False)["amount"]
    found = {int(str(row["_row"])): row["made"] for row in engine.rows(records.select("_row", made=made))}
    for place, row in enumerate(ROWS):
        try:
            wanted = value(tree, row)
        except Unreadable:
            wanted = BAD
        text = found[place]
        got = BAD if str(text).startswith(UNREADABLE) else None if text is None else Decimal(str(text))
        if isinstance(wanted, Decimal):
            assert isinstance(got, Decimal) and abs(got - wanted) < Decimal("0.000002"), (written(tree), row, wanted, text)
        elif wanted == BAD:
            # Every part of 'and', 'or' and a calculation is asked, whether it decides or not.
            assert got == BAD, (written(tree), row, text)
        else:
            assert got is wanted, (written(tree), row, wanted, text)


_parts = st.text(alphabet="-\\/a1", max_size=4)


@examples(10, 100)
@given(st.lists(st.tuples(_parts, _parts, _parts), min_size=2, max_size=60, unique=True), st.sampled_from(["-", "/"]))
def test_other_parts_make_another_key(engine: DuckDBEngine, rows: list[tuple[str, ...]], separator: str) -> None:
    columns = {name: [row[place] for row in rows] for place, name in enumerate("abc")}
    table = engine.memtable({**columns, "_row": list(range(len(rows)))}, {**dict.fromkeys("abc", "string"), "_row": "int64"})
    mapping = ColumnMapping.model_validate({"from": ["a", "b", "c"], "separator": separator})
    config = SourceConfig.model_validate({"files": "x", "columns": {"order_id": mapping}})
    key = contract_values(engine, table, "orders", config, native=False)["order_id"]
    made = {int(str(row["_row"])): row["key"] for row in engine.rows(table.select("_row", key=key))}
    whole = [place for place, row in enumerate(rows) if all(row)]
    assert [place for place, key in sorted(made.items()) if key is not None] == whole
    assert len({made[place] for place in whole}) == len(whole)
