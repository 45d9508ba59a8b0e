"""The functions of expressions over the columns of a file: what each takes and what it means in Ibis.

A function is one entry in ``FILE_FUNCTIONS``: what values of the file are read as that are given to it, and what it
makes.  An empty text is no value, so what leaves nothing of a text is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import cast

import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.rules.expression_parts import (
    READ_NUMBER,
    RECEIVED,
    Received,
    any_doubt,
    first_known,
    read_as,
    settled_together,
)
from segmentation_pipeline.rules.functions import FUNCTIONS, Built
from segmentation_pipeline.rules.typed_expr import BROKEN, Scope, TypedExpr
from segmentation_pipeline.rules.usage import Usage
from segmentation_pipeline.rules.value_kinds import DAY, DOUBLE, INTEGER, TEXT, UNKNOWN, Kind, common

_MOST_CHARACTERS = 10_000
_LONGEST_PATTERN = 200
_DECIMALS = 6
_OTHER_ON_ENGINES = re.compile(r"\[\[:|&&|\\[bBAzZCGRXhHvVKkQE]|\(\?(?!:)")
"""Syntax of patterns that engines do not have or do not take alike."""
_DIRECTIVE = re.compile(r"%-?.?")
_OF_DAYS = {f"%{dash}{letter}" for letter in "YymdBbjHMSIpf" for dash in ("", "-")}


@dataclass(frozen=True, slots=True)
class FileFunction:
    """``takes``: what values of the file are read as; None: as what stands beside them.  ``usage`` is for the reference; without
    one it is that of the function of rules."""

    takes: Kind | None
    make: Callable[[list[TypedExpr]], Built]
    usage: Usage | None = None


def rendered(part: TypedExpr) -> Callable[[Scope], ir.StringValue]:
    """The part as a text: numbers by their digits, with at most six decimals and no needless zeros; days as 2024-01-31."""

    def build(scope: Scope) -> ir.StringValue:
        value = part.build(scope)
        if part.kind.name != DOUBLE.name or isinstance(value.type(), dt.Integer):
            return cast(ir.StringValue, value.cast("string"))
        # Small decimals of more places are spelled in powers of ten by Spark.
        digits = cast(ir.StringValue, value.try_cast(dt.Decimal(38, _DECIMALS)).cast("string"))
        return cast(ir.StringValue, digits.re_extract(r"^-?[0-9]+([.][0-9]*[1-9])?", 0).nullif(""))

    return build


def _are_texts(arguments: Sequence[TypedExpr]) -> bool:
    return all(part.kind in (TEXT, UNKNOWN) for part in arguments)


def _text_of(method: Callable[[ir.StringValue], ir.StringValue], example: str) -> Callable[[list[TypedExpr]], Built]:
    def make(arguments: list[TypedExpr]) -> Built:
        if len(arguments) != 1 or not _are_texts(arguments):
            return f"one text, such as {example}"
        return TypedExpr(TEXT, lambda scope: method(arguments[0].build(scope)).nullif(""))

    return make


def _concat(arguments: list[TypedExpr]) -> Built:
    if len(arguments) < 2 or not _are_texts(arguments):
        return 'two or more texts, such as concat("First name", \' \', "Last name"); what is empty is left out'

    def build(scope: Scope) -> ir.Value:
        parts = [part.build(scope).fill_null("") for part in arguments]
        return reduce(lambda left, right: left + right, parts).nullif("")

    return TypedExpr(TEXT, build)


def _replace(arguments: list[TypedExpr]) -> Built:
    old, new = (arguments[1].text, arguments[2].text) if len(arguments) == 3 else (None, None)
    if not old or new is None or not _are_texts(arguments):
        return "a text, what to replace in it and what by, both in single quotes, such as replace(sku, '-', '')"
    return TypedExpr(TEXT, lambda scope: arguments[0].build(scope).replace(old, new).nullif(""))


def _substring(arguments: list[TypedExpr]) -> Built:
    expected = "a text, the first character (from 1) and perhaps how many, such as substring(sku, 1, 3)"
    numbers = [part.value for part in arguments[1:]]
    if len(arguments) not in (2, 3) or not _are_texts(arguments[:1]):
        return expected
    if not all(isinstance(number, int) and 1 <= number <= _MOST_CHARACTERS for number in numbers):
        return expected
    start, *length = (cast(int, number) for number in numbers)
    return TypedExpr(TEXT, lambda scope: arguments[0].build(scope).substr(start - 1, *(length or [_MOST_CHARACTERS])).nullif(""))


def _length(arguments: list[TypedExpr]) -> Built:
    if len(arguments) != 1 or not _are_texts(arguments):
        return "one text, such as length(sku)"
    return TypedExpr(INTEGER, lambda scope: arguments[0].build(scope).length().cast(INTEGER.dtype))


def _extract(arguments: list[TypedExpr]) -> Built:
    pattern = arguments[1].text if len(arguments) == 2 else None
    if pattern is None or not _are_texts(arguments):
        return "a text and a pattern in single quotes, such as extract(\"Tags\", 'ord-([0-9]+)')"
    if wrong := _wrong_pattern(pattern):
        return wrong
    group = min(re.compile(pattern).groups, 1)
    return TypedExpr(TEXT, lambda scope: arguments[0].build(scope).re_extract(pattern, group).nullif(""))


def _wrong_pattern(pattern: str) -> str | None:
    """What is expected in place of a pattern that engines cannot read, or would read differently."""
    if not pattern or len(pattern) > _LONGEST_PATTERN:
        return f"a pattern of 1 to {_LONGEST_PATTERN} characters"
    if found := _OTHER_ON_ENGINES.search(pattern.replace("\\\\", "")):
        return f"a pattern without {found[0]!r}, which engines read differently"
    import pyarrow as pa  # here: reading the configuration of a project without patterns shall not wait for it
    import pyarrow.compute as pc

    try:
        # The library of regular expressions that DuckDB has too: without back references and looking around.
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
        groups = re.compile(pattern).groups
    except (pa.ArrowInvalid, re.error) as error:
        return f"a regular expression ({str(error).splitlines()[0]})"
    return "a pattern with at most one group in parentheses, which is what is taken" if groups > 1 else None


def _parse_date(arguments: list[TypedExpr]) -> Built:
    pattern = arguments[1].text if len(arguments) == 2 else None
    expected = "a text and its pattern in single quotes, such as parse_date(\"Date\", '%d.%m.%Y')"
    if pattern is None or not _are_texts(arguments):
        return expected
    directives = set(_DIRECTIVE.findall(pattern.replace("%%", "")))
    if strange := sorted(directives - _OF_DAYS):
        return f"{expected}; not {strange[0]}"
    plain = {directive.replace("-", "") for directive in directives}
    if not (plain & {"%Y", "%y"} and ("%j" in plain or ("%d" in plain and plain & {"%m", "%b", "%B"}))):
        return f"{expected}, with year, month and day"
    text = arguments[0]
    read = read_as(DAY, text.build, (pattern,), text.column)
    return replace(read, doubt=any_doubt([text.doubt, read.doubt]))


def _number(arguments: list[TypedExpr]) -> Built:
    if len(arguments) != 1 or not _are_texts(arguments):
        return 'one text that is to be read as a number, such as number("Total")'
    text = arguments[0]
    read = read_as(READ_NUMBER, text.build, (), text.column)
    return replace(read, doubt=any_doubt([text.doubt, read.doubt]))


def _text(arguments: list[TypedExpr]) -> Built:
    if len(arguments) != 1 or arguments[0].kind.name not in (TEXT.name, DOUBLE.name, DAY.name, UNKNOWN.name):
        return "one number, day or text, such as text(round(price, 2))"
    return TypedExpr(TEXT, rendered(arguments[0]))


def _nullif(arguments: list[TypedExpr]) -> Built:
    kind = common([part.kind for part in arguments]) if len(arguments) == 2 else None
    if kind is None:
        return "a value and the one that stands for none, such as nullif(\"User ID\", '0')"
    if kind == UNKNOWN:
        return BROKEN
    return TypedExpr(kind, lambda scope: arguments[0].build_as(kind, scope).nullif(arguments[1].build_as(kind, scope)))


def _by_size(name: str) -> Callable[[list[TypedExpr]], Built]:
    def make(arguments: list[TypedExpr]) -> Built:
        if len(arguments) < 2 or any(part.kind == TEXT for part in arguments):
            return f"two or more numbers or days, such as {name}(number(price), paid)"
        return FUNCTIONS[name].make(arguments)

    return make


def _coalesce(arguments: list[TypedExpr]) -> Built:
    """Of values of the file only it is one itself, read as what it is used as."""
    if len(arguments) >= 2 and all(part.kind == RECEIVED for part in arguments):

        def use(kind: Kind) -> TypedExpr:
            parts = [cast(Received, part).used_as(kind) for part in arguments]
            return first_known(parts, parts[0].kind)

        return Received(RECEIVED, use(TEXT).build, use=use)
    parts = settled_together(arguments)
    kind = common([part.kind for part in parts]) if len(parts) >= 2 else None
    if kind is None:
        return "two or more values of one kind, such as coalesce(mobile, phone)"
    return BROKEN if kind == UNKNOWN else first_known(parts, kind)


FILE_FUNCTIONS: dict[str, FileFunction] = {
    "abs": FileFunction(DOUBLE, FUNCTIONS["abs"].make),
    "coalesce": FileFunction(RECEIVED, _coalesce),
    "concat": FileFunction(
        TEXT,
        _concat,
        Usage(
            "concat(text, text, ...)",
            "the texts one after the other, without those that are empty",
            "concat(Name, '/', Tags) = '#1001/web ord-17'",
            "concat(Name, Note) = '#1001'",
        ),
    ),
    "day_of": FileFunction(DAY, FUNCTIONS["day_of"].make),
    "extract": FileFunction(
        TEXT,
        _extract,
        Usage(
            "extract(text, 'pattern')",
            "what the regular expression finds first: what is in its parentheses, or all it matches; unknown where it does not",
            "extract(Tags, 'ord-([0-9]+)') = '17'",
            "extract(Note, 'ord-([0-9]+)') is null",
        ),
    ),
    "greatest": FileFunction(None, _by_size("greatest")),
    "least": FileFunction(None, _by_size("least")),
    "length": FileFunction(
        TEXT, _length, Usage("length(text)", "how many characters it has", "length(Tags) = 10", "length(Note) is null")
    ),
    "lower": FileFunction(TEXT, _text_of(lambda text: text.lower(), 'lower("Tags")')),
    "month_of": FileFunction(DAY, FUNCTIONS["month_of"].make),
    "nullif": FileFunction(
        None,
        _nullif,
        Usage(
            "nullif(value, value)",
            "the first value; unknown where it equals the second, which stands for none",
            "nullif(Customer, '0') is null",
            "nullif(Note, '0') is null",
        ),
    ),
    "number": FileFunction(
        TEXT,
        _number,
        Usage("number(text)", "the number that it spells", "number(Total) < number(Quantity) * 5", "number(Note) is null"),
    ),
    "parse_date": FileFunction(
        TEXT,
        _parse_date,
        Usage(
            "parse_date(text, 'pattern')",
            "the day that it spells in the pattern",
            "parse_date(Day, '%d.%m.%Y') = date '2024-01-31'",
            "parse_date(Note, '%d.%m.%Y') is null",
        ),
    ),
    "replace": FileFunction(
        TEXT,
        _replace,
        Usage(
            "replace(text, 'old', 'new')",
            "the text with every old one made new",
            "replace(Name, '#', '') = '1001'",
            "replace(Note, '#', '') is null",
        ),
    ),
    "round": FileFunction(DOUBLE, FUNCTIONS["round"].make),
    "substring": FileFunction(
        TEXT,
        _substring,
        Usage(
            "substring(text, first)` or `substring(text, first, length)",
            "the characters from the first (1) on, so many of them",
            "substring(Tags, 1, 3) = 'web'",
            "substring(Note, 1, 3) is null",
        ),
    ),
    "text": FileFunction(
        TEXT,
        _text,
        Usage("text(value)", "a number or day as a text", "text(round(Total, 0)) = '13'", "text(Note) is null"),
    ),
    "trim": FileFunction(
        TEXT,
        _text_of(lambda text: text.strip(), 'trim("Tags")'),
        Usage("trim(text)", "the text without blanks around it", "trim(substring(Tags, 1, 4)) = 'web'", "trim(Note) is null"),
    ),
    "upper": FileFunction(TEXT, _text_of(lambda text: text.upper(), 'upper("Tags")')),
    "weekday_of": FileFunction(DAY, FUNCTIONS["weekday_of"].make),
    "year_of": FileFunction(DAY, FUNCTIONS["year_of"].make),
}
"""Nothing here knows what day it is: what a file says does not change with the day of the run."""
