"""Numbers as files write them: read exactly, or told why not.

A run reads numbers as ``number`` in the configuration says, or as programs write them; never by what a file's other
values look like, so that a new file does not change what old ones mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import ColumnMapping, SourceConfig
from segmentation_pipeline.config.schema.numbers import NEGATIVE, NumberStyle
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.currencies import minor_digits
from segmentation_pipeline.engine.base import Engine

AMBIGUOUS, TOO_PRECISE = "ambiguous", "too_precise"
"""Reasons: a point that may part thousands or decimals; digits beyond the currency's minor unit."""

POINT_BEFORE_THREE = r"^[-+]?[1-9][0-9]{0,2}[.][0-9]{3}$"
"""``1.250``: a thousand and a half in half of the world, and little more than one in the other."""

_NOISE = 1e-6
"""Less than this is what floating point adds to an amount."""


EXACT, WIDE = dt.Decimal(18, 6), dt.Decimal(38, 12)
"""What is calculated with, and what is read to see whether it fits."""
_NOISE_OF_SIX = 1e-9
_MANY_DIGITS = "[.][0-9]{7}|[eE]"


def style_of_file(config: SourceConfig, mapping: ColumnMapping | None) -> NumberStyle:
    """How the file writes the numbers that a column is or is calculated from."""
    return mapping.number if mapping and mapping.number else config.number


def style_of(config: SourceConfig, mapping: ColumnMapping | None) -> NumberStyle:
    """How the numbers received for a column are written: what was calculated as programs do, whatever the file."""
    style = style_of_file(config, mapping)
    return NumberStyle(decimal=".", round=style.round) if mapping and mapping.expression is not None else style


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """``value`` in the column's type, null where there is none; ``doubt`` is a reason not to take it, else null."""

    value: ir.Value
    doubt: ir.StringValue


def read_number(engine: Engine, received: ir.Value, column: Column, style: NumberStyle, currency: str) -> ReadNumber:
    """A column of numbers; ``received`` is text in its form, or of the file's own type."""
    kind, exact = column.type.ibis, received
    doubts: list[tuple[ir.BooleanValue, str]] = []
    if isinstance(received.type(), dt.String):
        text = cast(ir.StringValue, received) if style.is_plain else canonical(cast(ir.StringValue, received), style)
        exact = engine.parse_text(text, dt.float64)
        value = engine.parse_text(text, kind)
        if not style.says_decimal:
            may_be = ibis.ifelse(text.right(4).startswith("."), text.re_search(POINT_BEFORE_THREE), ibis.literal(False))
            most = float("inf") if column.maximum is None else column.maximum
            doubts.append((may_be & (exact.abs() * 1000 <= most), AMBIGUOUS))
    else:
        exact, value = received.cast(dt.float64), received.try_cast(kind)
    if column.type is Type.INTEGER:
        return ReadNumber(ibis.ifelse(value.cast(dt.float64) == exact, value, ibis.null(kind)), _doubt(doubts))
    if column.type is Type.MONEY:
        places = minor_digits(currency)
        if style.round:
            value = _half_even(exact, places).cast(kind)
        else:
            nearest = value if places == 2 else cast(ir.DecimalValue, value).round(places)
            doubts.append(((exact - nearest.cast(dt.float64)).abs() > _NOISE, TOO_PRECISE))
    return ReadNumber(value, _doubt(doubts))


def read_exactly(engine: Engine, received: ir.Value, style: NumberStyle) -> ir.DecimalValue:
    """A value of a file as a number to calculate with, exact to six decimals; text is in its form.

    Null when it is none, when its point could part thousands as well, and when it has more decimals, but for the noise of
    binary calculation.
    """
    if not isinstance(received.type(), dt.String):
        return _without_noise(received.try_cast(WIDE))
    text = cast(ir.StringValue, received)
    if not style.is_plain:
        text = canonical(text, style)
    # Nearly all numbers are short, and reading wide ones takes twenty times as long.
    long = text.re_search(_MANY_DIGITS)
    ways = [(long, _without_noise(engine.parse_text(text, WIDE)))]
    if not style.says_decimal:
        may_be = ibis.ifelse(text.right(4).startswith("."), text.re_search(POINT_BEFORE_THREE), ibis.literal(False))
        ways.insert(0, (may_be, ibis.null(EXACT)))
    return cast(ir.DecimalValue, ibis.cases(*ways, else_=engine.parse_text(text, EXACT)))


def _without_noise(wide: ir.Value) -> ir.DecimalValue:
    exact = cast(ir.DecimalValue, wide.try_cast(EXACT))
    is_noise = (cast(ir.DecimalValue, wide) - exact.cast(WIDE)).abs().cast("float64") <= _NOISE_OF_SIX
    return cast(ir.DecimalValue, ibis.ifelse(is_noise, exact, ibis.null(EXACT)))


def _doubt(doubts: list[tuple[ir.BooleanValue, str]]) -> ir.StringValue:
    return cast(ir.StringValue, ibis.cases(*doubts) if doubts else ibis.null("string"))


def canonical(text: ir.StringValue, style: NumberStyle) -> ir.StringValue:
    """``NumberStyle.canonical`` of a column; null for a text that is no number of the style."""
    digits = cast(ir.StringValue, text.re_replace(f"[^0-9{style.decimal}]", ""))
    digits = cast(ir.StringValue, digits.replace(style.decimal, "."))
    signed = ibis.ifelse(text.re_search(NEGATIVE), ibis.literal("-") + digits, digits)
    return cast(ir.StringValue, ibis.ifelse(text.re_search(style.pattern), signed, ibis.null("string")))


def _half_even(exact: ir.Value, places: int) -> ir.Value:
    """Rounded to ``places`` decimals, a half to the even digit; what floating point adds is taken off before."""
    shifted = (exact.cast("decimal(38, 9)") * 10**places).cast("decimal(38, 6)")
    whole = shifted.floor().cast("decimal(38, 0)")
    rest = shifted - whole
    half = ibis.literal(0.5).cast("decimal(38, 6)")
    up = (rest > half) | ((rest == half) & (whole.cast("int64") % 2 != 0))
    return (whole + up.cast("int64")).cast("decimal(38, 2)") / 10**places
