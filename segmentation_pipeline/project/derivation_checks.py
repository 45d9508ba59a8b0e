"""Can the columns of ``sources.yaml`` be made as it says, and may the rows it names be left out?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import ColumnMapping, Config, SourceConfig
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.rules.expressions import ExpressionError, parse_expression
from segmentation_pipeline.rules.file_columns import looked_up

_MUST_BE_READ = ("consents", "suppressions", "restrictions", "merge_decisions")
"""A row that could be a no is never left out on purpose; nor is a decision about who is who."""

_JOINED = (Type.TEXT, Type.DAY, Type.INSTANT)


def derivation_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Expressions and conditions that cannot be used, and what cannot be joined, filled or left out.

    Which columns the files have is not known here.
    """
    for name, source in config.sources.items():
        contract, place = SOURCES[name], ("sources", name)
        for column in contract.columns:
            if mapping := source.columns.get(column.name):
                yield from _wrong_column(mapping, column, file, (*place, "columns", column.name))
        for condition, text in source.skip_when.items():
            yield from _wrong_expression(text, None, file, (*place, "skip_when", condition))
        for key in ("skip_when", "fill_down"):
            if getattr(source, key) and source.derive_from:
                hint = f"write it under sources.{source.derive_from}"
                yield file.problem((*place, key), "what is about lines of a file", "a source that has files", hint)
        if source.skip_when and name in _MUST_BE_READ:
            found = f"rows of '{name}' that are left out"
            hint = "a row that could be a no is never left out; a run says what it cannot read of it"
            yield file.problem((*place, "skip_when"), found, "no skip_when for this source", hint)
        yield from _wrong_lookups(name, source, file)
        if name in _MUST_BE_READ:
            yield from _wrong_in_ledger(name, source, file)


def _wrong_lookups(name: str, source: SourceConfig, file: YamlFile) -> Iterator[Diagnostic]:
    """Second files nobody reads, and those by which a row that could be a no would be lost."""
    for lookup in source.lookup:
        place = ("sources", name, "lookup", lookup)
        if name in _MUST_BE_READ:
            hint = "a row that could be a no is never refused for what another file lacks"
            yield file.problem(place, f"a lookup for '{name}'", "no lookup for this source", hint)
            continue
        try:
            reads = looked_up(name, source, lookup)
        except ExpressionError:
            continue  # told where it stands
        if not reads:
            hint = f"write '{lookup}.COLUMN' where a column of the file may be named, such as 'category: {lookup}.category'"
            yield file.problem(place, "a second file of which no column is read", f"a column '{lookup}.COLUMN'", hint)


def _wrong_in_ledger(name: str, source: SourceConfig, file: YamlFile) -> Iterator[Diagnostic]:
    """What would make a yes of an empty cell, or leave out one of two addresses that a no names."""
    naming = (*SOURCES[name].any_of, "street", "postal_code", "city", "other_customer_id")
    names = {mapping.source_column for column, mapping in source.columns.items() if column in naming}
    for column in source.fill_down.columns if source.fill_down else ():
        if column not in names:
            found = f"'{column}' filled down in '{name}'"
            hint = "an empty status or date would take over what another row says; an empty one counts as a no"
            yield file.problem(("sources", name, "fill_down", "columns"), found, "columns that name somebody", hint)
    for column, mapping in source.columns.items():
        if mapping.first_of is not None and column in naming:
            hint = "a no is of every address it names: 'from: [one, other]' puts them into one cell, and each counts"
            place = ("sources", name, "columns", column, "first_of")
            yield file.problem(place, "the first of several that a row names", "from: one column", hint)


def _wrong_column(mapping: ColumnMapping, column: Column, file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    if mapping.expression is not None:
        yield from _wrong_expression(mapping.expression, column.type, file, (*place, "expression"))
        formats = mapping.format if column.type in (Type.DAY, Type.INSTANT) else None
        if formats and _is_day(mapping.expression, column.type):
            hint = "delete it: parse_date(...) says how the text is read, and what it makes is a day already"
            yield file.problem((*place, "format"), "a format for what is a day already", "no format", hint)
    if isinstance(mapping.source_column, tuple) and column.type not in _JOINED:
        found = f"several columns for '{column.name}', which is no text"
        yield file.problem((*place, "from"), found, "one column", 'calculate it with expression: "one + other"')
    if isinstance(mapping.source_column, tuple):
        for part in mapping.pad_to:
            if part not in mapping.source_column:
                found, near = f"'{part}', which is no part of '{column.name}'", did_you_mean(part, mapping.source_column)
                yield file.problem((*place, "pad_to", part), found, one_of(mapping.source_column, "part"), near)
        if mapping.pad_to and not column.is_key:
            found = f"leading zeros for '{column.name}', which is no key"
            yield file.problem((*place, "pad_to"), found, "'pad_to' for a key of several columns")


def _is_day(text: str, made: Type) -> bool:
    try:
        return parse_expression(text, made).is_day
    except ExpressionError:
        return False


def _wrong_expression(text: str, made: Type | None, file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    try:
        parse_expression(text, made)
    except ExpressionError as error:
        for mistake in error.mistakes:
            where = f" (character {mistake.position} of {text!r})" if mistake.position else f" in {text!r}"
            yield file.problem(place, mistake.found + where, mistake.expected, mistake.suggestion)
