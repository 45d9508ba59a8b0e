"""From values as received to typed values: what each column of a raw row means.

Belongs here: one value at a time.  Whether a row is accepted is decided in ``clean/validate.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BusinessConfig, ColumnMapping, SourceConfig
from segmentation_pipeline.config.schema.workbooks import CELLS_OF_DATES
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.contracts.text import Form, as_text, in_form, is_no_key, lost_digits, padded, plain
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.rules.expressions import parse_expression
from segmentation_pipeline.rules.file_columns import UNREADABLE, may_be_unreadable
from segmentation_pipeline.values.month_names import english_months
from segmentation_pipeline.values.numbers import read_number, style_of

TYPED = "typed_"
"""Prefix of the typed value beside the received one while a row is judged."""

UNMADE = "unmade_"
"""Prefix of what tells that a text could not be made, since something it is made of cannot be read."""

LOST = "lost_"
"""Prefix of what tells that digits of a key are lost."""

SEVERAL = "_several_customers"
"""Column of orders made of lines: whether these name different customers."""

DOUBT = "doubt_"
"""Prefix of why a number that was read must not be taken; null where it may."""

NOBODYS = "nobodys"
"""Column that tells that a row names no customer, or one who stands for nobody."""

_CUSTOMER = "customer_id"

NUMBERS = (Type.INTEGER, Type.NUMBER, Type.MONEY)

FORMED = "formed_"
"""Prefix of a received text in its form, where the typed value is no text."""


def standardise(engine: Engine, raw: ir.Table, source: Source, config: SourceConfig, business: BusinessConfig) -> ir.Table:
    """``raw`` with a typed column ``typed_<name>`` beside each received one, and ``event_date``.

    Text and keys are in the form of ``contracts.text`` and null when empty, a key also when it is a word
    for none; keys are besides in ``business.key_case`` and ``business.pad_to``.  ``lost_<name>`` beside a key tells that some
    of its digits are, so that it is null; ``unmade_<name>`` beside a text that it could not be made; ``doubt_<name>`` beside a
    number why it must not be taken, if so.  With ``anonymous`` in ``config``, ``nobodys`` tells that a row names no customer.
    Instants become UTC (those that name their own offset by it, all others by the source's time
    zone) and days are read as written.  A value that cannot be read is null here
    although it was received: ``judge`` tells the two apart.  ``event_date`` is the business day
    of the source's event time.
    """
    formed = raw.mutate(**{FORMED + column.name: _formed(raw, column, config) for column in source.columns})
    typed: dict[str, ir.Value] = {}
    lost: dict[str, ir.Value] = {}
    for column in source.columns:
        mapping = config.columns.get(column.name)
        received = _renamed(formed[FORMED + column.name], column, mapping)
        if column.is_key:
            whole = isinstance(raw[column.name].type(), dt.Integer)
            lost[LOST + column.name] = ibis.literal(False) if whole else lost_digits(as_text(formed[column.name]))
        if column.type is Type.INSTANT:
            instant = _instant(engine, received, _formats(config, mapping, column.type), config.timezone or business.timezone)
            typed[TYPED + column.name] = instant.utc
            if column.name == source.event_time:
                typed["event_date"] = _business_day(engine, instant, business.timezone)
        elif column.type is Type.DAY:
            day = _day(engine, received, _formats(config, mapping, column.type))
            typed[TYPED + column.name] = day
            if column.name == source.event_time:
                typed["event_date"] = day
        elif column.type in NUMBERS:
            read = read_number(engine, received, column, style_of(config, mapping), business.currency)
            typed[TYPED + column.name], typed[DOUBT + column.name] = read.value, read.doubt
        else:
            typed[TYPED + column.name] = _plain(engine, received, column, source, business)
        if may_be_unreadable(source.name, config, column):
            lost[UNMADE + column.name] = _is_unmade(formed, column)
            typed[TYPED + column.name] = _unless_unmade(typed[TYPED + column.name], formed, column)
    if config.anonymous and _CUSTOMER in source.names:
        column = source.column(_CUSTOMER)
        text = cast(ir.StringValue, typed[TYPED + _CUSTOMER])
        nobodys = _stands_for_nobody(text, column, source, config, business)
        if is_said_empty(config):
            text = cast(ir.StringValue, _without_no_keys(text, column, source))
            unknown = [lost[name] for name in (LOST + _CUSTOMER, UNMADE + _CUSTOMER) if name in lost]
            if SEVERAL in raw.columns:
                unknown.append(formed[SEVERAL])
            nobodys = nobodys | ibis.and_(text.isnull(), *(~cast(ir.BooleanValue, each) for each in unknown))
        lost[NOBODYS] = nobodys
        typed[TYPED + _CUSTOMER] = ibis.ifelse(nobodys, ibis.null("string"), text)
    for column in source.columns:
        typed[TYPED + column.name] = _without_no_keys(typed[TYPED + column.name], column, source)
    others = [FORMED + column.name for column in source.columns if column.type is not Type.TEXT]
    return formed.select(*raw.columns, *others, **typed, **lost)


def standard_text(
    raw: ir.Table, column: Column, source: Source, config: SourceConfig, business: BusinessConfig
) -> ir.StringValue:
    """What ``standardise`` makes of a text column, by itself."""
    text = _text(_renamed(_formed(raw, column, config), column, config.columns.get(column.name)), column, source, business)
    if config.anonymous and column.name == _CUSTOMER:
        nobodys = _stands_for_nobody(text, column, source, config, business)
        text = cast(ir.StringValue, ibis.ifelse(nobodys, ibis.null("string"), text))
    text = cast(ir.StringValue, _without_no_keys(text, column, source))
    return _unless_unmade(text, raw, column) if may_be_unreadable(source.name, config, column) else text


def _without_no_keys(text: ir.Value, column: Column, source: Source) -> ir.Value:
    """A key that is a word for none is none."""
    if not column.is_key:
        return text
    none = is_no_key(cast(ir.StringValue, text), of_person=source.names_key(column) == _CUSTOMER)
    return ibis.ifelse(none, ibis.null("string"), text)


def is_said_empty(config: SourceConfig) -> bool:
    """Whether rows without a customer are said to be nobody's."""
    return any(not plain(word, Form.KEY) for word in config.anonymous)


def _stands_for_nobody(
    text: ir.StringValue, column: Column, source: Source, config: SourceConfig, business: BusinessConfig
) -> ir.BooleanValue:
    """Whether a typed key is one of those that stand for nobody, whatever its capitals."""
    words = [form for word in config.anonymous if (form := plain(word, Form.KEY))]
    keys = [as_key(cast(ir.StringValue, ibis.literal(word)), source.names_key(column), business).lower() for word in words]
    return cast(ir.BooleanValue, ibis.or_(ibis.literal(False), *(text.lower() == key for key in keys)).fill_null(False))


def _is_unmade(raw: ir.Table, column: Column) -> ir.BooleanValue:
    return cast(ir.StringValue, raw[column.name].cast("string")).startswith(UNREADABLE).fill_null(False)


def _unless_unmade(text: ir.Value, raw: ir.Table, column: Column) -> ir.StringValue:
    return cast(ir.StringValue, ibis.ifelse(_is_unmade(raw, column), ibis.null("string"), text))


@dataclass(frozen=True, slots=True)
class _Instant:
    """A moment as read: ``local`` as written in ``zone``, or ``absolute`` where the value names its
    own offset (then in UTC and not null); ``utc`` is the one or the other."""

    local: ir.TimestampValue
    absolute: ir.TimestampValue | None
    utc: ir.TimestampValue
    zone: str


def _instant(engine: Engine, received: ir.Value, formats: tuple[str, ...], zone: str) -> _Instant:
    if not isinstance(received.type(), dt.Timestamp | dt.Date):
        received = english_months(_spelled(received), formats)
    local = _local(engine, received, formats)
    utc = engine.local_to_utc(local, zone)
    kind = received.type()
    if isinstance(kind, dt.String):
        absolute = engine.parse_with_offset(cast(ir.StringValue, received), formats)
        return _Instant(local, absolute, cast(ir.TimestampValue, ibis.coalesce(absolute, utc)), zone)
    if isinstance(kind, dt.Timestamp) and kind.timezone:
        within = ibis.ifelse(_bounded(received).notnull(), received, ibis.null(kind))
        absolute = engine.without_zone(cast(ir.TimestampValue, within))
        return _Instant(local, absolute, absolute, zone)
    return _Instant(local, None, utc, zone)


def _business_day(engine: Engine, instant: _Instant, zone: str) -> ir.DateValue:
    # Same zone: the day as written is the business day, without converting twice.
    day = instant.local.date() if instant.zone == zone else engine.utc_to_local_day(instant.utc, zone)
    if instant.absolute is None:
        return day
    of_absolute = engine.utc_to_local_day(instant.absolute, zone)
    return cast(ir.DateValue, ibis.ifelse(instant.absolute.notnull(), of_absolute, day))


def _formats(config: SourceConfig, mapping: ColumnMapping | None, kind: Type) -> tuple[str, ...]:
    # A day that was calculated is spelled as days always are, whatever the texts of the file.
    is_day = mapping is not None and mapping.expression is not None and parse_expression(mapping.expression, kind).is_day
    formats = mapping.format if mapping and mapping.format else None if is_day else config.date_format
    if formats is None:
        return ()
    listed = (formats,) if isinstance(formats, str) else formats
    return (*listed, *CELLS_OF_DATES) if config.may_have_workbooks else listed


def _formed(raw: ir.Table, column: Column, config: SourceConfig) -> ir.Value:
    """A value as received, text in the form that its column asks for; other values too where their names are configured."""
    received, mapping = raw[column.name], config.columns.get(column.name)
    if mapping is not None and (mapping.values or mapping.other):
        return in_form(as_text(received), _form(column))
    if column.type is Type.TEXT:
        text = as_text(received)
        return text if isinstance(received.type(), dt.Integer) else in_form(text, _form(column))
    return in_form(cast(ir.StringValue, received)) if isinstance(received.type(), dt.String) else received


def _renamed(formed: ir.Value, column: Column, mapping: ColumnMapping | None) -> ir.Value:
    """The value under the name configured for it."""
    if mapping is None or not (mapping.values or mapping.other):
        return formed
    text, form = cast(ir.StringValue, formed).fill_null(""), _form(column)
    branches = [(text.lower() == plain(old, form).lower(), plain(new, form)) for old, new in mapping.values.items()]
    else_: ir.Value = text
    if mapping.other is not None:
        else_ = ibis.ifelse((text == "") | text.lower().isin(column.allowed), text, plain(mapping.other, form))
    renamed = cast(ir.StringValue, ibis.cases(*branches, else_=else_) if branches else else_)
    return renamed if column.type is not Type.TEXT else renamed.nullif("")


def _form(column: Column) -> Form:
    return Form.KEY if column.is_key else Form.PERSONAL if column.pii else Form.TEXT


def _local(engine: Engine, received: ir.Value, formats: tuple[str, ...]) -> ir.TimestampValue:
    kind = received.type()
    if isinstance(kind, dt.Timestamp | dt.Date):
        return _bounded(received)
    return engine.parse_local(_spelled(received), formats)


def _day(engine: Engine, received: ir.Value, formats: tuple[str, ...]) -> ir.DateValue:
    kind = received.type()
    if isinstance(kind, dt.Timestamp | dt.Date):
        return _bounded(received).date()
    return engine.parse_day(english_months(_spelled(received), formats), formats)


def _spelled(received: ir.Value) -> ir.StringValue:
    return cast(ir.StringValue, received) if isinstance(received.type(), dt.String) else as_text(received)


def _bounded(received: ir.Value) -> ir.TimestampValue:
    """A moment of the file's own type; null outside the years that every engine can reckon with."""
    first, last = (ibis.literal(datetime(year, 1, 1)) for year in (1, 9999))
    moment = received.try_cast("timestamp")
    return cast(ir.TimestampValue, ibis.ifelse((moment >= first) & (moment < last), moment, ibis.null("timestamp")))


def _plain(engine: Engine, received: ir.Value, column: Column, source: Source, business: BusinessConfig) -> ir.Value:
    if column.type is not Type.TEXT:
        if isinstance(received.type(), dt.String):
            return engine.parse_text(cast(ir.StringValue, received), dt.dtype(column.type.ibis))
        return received.try_cast(column.type.ibis)
    return _text(cast(ir.StringValue, received), column, source, business)


def _text(text: ir.StringValue, column: Column, source: Source, business: BusinessConfig) -> ir.StringValue:
    if column.is_key:
        return as_key(text, source.names_key(column), business)
    return _said(text.lower(), column) if column.allowed else text


def _said(text: ir.StringValue, column: Column) -> ir.StringValue:
    """The allowed word that a text says; a text that is one already, or says none, as it is."""
    if not column.also:
        return text
    bare = text.re_replace(r"[\s._-]+", "")
    says = [(bare == word, ibis.literal(allowed)) for word, allowed in column.also]
    return cast(ir.StringValue, ibis.ifelse(text.isin(column.allowed), text, ibis.cases(*says, else_=text)))


def as_key(text: ir.StringValue, key: str, business: BusinessConfig) -> ir.StringValue:
    """A text in form of a key with the capitals and leading zeros that keys called ``key`` have in this business."""
    if width := business.pad_to.get(key):
        text = padded(text, width)
    return text if business.key_case == "keep" else text.upper() if business.key_case == "upper" else text.lower()
