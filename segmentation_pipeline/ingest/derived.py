"""Columns of the contract that are made of several columns of a file, and rows that are left out on purpose.

Belongs here: what one file's records mean in the words of ``sources.yaml``.  Does not belong here: what the text of a
single value means (``values/standardise.py``), but for numbers and days that are calculated with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import ColumnMapping, FillDown, SourceConfig
from segmentation_pipeline.config.schema.numbers import NumberStyle
from segmentation_pipeline.config.schema.workbooks import CELLS_OF_DATES
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import Form, as_text, in_form, lost_digits, padded
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.skipped import SKIPS
from segmentation_pipeline.rules.expressions import parse_expression
from segmentation_pipeline.rules.file_columns import UNREADABLE, conditions, origins_of
from segmentation_pipeline.values.month_names import english_months
from segmentation_pipeline.values.numbers import EXACT, read_exactly, style_of_file

_SEPARATOR, _ESCAPE = "-", "\\"


@dataclass(frozen=True, slots=True)
class FileReader:
    """How the values of one source's files are read where something is calculated of them: ``style`` is how numbers are
    written, ``form`` that of texts."""

    engine: Engine
    style: NumberStyle
    form: Form = Form.TEXT
    cells: tuple[str, ...] = ()
    """How days are written beside the formats that are asked for, since they stood in cells of dates."""

    def text(self, value: ir.Value) -> ir.StringValue:
        """The value as a text in its form; null when it is empty."""
        return in_form(as_text(value), self.form)

    def number(self, value: ir.Value) -> ir.DecimalValue:
        """A number to calculate with, as ``values/numbers.py`` reads it; null when it is none."""
        kind = value.type()
        if not isinstance(kind, dt.String | dt.Numeric) or isinstance(kind, dt.Boolean):
            return cast(ir.DecimalValue, ibis.null(EXACT))
        text = in_form(cast(ir.StringValue, value)) if isinstance(kind, dt.String) else value
        return read_exactly(self.engine, text, self.style)

    def day(self, value: ir.Value, formats: Sequence[str]) -> ir.DateValue:
        """The value as the day it spells, by ISO 8601 when there are no ``formats``; null when it is none."""
        kind = value.type()
        if isinstance(kind, dt.Timestamp) and kind.timezone:
            return self.engine.without_zone(cast(ir.TimestampValue, value)).date()
        if isinstance(kind, dt.Date | dt.Timestamp):
            return cast(ir.DateValue, value.cast("date"))
        listed = (*formats, *self.cells) if formats else ()
        return cast(ir.DateValue, self.engine.parse_local(english_months(in_form(as_text(value)), listed), listed).date())


def contract_values(engine: Engine, records: ir.Table, name: str, config: SourceConfig, *, native: bool) -> dict[str, ir.Value]:
    """The values of the contract's columns over the records of one file, and ``_skip`` where rows may be left out.

    Everything is text but what ``native`` leaves in the file's own types.  What cannot be made, since something it is
    made of cannot be read, is a text that begins with ``UNREADABLE``.
    """
    source, origins = SOURCES[name], origins_of(name, config)
    values: dict[str, ir.Value] = {}
    numbered: list[str] = []
    for column in source.columns:
        mapping = config.columns.get(column.name)
        if mapping and mapping.is_derived:
            values[column.name] = _derived(engine, records, column, mapping, config)
        elif column.name in origins:
            (origin,) = origins[column.name]
            values[column.name] = records[origin] if native else as_text(records[origin])
        elif mapping and mapping.from_row:
            numbered.append(column.name)
        elif mapping and mapping.value is not None:
            values[column.name] = ibis.literal(mapping.value)
        else:
            values[column.name] = ibis.null("string")
    for column_name in numbered:
        values[column_name] = _number(records, [values[key] for key in source.natural_key if key not in numbered])
    if config.skip_when:
        first = source.natural_key[0]
        values[SKIPS], values[first] = _skipped(engine, records, config, values[first])
    return values


def _number(records: ir.Table, rest_of_key: Sequence[ir.Value]) -> ir.StringValue:
    """The number of a row among those of its file that share the rest of its key: an order has it in every export."""
    if not rest_of_key:
        return records._row.cast("string")
    of_thing = ibis.window(group_by=list(rest_of_key), order_by=records._row)
    return cast(ir.StringValue, (ibis.row_number().over(of_thing) + 1).cast("string"))


def _derived(engine: Engine, records: ir.Table, column: Column, mapping: ColumnMapping, config: SourceConfig) -> ir.StringValue:
    if mapping.expression is not None:
        return _calculated(records, column, mapping.expression, _reader(engine, column, mapping, config))
    if mapping.first_of is not None:
        there = [_unless_empty(records[origin]) for origin in mapping.first_of]
        return cast(ir.StringValue, ibis.coalesce(*there))
    assert isinstance(mapping.source_column, tuple)
    parts = [records[origin] for origin in mapping.source_column]
    if column.is_key:
        widths = [mapping.pad_to.get(origin) for origin in mapping.source_column]
        return _composite_key(parts, mapping.separator or _SEPARATOR, widths)
    return _side_by_side(parts, mapping.separator or " ")


def _reader(engine: Engine, column: Column, mapping: ColumnMapping, config: SourceConfig) -> FileReader:
    form = Form.KEY if column.is_key else Form.PERSONAL if column.pii else Form.TEXT
    return FileReader(engine, style_of_file(config, mapping), form, _cells(config))


def _cells(config: SourceConfig) -> tuple[str, ...]:
    return CELLS_OF_DATES if config.may_have_workbooks else ()


def _calculated(records: ir.Table, column: Column, text: str, reader: FileReader) -> ir.StringValue:
    expression = parse_expression(text, column.type)
    value, doubt = expression.value(records, reader), expression.doubt(records, reader)
    at_fault = list(expression.at_fault(records, reader))
    if column.is_key:
        lost = [(name, lost_digits(as_text(records[name])).fill_null(False)) for name in expression.columns]
        doubt = reduce(
            lambda one, other: one | other, (is_lost for _, is_lost in lost), ibis.literal(False) if doubt is None else doubt
        )
        at_fault += lost
    if doubt is None:
        return value
    unreadable = _unreadable(records, at_fault)
    if expression.is_strict and not column.is_key:
        # Nearly all values are there, and of those nothing more is asked.
        return cast(ir.StringValue, ibis.coalesce(value, ibis.ifelse(doubt, unreadable, ibis.null("string"))))
    return cast(ir.StringValue, ibis.ifelse(doubt, unreadable, value))


def _unreadable(records: ir.Table, at_fault: Sequence[tuple[str, ir.BooleanValue]]) -> ir.StringValue:
    """What stands in the columns that cannot be read, and in no other: nobody's name belongs here."""
    by_name: dict[str, ir.BooleanValue] = {}
    for name, is_it in at_fault:
        by_name[name] = by_name[name] | is_it if name in by_name else is_it
    shown: ir.StringValue = ibis.literal("")
    for name, is_it in by_name.items():
        cell = ibis.literal(f"{name} '") + as_text(records[name]).fill_null("") + ibis.literal("'; ")
        shown = shown + ibis.ifelse(is_it, cell, "")
    return ibis.literal(UNREADABLE) + cast(
        ir.StringValue, ibis.coalesce(shown.re_replace("; $", "").nullif(""), "what stands there")
    )


def _unless_empty(value: ir.Value) -> ir.StringValue:
    """The value as a text; null when nothing can be seen of it."""
    text = as_text(value)
    return cast(ir.StringValue, ibis.ifelse(in_form(text).isnull(), ibis.null("string"), text))


def _composite_key(parts: Sequence[ir.Value], separator: str, widths: Sequence[int | None]) -> ir.StringValue:
    """The parts in the form of keys, those with a width padded to it, joined so that other parts never make the same text;
    none when one is missing.

    A part that lost digits is the whole: what it makes is no key either.
    """
    joined: ir.StringValue | None = None
    lost = ibis.null("string")
    for part, width in zip(parts, widths, strict=True):
        text = as_text(part)
        key = in_form(text, Form.KEY)
        formed = (
            (key if width is None else padded(key, width)).replace(_ESCAPE, 2 * _ESCAPE).replace(separator, _ESCAPE + separator)
        )
        joined = formed if joined is None else joined + ibis.literal(separator) + formed
        lost = ibis.coalesce(lost, ibis.ifelse(lost_digits(text).fill_null(False), text, ibis.null("string")))
    return cast(ir.StringValue, ibis.coalesce(lost, joined))


def _side_by_side(parts: Sequence[ir.Value], separator: str) -> ir.StringValue:
    """What is there, with ``separator`` between; nothing when nothing is."""
    text: ir.StringValue = ibis.null("string")
    for part in parts:
        formed = in_form(as_text(part), Form.PERSONAL)
        text = cast(ir.StringValue, ibis.coalesce(text + ibis.literal(separator) + formed, text, formed))
    return text


def _skipped(engine: Engine, records: ir.Table, config: SourceConfig, key: ir.Value) -> tuple[ir.StringValue, ir.Value]:
    """The first condition that holds; and ``key``, unreadable where none does and one depends on what cannot be read."""
    reader, known = FileReader(engine, config.number, cells=_cells(config)), conditions(config)
    holding = [(condition.holds(records, reader), name) for name, condition in known.items()]
    name = cast(ir.StringValue, ibis.cases(*holding, else_=ibis.null("string")))
    doubts = [doubt for condition in known.values() if (doubt := condition.doubt(records, reader)) is not None]
    if not doubts:
        return name, key
    at_fault = [each for condition in known.values() for each in condition.at_fault(records, reader)]
    doubt = reduce(lambda one, other: one | other, doubts) & name.isnull()
    return name, ibis.ifelse(doubt, _unreadable(records, at_fault), as_text(key))


def filled_down(records: ir.Table, fill: FillDown | None) -> ir.Table:
    """The records of one file, with empty cells filled from the lines above that have the same key.

    Where the key is empty nothing is filled.
    """
    if fill is None:
        return records
    key = in_form(as_text(records[fill.within]), Form.KEY)
    names = list(dict.fromkeys(fill.columns))
    cells = {name: _unless_empty(records[name]) if records[name].type().is_string() else records[name] for name in names}
    keyed = records.mutate(_within=key, **cells)
    above = ibis.window(group_by=keyed._within, order_by=keyed._row, preceding=None, following=0)
    # Engines do not agree on the last value that is not null, but on the one with the greatest row that has one.
    filled = {
        name: keyed._within.notnull().ifelse(
            keyed[name].argmax(keyed[name].notnull().ifelse(keyed._row, None)).over(above), keyed[name]
        )
        for name in names
    }
    return keyed.mutate(**filled).drop("_within")
