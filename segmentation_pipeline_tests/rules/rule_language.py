"""A second, independent meaning of rules: plain Python over dictionaries, and random rules for it.

The tree of a rule is nested tuples, ``(operator, part, ...)``.  ``written`` gives its text,
``value_of`` its value for one row with SQL's three-valued logic, ``conditions`` random trees.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from segmentation_pipeline.contracts.columns import Column, Type

AS_OF = date(2024, 3, 1)

COLUMNS = {
    name: Column(name, kind, name)
    for name, kind in {
        "frequency": Type.INTEGER,
        "recency_days": Type.INTEGER,
        "monetary": Type.MONEY,
        "clv": Type.MONEY,
        "p_alive": Type.NUMBER,
        "city": Type.TEXT,
        "country": Type.TEXT,
        "opted_in": Type.BOOLEAN,
        "last_order_date": Type.DAY,
    }.items()
}

ROWS: list[dict[str, Any]] = [
    {
        "frequency": 0,
        "recency_days": None,
        "monetary": Decimal("0.00"),
        "clv": None,
        "p_alive": None,
        "city": None,
        "country": "DE",
        "opted_in": None,
        "last_order_date": None,
    },
    {
        "frequency": 1,
        "recency_days": 60,
        "monetary": Decimal("0.30"),
        "clv": Decimal("0.10"),
        "p_alive": 0.5,
        "city": "Ulm",
        "country": "DE",
        "opted_in": True,
        "last_order_date": date(2024, 1, 1),
    },
    {
        "frequency": 3,
        "recency_days": 1,
        "monetary": Decimal("-12.50"),
        "clv": Decimal("0.20"),
        "p_alive": 0.25,
        "city": "ULM",
        "country": None,
        "opted_in": False,
        "last_order_date": date(2024, 2, 29),
    },
    {
        "frequency": 40,
        "recency_days": 0,
        "monetary": Decimal("999999.99"),
        "clv": Decimal("1.15"),
        "p_alive": 1.0,
        "city": "a'b%",
        "country": "AT",
        "opted_in": True,
        "last_order_date": date(2024, 3, 1),
    },
    {
        "frequency": 5,
        "recency_days": 365,
        "monetary": Decimal("10.05"),
        "clv": Decimal("2.25"),
        "p_alive": 0.0,
        "city": "",
        "country": "",
        "opted_in": None,
        "last_order_date": date(2020, 2, 29),
    },
]


def _of_type(*types: Type) -> list[str]:
    return [name for name, column in COLUMNS.items() if column.type in types]


def _columns(*types: Type) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.sampled_from([("column", name) for name in _of_type(*types)])


_numbers = st.one_of(
    _columns(Type.INTEGER, Type.MONEY, Type.NUMBER),
    st.sampled_from(["0", "1", "3", "60", "0.1", "0.30", "0.5", "12.50"]).map(lambda text: ("number", text)),
)
_texts = st.one_of(
    _columns(Type.TEXT), st.sampled_from(["", "DE", "AT", "Ulm", "ulm", "a'b%", "x"]).map(lambda text: ("text", text))
)
_days = st.one_of(
    _columns(Type.DAY), st.just(("as_of",)), st.sampled_from([date(2024, 1, 1), date(2024, 3, 1)]).map(lambda day: ("day", day))
)
_days_made = st.recursive(
    _days,
    lambda inner: st.tuples(
        st.sampled_from(["later", "earlier"]),
        inner,
        st.sampled_from([0, 1, 12, 29]),
        st.sampled_from(["day", "days", "weeks", "month", "months", "years"]),
    ),
    max_leaves=3,
)
_of_year = st.sampled_from(["01-01", "02-28", "02-29", "03-01", "12-24"])
_texts_made = st.recursive(
    _texts,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["lower", "upper"]), inner),
        st.tuples(st.sampled_from(["coalesce", "greatest", "least"]), inner, inner),
    ),
    max_leaves=3,
)
_numbers_made = st.recursive(
    st.one_of(_numbers, st.tuples(st.sampled_from(["days_since", "day_of", "month_of", "weekday_of", "year_of"]), _days_made)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "/"]), inner, inner),
        st.tuples(st.just("*"), inner, _numbers.filter(lambda tree: tree[0] == "number")),
        st.tuples(st.sampled_from(["neg", "abs"]), inner),
        st.tuples(st.sampled_from(["coalesce", "greatest", "least"]), inner, inner),
    ),
    max_leaves=4,
)
_comparison = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])


def _atoms(values: st.SearchStrategy[Any], literals: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(_comparison, values, values),
        st.tuples(st.sampled_from(["between", "not between"]), values, values, values),
        st.tuples(st.sampled_from(["in", "not in"]), values, st.lists(literals, min_size=1, max_size=3)),
        st.tuples(st.sampled_from(["is null", "is not null"]), values),
    )


_atom = st.one_of(
    _atoms(_numbers_made, _numbers.filter(lambda tree: tree[0] == "number")),
    _atoms(_texts_made, _texts.filter(lambda tree: tree[0] == "text")),
    _atoms(_days_made, _days.filter(lambda tree: tree[0] != "column")),
    st.tuples(st.just("in_season"), _days_made, _of_year, _of_year),
    st.tuples(
        st.sampled_from(["like", "not like", "ilike", "not ilike"]),
        _texts_made,
        st.sampled_from(["%", "U%", "%m", "_lm", "a'b%", ""]),
    ),
    _columns(Type.BOOLEAN),
    st.sampled_from([("true",), ("false",)]),
)
conditions = st.recursive(
    _atom,
    lambda inner: st.one_of(st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner)),
    max_leaves=6,
)


def written(tree: tuple[Any, ...]) -> str:
    """The tree as rule text."""
    match tree:
        case ("column", name):
            return str(name)
        case ("number", text):
            return str(text)
        case ("text", text):
            return "'" + text.replace("'", "''") + "'"
        case ("day", day):
            return f"date '{day}'"
        case (("as_of" | "true" | "false") as word,):
            return str(word)
        case ("neg", inner):
            return f"(- {written(inner)})"
        case ("not", inner):
            return f"(not {written(inner)})"
        case (("between" | "not between") as word, value, low, high):
            return f"({written(value)} {word} {written(low)} and {written(high)})"
        case (("in" | "not in") as word, value, items):
            return f"({written(value)} {word} ({', '.join(map(written, items))}))"
        case (("is null" | "is not null") as word, inner):
            return f"({written(inner)} {word})"
        case (("later" | "earlier") as word, inner, count, unit):
            return f"({written(inner)} {'+' if word == 'later' else '-'} {count} {unit})"
        case ("in_season", inner, first, last):
            return f"in_season({written(inner)}, '{first}', '{last}')"
        case (("like" | "not like" | "ilike" | "not ilike") as word, inner, pattern):
            return f"({written(inner)} {word} {written(('text', pattern))})"
        case (name, *arguments) if name.isidentifier() and name not in ("and", "or"):
            return f"{name}({', '.join(map(written, arguments))})"
        case (sign, left, right):
            return f"({written(left)} {sign} {written(right)})"
    raise AssertionError(tree)


def is_double(tree: tuple[Any, ...]) -> bool:
    """Whether the value is a floating-point number: a double column or a division is in it."""
    match tree:
        case ("column", name):
            return COLUMNS[name].type is Type.NUMBER
        case ("/", *_):
            return True
        case (("+" | "-" | "*" | "neg" | "abs" | "coalesce" | "greatest" | "least"), *parts):
            return any(map(is_double, parts))
    return False


def value_of(tree: tuple[Any, ...], row: dict[str, Any]) -> Any:
    """The tree's value for one row; None is unknown."""
    match tree:
        case ("column", name):
            return row[name]
        case ("number", text):
            return Decimal(text)
        case ("text" | "day", value):
            return value
        case ("as_of",):
            return AS_OF
        case ("true",):
            return True
        case ("false",):
            return False
        case ("and", left, right):
            known = [value_of(left, row), value_of(right, row)]
            return False if False in known else None if None in known else True
        case ("or", left, right):
            known = [value_of(left, row), value_of(right, row)]
            return True if True in known else None if None in known else False
        case ("is null", inner):
            return value_of(inner, row) is None
        case ("is not null", inner):
            return value_of(inner, row) is not None
        case ("between", value, low, high):
            return value_of(("and", (">=", value, low), ("<=", value, high)), row)
        case ("in", value, items):
            found = value_of(value, row)
            return None if found is None else any(value_of(("=", value, item), row) for item in items)
        case (("not between" | "not in" | "not like" | "not ilike") as word, *rest):
            return value_of(("not", (word.removeprefix("not "), *rest)), row)
        case (("like" | "ilike") as word, inner, pattern):
            found = value_of(inner, row)
            expression = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in pattern)
            flags = re.DOTALL | (re.IGNORECASE if word == "ilike" else 0)
            return None if found is None else re.fullmatch(expression, found, flags) is not None
        case (("later" | "earlier") as word, inner, count, unit):
            found = value_of(inner, row)
            return None if found is None else _moved(found, count if word == "later" else -count, unit.removesuffix("s"))
        case ("in_season", inner, first, last):
            found = value_of(inner, row)
            if found is None:
                return None
            day = f"{found:%m-%d}"
            return first <= day <= last if first <= last else not last < day < first
        case (("coalesce" | "greatest" | "least") as name, *_):
            known = [value for value in _values(tree, row) if value is not None]
            if name == "coalesce":
                return next(iter(known), None)
            return (max if name == "greatest" else min)(known, default=None)
        case (operation, *_):
            values = _values(tree, row)
            return None if None in values else _apply(operation, values)
    raise AssertionError(tree)


def _moved(day: date, count: int, unit: str) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _values(tree: tuple[Any, ...], row: dict[str, Any]) -> list[Any]:
    """The values of a node's parts; where one of them is floating-point, all are made so."""
    values = [value_of(part, row) for part in tree[1:]]
    if any(map(is_double, tree[1:])):
        return [None if value is None else float(value) for value in values]
    return values


def _apply(operation: str, values: list[Any]) -> Any:
    match operation, values:
        case ("+" | "-" | "*", [left, right]):
            return {"+": left + right, "-": left - right, "*": left * right}[operation]
        case "/", [left, right]:
            return None if right == 0 else float(left) / float(right)
        case "neg", [value]:
            return -value
        case "abs", [value]:
            return abs(value)
        case "not", [value]:
            return not value
        case "lower", [text]:
            return text.lower()
        case "upper", [text]:
            return text.upper()
        case "days_since", [day]:
            return (AS_OF - day).days
        case "day_of", [day]:
            return day.day
        case "weekday_of", [day]:
            return day.isoweekday()
        case "month_of", [day]:
            return day.month
        case "year_of", [day]:
            return day.year
        case sign, [left, right]:
            return {
                "=": left == right,
                "<>": left != right,
                "!=": left != right,
                "<": left < right,
                "<=": left <= right,
                ">": left > right,
                ">=": left >= right,
            }[sign]
    raise AssertionError(operation)
