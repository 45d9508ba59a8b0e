"""What would make refused values readable: the setting that most likely is missing, told with the values themselves.

Only said, never done: a run reads what the configuration says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import product

from segmentation_pipeline.clean.exchange import NO_RATE
from segmentation_pipeline.clean.validate import IMPRECISE, NEGATIVE, TOO_FAR, UNKNOWN
from segmentation_pipeline.config.schema.date_formats import readings_agree
from segmentation_pipeline.config.schema.numbers import NumberStyle
from segmentation_pipeline.config.schema.project import SAYS_NO
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import plain
from segmentation_pipeline.rules.file_columns import UNREADABLE
from segmentation_pipeline.values.month_names import in_english
from segmentation_pipeline.values.numbers import AMBIGUOUS, TOO_PRECISE

_CURRENCIES = ("€", "$", "£", "¥", "₹", "zł", "kr", "CHF", "EUR", "USD", "GBP", "PLN", "SEK", "R$", "Kč", "Ft", "lei", "₺", "₽")
_DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%Y.%m.%d"),
)
_DAYS_IN_WORDS = (
    *("%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%a, %d %b %Y"),
    *("%d/%b/%Y", "%d. %B %Y", "%d. %b %Y"),
)
_TIMES = (
    *("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H%M%S", ", %H:%M", ", %H:%M:%S"),
    *(" %I:%M%p", ", %I:%M %p", ", %I:%M:%S %p", ":%H:%M:%S"),
)
_CELL = re.compile("'([^']*)'")
_OFFSETS = ("", " %z", "%z")
_COUNTED = {
    "epoch": re.compile("^[12][0-9]{9}([.][0-9]+)?$"),
    "epoch_ms": re.compile("^[12][0-9]{12}$"),
    "excel": re.compile("^[3-6][0-9]{4}([.][0-9]+)?$"),
}
"""Days and moments that are numbers, and how those of the last and next decades look."""


def number_styles(values: Sequence[str]) -> list[NumberStyle]:
    """The styles in which all ``values`` are numbers, the plainest first."""
    written = [plain(value) for value in values]
    units = [None, *(unit for unit in _CURRENCIES if any(unit in value for value in written))]
    styles = []
    for decimal, unit, negative in product((".", ","), units, ("sign", "trailing", "parentheses")):
        said = {"decimal": decimal, "currency": unit, "negative": negative}
        style = NumberStyle.model_validate({k: v for k, v in said.items() if v not in (None, "sign")})
        if all(style.canonical(value) is not None for value in written):
            styles.append(style)
    shortest = min((len(style.model_fields_set) for style in styles), default=0)
    return [style for style in styles if len(style.model_fields_set) == shortest]


def date_formats(values: Sequence[str]) -> list[str]:
    """The strptime patterns that read all ``values``."""
    written = [value.strip() for value in values]
    shapes = {_shape(value) for value in written}
    # A pattern is made ready each time it is tried: nearly all are told by their signs.
    alike = [pattern for pattern, shape in _patterns() if all(_may_be(shape, each) for each in shapes)]
    return [pattern for pattern in alike if written and all(_reads(pattern, value) for value in written)]


@cache
def _patterns() -> list[tuple[str, str]]:
    """Every pattern that is tried, with the shape of what it reads."""
    patterns = [day + time + offset for day, time, offset in product((*_DAYS, *_DAYS_IN_WORDS), _TIMES, _OFFSETS)]
    return [
        (pattern, _shape(re.sub("%[baBp]", "a", re.sub("%[dmyYHMSI]", "9", pattern.replace("%z", "\0"))))) for pattern in patterns
    ]


def _shape(text: str) -> str:
    """A text with each number as ``9``, each word as ``a`` and each gap as a blank; a word cut short has no point."""
    return re.sub("[0-9]+", "9", re.sub(r"[^\W\d_]+(?<=[^\W\d_]{3})\.(?=\s)|[^\W\d_]+", "a", re.sub(r"\s+", " ", text)))


def _may_be(shape: str, value: str) -> bool:
    before, offset, _ = shape.partition("\0")
    return value.startswith(before) if offset else value == shape


def cells(value: str) -> list[str]:
    """What stands in the file: the value itself or, of one that could not be made, the cells that cannot be read."""
    return _CELL.findall(value) if value.startswith(UNREADABLE) else [value]


def _likely_formats(value: str) -> list[str]:
    """The formats in which one value alone is a day or moment of our time."""
    counted = _counted_as(value)
    return [counted] if counted else date_formats([value])


def _counted_as(value: str) -> str | None:
    return next((name for name, digits in _COUNTED.items() if digits.match(value.strip())), None)


def _reads(pattern: str, value: str) -> bool:
    try:
        return datetime.strptime(in_english(value, (pattern,)), pattern).year >= 1900
    except ValueError:
        return False


NOT_FOUND = "malformed:not_in_lookup_"
"""How the reason begins of rows whose key a second file does not have."""

_OF_WORKBOOKS = {
    "malformed:error_in_a_cell": "cells hold errors such as #N/A, in the rows that 'segmentation quarantine' tells; mend them",
    "malformed:formula_without_a_value": "a program wrote formulas and nobody calculated them; open and save the workbook once",
    "malformed:merged_cells": "say what they mean: 'xlsx: {merged: repeat}' or 'first' for the source",
}


def cure(reason: str, column: Column | None, values: Sequence[str], source: str) -> str | None:
    """The setting that most likely is missing for values refused for ``reason``; None where nothing better is known."""
    if told := _OF_WORKBOOKS.get(reason):
        return told
    if reason.startswith(NOT_FOUND):
        lookup = reason.removeprefix(NOT_FOUND)
        return f"is the file of sources.{source}.lookup.{lookup} complete? 'unmatched: skip' or 'empty' there takes it as it is"
    if reason == "malformed:invalid_json":
        return "is each line one whole record?"
    if reason.startswith("malformed"):
        return f"are csv.delimiter and csv.quote of {source} right?"
    if column is None:
        return None
    place = f"sources.{source}.columns.{column.name}"
    match reason:
        case "unreadable" if column.type in (Type.INTEGER, Type.NUMBER, Type.MONEY):
            return _number_cure(place, values)
        case "unreadable" if column.type in (Type.INSTANT, Type.DAY):
            return _date_cure(place, values)
        case r if r == AMBIGUOUS:
            return f"say which: 'number: {{decimal: \",\"}}' (a thousand and more) or '{{decimal: \".\"}}' in {place}"
        case r if r == TOO_PRECISE:
            return f"amounts have more decimals than the currency; 'number: {{round: half_even}}' in {place} rounds them"
        case r if r == IMPRECISE:
            return "a spreadsheet lost digits of the keys; export them as text"
        case r if r == UNKNOWN:
            return f"is the other file complete? 'unknown_references: keep' for {source} takes such rows in"
        case r if r == NEGATIVE:
            return f"no sales; say what they are: 'negative: return' (goods that came back) or 'negative: cancel' for {source}"
        case r if r == NO_RATE:
            return "give rates: a source exchange_rates, or business.exchange_rates in pipeline.yaml; or skip such rows"
        case "above_maximum" if column.type is Type.MONEY:
            return "if such amounts are right, set quality.max_amount in pipeline.yaml"
        case "not_allowed" if column.allowed:
            named = ["a name of its own"] if column.nameable else []
            meant = " or ".join([*column.allowed, *named, *(["skip"] if column.decides else [])])
            other = "; 'other: skip' would be for all others" if column.decides else ""
            return f"say what each means, in {place}.values: {meant}{other}"
        case r if r == TOO_FAR:
            return "is the order of day and month right, and the year?"
        case "unreadable" if column.is_key:
            return (
                "it is made of what cannot be read, such as keys whose digits a spreadsheet lost; "
                f"'segmentation quarantine {source}' tells the rows"
            )
        case "missing":
            return _missing_cure(place, column, source)
    return None


def _missing_cure(place: str, column: Column, source: str) -> str | None:
    if source in SAYS_NO or column.name == SOURCES[source].natural_key[0]:
        return f"is {place} the right column of the file?" if column.is_key else None
    if column.name == "customer_id":
        return f"are they guests'? 'anonymous: [\"\"]' for {source} counts them as nobody's; if not, is {place} the right column?"
    if column.is_key:
        return f"is {place} the right column of the file? words such as NULL and unknown are no key"
    return (
        f"do further lines of one thing leave it empty? Leave them out by name with 'skip_when' for {source}, "
        "or fill them with 'fill_down'"
    )


def _number_cure(place: str, values: Sequence[str]) -> str | None:
    written = [cell for value in values for cell in cells(value)]
    told = [_told(style) for style in number_styles(written)]
    if not told or told == ["{}"]:
        return None
    return f"they fit 'number: {' or '.join(told)}' in {place}"


def _told(style: NumberStyle) -> str:
    said = style.model_dump(include=style.model_fields_set)
    return (
        "{"
        + ", ".join(f'{key}: "{value}"' if key in ("decimal", "currency") else f"{key}: {value}" for key, value in said.items())
        + "}"
    )


def _date_cure(place: str, values: Sequence[str]) -> str | None:
    found = date_formats(values)
    if not found and values and all(each := [_likely_formats(value) for value in values]):
        patterns = list(dict.fromkeys(patterns[0] for patterns in each))
        try:
            readings_agree(patterns)
        except ValueError:
            return (
                f"some can be read by {' alone and others by '.join(patterns)} alone: of the rest nobody can tell; mend the files"
            )
        listed = ", ".join(f'"{pattern}"' for pattern in patterns)
        return f"they fit 'format: [{listed}]' in {place}, with the formats of all the others of the column"
    if not found:
        return f"write how they are written as 'format' in {place}, such as \"%d.%m.%Y %H:%M\""
    if all("%b" in pattern or "%B" in pattern for pattern in found):
        found = found[:1]
    which = " or ".join(f'"{pattern}"' for pattern in found[:3])
    return f"they fit 'format: {which}' in {place}" + ("; day and month may be either, say which" if len(found) > 1 else "")
