"""Which rows are accepted: every rule a row breaks is named, nothing is dropped.

A row that breaks a rule on a required column, or on one that decides what the row means, is rejected.
A value that breaks a rule on an optional column is blanked and counted, and the row stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.clean.exchange import FOREIGN, NO_RATE
from segmentation_pipeline.config.schema import QualityConfig
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import Reference, Source
from segmentation_pipeline.values.numbers import AMBIGUOUS, TOO_PRECISE
from segmentation_pipeline.values.standardise import DOUBT, FORMED, LOST, NOBODYS, NUMBERS, TYPED, UNMADE

UTC = ZoneInfo("UTC")

_NO_END = date(9999, 1, 1)

IMPRECISE = "imprecise"
"""Reason of keys that lost digits where a program took them for decimal numbers: they may stand for several."""

NEGATIVE = "negative"
"""Reason of rows with a negative amount or quantity, which are no sales."""

UNKNOWN = "unknown"
"""Reason of rows that refer to something that does not exist."""

TOO_FAR = "too_far_in_future"
"""Reason of values that lie so far ahead of ``as_of`` that they are taken for mistakes."""


OwnRules = Callable[[ir.Table], list[tuple[str, ir.BooleanValue]]]
"""Rules of one source that reject a row, by name, over the typed values."""


@dataclass(frozen=True, slots=True)
class Referred:
    """The keys a reference may point to: those known now, those known only later, and those of what is nobody's, if any."""

    known: ir.Table
    future_dated: ir.Table
    nobodys: ir.Table | None = None


def validate(
    typed: ir.Table,
    source: Source,
    as_of: date,
    quality: QualityConfig,
    referred: Mapping[Reference, Referred],
    zone: ZoneInfo = UTC,
    own_rules: OwnRules | None = None,
) -> ir.Table:
    """``typed`` with ``_reasons`` and ``_blanked`` (text, ``rule:column`` joined by ``;``, empty when
    none) and ``_future_dated``: the row is sound but happens, or was corrected, after ``as_of`` ends in ``zone``;
    and ``_nobodys``: it belongs to nobody, or to what does.

    ``own_rules`` are those of the source beside what its columns imply."""
    table = typed
    future_dated = _after(table, source, as_of, quality, zone)
    nobodys = table[NOBODYS] if NOBODYS in table.columns else ibis.literal(False)
    for reference, keys in referred.items():
        table, unknown_key, future_key, nobodys_key = _look_up(table, reference, keys)
        future_dated, nobodys = future_dated | future_key, nobodys | nobodys_key
        table = table.mutate(**{f"_unknown_{reference.column}": unknown_key})
    rejects: list[tuple[str, ir.BooleanValue]] = []
    blanks: list[tuple[str, ir.BooleanValue]] = []
    for column in source.columns:
        faults = _faults(table, source, column, as_of, quality)
        # Whom a row is about must not be left out for what is left of it.
        decisive = column.required or column.decides or column.name in source.any_of
        (rejects if decisive else blanks).extend(faults)
        if column.name in source.signed:
            rejects.append((f"{NEGATIVE}:{column.name}", table[TYPED + column.name] < 0))
    if own_rules is not None:
        rejects += own_rules(table)
    if source.any_of:
        nothing = ibis.and_(*(table[TYPED + name].isnull() for name in source.any_of))
        nothing = ibis.and_(nothing, *(~table[LOST + name] for name in source.any_of if source.column(name).is_key))
        rejects.append((f"missing:{source.any_of[0]}", nothing))
    if FOREIGN in table.columns:
        rejects.append((f"{NO_RATE}:currency", table[FOREIGN]))
    for reference in referred:
        rejects.append((f"{UNKNOWN}:{reference.column}", table[f"_unknown_{reference.column}"]))
    return table.mutate(_reasons=_joined(rejects), _blanked=_joined(blanks), _future_dated=future_dated, _nobodys=nobodys)


def _faults(
    table: ir.Table, source: Source, column: Column, as_of: date, quality: QualityConfig
) -> list[tuple[str, ir.BooleanValue]]:
    value = table[TYPED + column.name]
    faults: list[tuple[str, ir.BooleanValue]] = []
    if column.is_key:
        faults.append((f"{IMPRECISE}:{column.name}", value.isnull() & table[LOST + column.name]))
    unmade = table[UNMADE + column.name] if UNMADE + column.name in table.columns else None
    if unmade is not None:
        faults.append((f"unreadable:{column.name}", unmade))
    if column.type is not Type.TEXT:
        # Only text can be there and hold nothing.
        received = table[(FORMED if isinstance(table[column.name].type(), dt.String) else "") + column.name]
        faults.append((f"unreadable:{column.name}", value.isnull() & received.notnull()))
        missing = value.isnull() & received.isnull()
    else:
        # Text is null when nothing is left of it, also by a renaming to nothing.
        missing = (value.isnull() & ~table[LOST + column.name]) if column.is_key else value.isnull()
        missing = missing if unmade is None else missing & ~unmade
    if column.name == "customer_id" and NOBODYS in table.columns:
        missing = missing & ~table[NOBODYS]
    if column.required:
        faults.insert(0, (f"missing:{column.name}", missing))
    if column.type in NUMBERS:
        reasons = (AMBIGUOUS, TOO_PRECISE) if column.type is Type.MONEY else (AMBIGUOUS,)
        faults += [(f"{reason}:{column.name}", table[DOUBT + column.name] == reason) for reason in reasons]
    if column.minimum is not None and column.name not in source.signed:
        faults.append((f"below_minimum:{column.name}", value < column.minimum))
    if column.maximum is not None:
        faults.append((f"above_maximum:{column.name}", value > column.maximum))
    if column.allowed:
        faults.append((f"not_allowed:{column.name}", value.notin(column.allowed)))
    if column.type is Type.INSTANT or column.type is Type.DAY:
        too_far = _too_far(value, column, as_of, quality)
        if column.ahead and source.any_of:
            # How programs write down that a no does not end.
            too_far = too_far & (value < ibis.literal(_NO_END).cast(value.type()))
        faults.append((f"{TOO_FAR}:{column.name}", too_far))
        happens = column.type is Type.INSTANT or column.name == source.event_time
        earliest = quality.earliest_date if happens else date(1900, 1, 1)
        faults.append((f"too_early:{column.name}", value < ibis.literal(earliest).cast(value.type())))
    return faults


def days_ahead(column: Column, quality: QualityConfig) -> int:
    """How many days after ``as_of`` a value may lie: birth dates and the like none; what happens may be known in advance."""
    return quality.max_future_days if column.type is Type.INSTANT or column.ahead else 0


def end_of_day(day: date, zone: ZoneInfo) -> ir.TimestampScalar:
    """The first moment after ``day`` in ``zone``, in UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    return cast(ir.TimestampScalar, ibis.literal(midnight.astimezone(UTC).replace(tzinfo=None)))


def _too_far(value: ir.Value, column: Column, as_of: date, quality: QualityConfig) -> ir.BooleanValue:
    return value >= ibis.literal(as_of + timedelta(days=days_ahead(column, quality) + 1)).cast(value.type())


def _after(table: ir.Table, source: Source, as_of: date, quality: QualityConfig, zone: ZoneInfo) -> ir.BooleanValue:
    future_dated = ibis.literal(False)
    if source.event_time:
        far = _too_far(table[TYPED + source.event_time], source.column(source.event_time), as_of, quality)
        future_dated = future_dated | ((table.event_date > ibis.literal(as_of)) & ~far).fill_null(False)
    if source.version:
        # A correction made after as_of was not known then.
        changed = table[TYPED + source.version]
        far = _too_far(changed, source.column(source.version), as_of, quality)
        future_dated = future_dated | ((changed >= end_of_day(as_of, zone)) & ~far).fill_null(False)
    return future_dated


def _look_up(
    table: ir.Table, reference: Reference, keys: Referred
) -> tuple[ir.Table, ir.BooleanValue, ir.BooleanValue, ir.BooleanValue]:
    """``table`` with more columns, and whether what a row refers to is unknown, comes later, is nobody's."""
    found, waits, nobodys = (f"_{what}_{reference.column}" for what in ("found", "waits", "nobodys"))
    known = keys.known.select(key=keys.known[reference.to_column]).mutate(**{found: True, waits: False, nobodys: False})
    waiting = keys.future_dated.select(key=keys.future_dated[reference.to_column]).mutate(
        **{found: True, waits: True, nobodys: False}
    )
    both = known.union(waiting)
    if keys.nobodys is not None:
        of_nobody = keys.nobodys.select(key=keys.nobodys[reference.to_column])
        both = both.union(of_nobody.mutate(**{found: True, waits: False, nobodys: True}))
    joined = table.left_join(both, table[TYPED + reference.column] == both.key).drop("key")
    unknown = joined[found].isnull() & joined[TYPED + reference.column].notnull()
    return joined, unknown, joined[waits].fill_null(False), joined[nobodys].fill_null(False)


def _joined(rules: list[tuple[str, ir.BooleanValue]]) -> ir.StringValue:
    """The names of the rules that hold, joined by ``;``; empty for nearly every row."""
    if not rules:
        return ibis.literal("")
    holding = [(name, holds.fill_null(False)) for name, holds in rules]
    names = ibis.literal(";").join([ibis.ifelse(holds, ibis.literal(name), ibis.null("string")) for name, holds in holding])
    return ibis.ifelse(ibis.or_(*(holds for _, holds in holding)), names, "")
