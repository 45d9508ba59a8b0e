"""Do ``sources.yaml`` and what refers to it name things the source contracts know?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, SourceConfig
from segmentation_pipeline.config.schema.project import SAYS_NO
from segmentation_pipeline.config.schema.sources import SKIP
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.sources.base import Source

DERIVING = {"order_items": ("customer_id", "ordered_at")}
"""Columns a source must give when orders are made from it, optional as they are otherwise."""

_NAME = re.compile("[a-z][a-z0-9_]*")


def unknown_sources(file: YamlFile) -> Iterator[Diagnostic]:
    """Source names without a contract; works on the data as read, so that it helps with wrong shapes too."""
    sources = file.data.get("sources") if isinstance(file.data, Mapping) else None
    for name in sources if isinstance(sources, Mapping) else ():
        if name not in SOURCES:
            hint = did_you_mean(name, SOURCES)
            yield file.problem(("sources", name), f"the unknown source '{name}'", one_of(SOURCES, "source"), hint)


def source_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Mapped columns a contract does not have, and required ones that are not mapped."""
    for name, source in config.sources.items():
        known = SOURCES[name].names
        for column in source.columns:
            if column not in known:
                path, found = ("sources", name, "columns", column), f"the unknown column '{column}' of source '{name}'"
                yield file.problem(path, found, one_of(known, "column"), did_you_mean(column, known))
        if name == "orders" and "returned_amount" in source.columns and config.has("returns"):
            hint = "delete one of them; what the orders tell counts on the day of the order, returns on their own"
            path = ("sources", name, "columns", "returned_amount")
            yield file.problem(
                path, "refunds beside the source 'returns': they would count twice", "refunds from one of them", hint
            )
        if source.negative == "cancel" and source.columns and "cancels" not in source.columns:
            wanted, hint = (
                "a column 'cancels': the order that is cancelled",
                "what names no order is a return: 'negative: return'",
            )
            yield file.problem(("sources", name, "negative"), "cancellations that name no order", wanted, hint)
        if source.negative != "refuse" and not SOURCES[name].signed:
            wanted = f"'negative' for one of: {', '.join(n for n, s in SOURCES.items() if s.signed)}"
            yield file.problem(("sources", name, "negative"), f"what negative rows of '{name}' are", wanted)
        if source.may_have_workbooks:
            yield from _dates_of_cells(name, source, file)
        if source.anonymous:
            yield from _nobodys(config, name, file)
        if source.columns:
            yield from _unmapped(config, name, source, file)
            yield from _wrong_words(name, source, file)
        if source.retention_days is not None and (not may_expire(SOURCES[name]) or source.derive_from):
            found = f"a retention for '{name}', whose rows have no age of their own, or must not be forgotten for their age"
            wanted = f"retention_days of one of: {', '.join(n for n, s in SOURCES.items() if may_expire(s))}"
            hint = "erase customers who are gone with 'segmentation forget --file LIST'"
            yield file.problem(("sources", name, "retention_days"), found, wanted, hint)


def _wrong_words(name: str, source: SourceConfig, file: YamlFile) -> Iterator[Diagnostic]:
    """Words that values are renamed to and the column does not know; ``other`` where it would guess."""
    known = {column.name: column for column in SOURCES[name].columns}
    for column_name, mapping in source.columns.items():
        column = known.get(column_name)
        if column is None:
            continue
        path: KeyPath = ("sources", name, "columns", column_name)
        words = (*column.allowed, *((SKIP,) if column.decides else ()))
        unknown = f"which {name}.{column_name} does not know"
        for word, meaning in mapping.values.items() if column.allowed else ():
            if meaning and column.nameable:
                if not _NAME.fullmatch(meaning.strip().lower()):
                    wanted = f"a name of lower-case letters, digits and _, or {one_of(words, 'word')}"
                    yield file.problem((*path, "values", word), f"'{meaning}', which is no name", wanted)
            elif meaning and meaning.lower() not in words:
                wanted, hint = one_of(words, "word"), did_you_mean(meaning, words)
                yield file.problem((*path, "values", word), f"'{meaning}', {unknown}", wanted, hint)
        if mapping.other is not None and not column.decides:
            deciding = [f"{s.name}.{c.name}" for s in SOURCES.values() for c in s.columns if c.decides]
            hint = "words nobody knows are never guessed elsewhere"
            yield file.problem((*path, "other"), "a meaning for all other words", f"'other' for {', '.join(deciding)} only", hint)
        elif mapping.other is not None and mapping.other.lower() not in words:
            wanted, hint = one_of(words, "word"), did_you_mean(mapping.other, words)
            yield file.problem((*path, "other"), f"'{mapping.other}', {unknown}", wanted, hint)


def _dates_of_cells(name: str, source: SourceConfig, file: YamlFile) -> Iterator[Diagnostic]:
    """Formats of texts under which a cell that holds a date would be another day."""
    places: list[tuple[KeyPath, str | tuple[str, ...] | None]] = [(("date_format",), source.date_format)]
    places += [(("columns", column, "format"), mapping.format) for column, mapping in source.columns.items()]
    for place, formats in places:
        for pattern in (formats,) if isinstance(formats, str) else formats or ():
            if pattern.startswith(("%Y-%d", "%Y-%-d")):
                hint = "whatever a workbook shows, cells that hold dates are read as %Y-%m-%d; for other files set 'format: csv'"
                yield file.problem(
                    ("sources", name, *place), f"'{pattern}' for a workbook", "another order of day and month", hint
                )


def _nobodys(config: Config, name: str, file: YamlFile) -> Iterator[Diagnostic]:
    """``anonymous`` where rows name no customer, may say no, or are made into orders, which say it then."""
    path: KeyPath = ("sources", name, "anonymous")
    if name in SAYS_NO or "customer_id" not in SOURCES[name].names:
        found = f"customers of '{name}' that stand for nobody"
        known = [n for n, s in SOURCES.items() if "customer_id" in s.names and n not in SAYS_NO]
        hint = "a no counts for whomever it names" if name in SAYS_NO else "its rows follow the orders they name"
        yield file.problem(path, found, one_of(known, "source"), hint)
    elif config.sources["orders"].derive_from == name:
        wanted = "'anonymous' for orders, which are made from these lines"
        yield file.problem(path, f"customers of '{name}' that stand for nobody", wanted)


_NEVER_TOO_OLD = (*SAYS_NO, "exchange_rates")
"""A no counts however old it is; so does a decision about who is who, and orders are as old as their rates."""


def may_expire(source: Source) -> bool:
    """Whether a row tells when something happened; what describes a customer or a thing has no age of its own."""
    return source.event_time is not None and source.natural_key != ("customer_id",) and source.name not in _NEVER_TOO_OLD


def _unmapped(config: Config, name: str, source: SourceConfig, file: YamlFile) -> Iterator[Diagnostic]:
    required = [column.name for column in SOURCES[name].columns if column.required]
    if config.sources["orders"].derive_from == name:
        required += DERIVING.get(name, ())
    for column in required:
        if column not in source.columns:
            hint = "with 'columns' given, only the columns listed there are read"
            yield file.problem(("sources", name, "columns"), f"no column '{column}'", f"{column}: the file's column for it", hint)
    any_of = SOURCES[name].any_of
    if any_of and not any(column in source.columns for column in any_of):
        hint = "without one nobody can tell whom a row is about"
        yield file.problem(("sources", name, "columns"), "no column that names somebody", one_of(any_of, "column"), hint)


def key_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Lengths for keys that no source has."""
    known = sorted({source.names_key(column) for source in SOURCES.values() for column in source.columns if column.is_key})
    for name in config.pipeline.business.pad_to:
        if name not in known:
            path, found = ("business", "pad_to", name), f"'{name}', which is no key"
            yield file.problem(path, found, one_of(known, "key"), did_you_mean(name, known))


def identity_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Settings of identity without the source they are about."""
    if isinstance(file.data, Mapping) and "identity" in file.data and not config.has("identities"):
        hint = "nobody is recognised without it; delete 'identity' here or add the source to sources.yaml"
        yield file.problem(("identity",), "settings for a source that is not configured", "source 'identities'", hint)


def merge_decision_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Decisions about merges that nobody would read."""
    if config.has("merge_decisions") and not config.has("identities"):
        hint = "nobody is merged without it, so decisions about merges change nothing"
        yield file.problem(("sources", "merge_decisions"), "decisions about merges", "source 'identities' beside it", hint)


def cost_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """A cost of what no source counts."""
    if config.pipeline.costs.support_request is not None and not config.has("support"):
        found, hint = "the cost of a request, of which there are none", "add the source, or delete the cost"
        yield file.problem(("costs", "support_request"), found, "source 'support' beside it", hint)


def quality_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Thresholds about sources that are not configured; expectations that do not exist, or on tables and columns
    that do not."""
    # Here and not above: the rules import the configuration they are derived from.
    from segmentation_pipeline.quality.checks import checked_tables
    from segmentation_pipeline.quality.expectation_names import expectation_name, known_expectations

    quality = config.pipeline.quality
    for name in quality.max_quarantined_share_by_source:
        if name not in config.sources:
            found, hint = f"'{name}', which is no configured source", did_you_mean(name, config.sources)
            yield file.problem(
                ("quality", "max_quarantined_share_by_source", name), found, one_of(config.sources, "source"), hint
            )
    tables = (*config.sources, *checked_tables(config))
    for position, rule in enumerate(quality.expectations):
        place: KeyPath = ("quality", "expectations", position)
        if rule.table not in tables:
            found = f"'{rule.table}', which is no table that is checked"
            yield file.problem((*place, "table"), found, one_of(tables, "table"), did_you_mean(rule.table, tables))
        try:
            expectation_name(rule.expectation)
        except ValueError:
            known = known_expectations()
            yield file.problem(
                (*place, "expectation"),
                f"the unknown expectation '{rule.expectation}'",
                "an expectation of Great Expectations that runs inside the engine",
                did_you_mean(rule.expectation, known),
            )
        column, columns = rule.arguments.get("column"), _clean_columns(config, rule.table.removeprefix("clean."))
        if isinstance(column, str) and columns and column not in columns:
            hint = did_you_mean(column, columns)
            yield file.problem((*place, "arguments", "column"), f"the unknown column '{column}'", one_of(columns, "column"), hint)


def _clean_columns(config: Config, source: str) -> list[str]:
    """The columns of a clean table; empty for a source that is not configured."""
    if source not in config.sources:
        return []
    contract = SOURCES[source]
    return [*(c.name for c in contract.columns if not c.pii), *(["event_date"] if contract.event_time else [])]
