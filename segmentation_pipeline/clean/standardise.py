"""From values as received to typed values: what each column of a raw row means.

Belongs here: one value at a time.  Whether a row is accepted is decided in ``judge.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BusinessConfig, ColumnMapping, SourceConfig
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.engine.base import Engine

TYPED = "typed_"
"""Prefix of the typed value beside the received one while a row is judged."""


def standardise(engine: Engine, raw: ir.Table, source: Source, config: SourceConfig, business: BusinessConfig) -> ir.Table:
    """``raw`` with a typed column ``typed_<name>`` beside each received one, and ``event_date``.

    Text is trimmed and empty text is null; keys are trimmed and put in ``business.key_case``;
    instants become UTC (those that name their own offset by it, all others by the source's time
    zone) and days are read as written.  A value that cannot be read is null here
    although it was received: ``judge`` tells the two apart.  ``event_date`` is the business day
    of the source's event time.
    """
    typed: dict[str, ir.Value] = {}
    event_date: ir.Value | None = None
    for column in source.columns:
        mapping = config.columns.get(column.name)
        received = _renamed(raw[column.name], mapping)
        if column.type is Type.INSTANT:
            instant = _instant(engine, received, _formats(config, mapping), config.timezone or business.timezone)
            typed[column.name] = instant.utc
            if column.name == source.event_time:
                event_date = _business_day(engine, instant, business.timezone)
        elif column.type is Type.DAY:
            typed[column.name] = _local(engine, received, _formats(config, mapping)).date()
        else:
            typed[column.name] = _plain(engine, received, column, business)
    table = raw.mutate(**{TYPED + name: value for name, value in typed.items()})
    return table if event_date is None else table.mutate(event_date=event_date)


def standard_text(raw: ir.Table, column: Column, config: SourceConfig, business: BusinessConfig) -> ir.StringValue:
    """What ``standardise`` makes of a text column, by itself."""
    return _text(_renamed(raw[column.name], config.columns.get(column.name)), column, business)


@dataclass(frozen=True, slots=True)
class _Instant:
    """A moment as read: ``local`` as written in ``zone``, or ``absolute`` where the value names its
    own offset (then in UTC and not null); ``utc`` is the one or the other."""

    local: ir.TimestampValue
    absolute: ir.TimestampValue | None
    utc: ir.TimestampValue
    zone: str


def _instant(engine: Engine, received: ir.Value, formats: tuple[str, ...], zone: str) -> _Instant:
    local = _local(engine, received, formats)
    utc = engine.local_to_utc(local, zone)
    kind = received.type()
    if isinstance(kind, dt.String):
        absolute = engine.parse_with_offset(cast(ir.StringValue, received), formats)
        return _Instant(local, absolute, cast(ir.TimestampValue, ibis.coalesce(absolute, utc)), zone)
    if isinstance(kind, dt.Timestamp) and kind.timezone:
        absolute = engine.without_zone(cast(ir.TimestampValue, received))
        return _Instant(local, absolute, absolute, zone)
    return _Instant(local, None, utc, zone)


def _business_day(engine: Engine, instant: _Instant, zone: str) -> ir.DateValue:
    # Same zone: the day as written is the business day, without converting twice.
    day = instant.local.date() if instant.zone == zone else engine.utc_to_local_day(instant.utc, zone)
    if instant.absolute is None:
        return day
    of_absolute = engine.utc_to_local_day(instant.absolute, zone)
    return cast(ir.DateValue, ibis.ifelse(instant.absolute.notnull(), of_absolute, day))


def _formats(config: SourceConfig, mapping: ColumnMapping | None) -> tuple[str, ...]:
    formats = mapping.format if mapping and mapping.format else config.date_format
    return () if formats is None else (formats,) if isinstance(formats, str) else formats


def _renamed(received: ir.Value, mapping: ColumnMapping | None) -> ir.Value:
    """The value under the name configured for it; text without white space at either end."""
    if mapping is None or not mapping.values:
        return _stripped(cast(ir.StringValue, received)) if isinstance(received.type(), dt.String) else received
    text = received.cast("string").strip()
    branches = [(text.lower() == old.strip().lower(), new.strip()) for old, new in mapping.values.items()]
    return ibis.cases(*branches, else_=text)


def _local(engine: Engine, received: ir.Value, formats: tuple[str, ...]) -> ir.TimestampValue:
    kind = received.type()
    if isinstance(kind, dt.String):
        return engine.parse_local(cast(ir.StringValue, received), formats)
    if isinstance(kind, dt.Timestamp | dt.Date):
        return cast(ir.TimestampValue, received.cast("timestamp"))
    return engine.parse_local(received.cast("string"), formats)


def _plain(engine: Engine, received: ir.Value, column: Column, business: BusinessConfig) -> ir.Value:
    if column.type is not Type.TEXT:
        if isinstance(received.type(), dt.String):
            return engine.parse_text(cast(ir.StringValue, received), dt.dtype(column.type.ibis))
        return received.try_cast(column.type.ibis)
    return _text(received, column, business)


def _text(received: ir.Value, column: Column, business: BusinessConfig) -> ir.StringValue:
    text = cast(ir.StringValue, received.cast("string")).nullif("")
    if column.is_key and business.key_case != "keep":
        return text.upper() if business.key_case == "upper" else text.lower()
    return text.lower() if column.allowed else text


def _stripped(text: ir.StringValue) -> ir.StringValue:
    """Without white space at either end; looking for some is five times as fast as cutting it off for nothing."""
    spaced = ibis.or_(text < "!", *(text.endswith(space) for space in " \t\n\r\v\f"))
    return cast(ir.StringValue, ibis.ifelse(spaced, text.strip(), text))
