"""Why rows were refused or values blanked, in one sentence: how many for what, three of them with file and row, and the cure.

Personal values and keys are never told, only where they stand.
"""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.sources import SOURCES, Source
from segmentation_pipeline.contracts.text import as_text
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.cures import cure
from segmentation_pipeline.quality.telling import told, told_word
from segmentation_pipeline.values.states import REJECTED

_REASONS, _EXAMPLES, _WORDS, _SEEN = 3, 3, 12, 50


def why_refused(engine: Engine, config: Config, source: str) -> str:
    """The reasons for which most rows of the source lie in quarantine."""
    refused = engine.table(tables.quarantine(source))
    return _why(engine, config, SOURCES[source], refused.rename(faults="reasons"), None)


def why_blanked(engine: Engine, config: Config, source: str, columns: Collection[str]) -> str:
    """The reasons for which most values of ``columns`` were blanked."""
    validated = engine.table(tables.validated(source))
    faulty = validated.filter(validated._state != REJECTED, validated._faults.notnull()).select("_file", "_row", faults="_faults")
    received = _received(engine, config, source)
    if received is None:
        return _why(engine, config, SOURCES[source], faulty, columns)
    return _why(engine, config, SOURCES[source], received.inner_join(faulty, ["_file", "_row"]), columns)


def _received(engine: Engine, config: Config, source: str) -> ir.Table | None:
    return None if config.sources[source].derive_from else engine.table(tables.raw(source))


def _why(engine: Engine, config: Config, source: Source, rows: ir.Table, columns: Collection[str] | None) -> str:
    with engine.staged(rows) as rows:
        single = rows.select(fault=rows.faults.split(";").unnest())
        counts = engine.rows(single.group_by("fault").agg(rows=single.count()))
        counted = [(str(row["fault"]), int(row["rows"])) for row in counts]
        chosen = [(f, n) for f, n in counted if columns is None or f.partition(":")[2] in columns]
        chosen.sort(key=lambda one: (-one[1], one[0]))
        told = [_told(engine, source, rows, fault, count) for fault, count in chosen[:_REASONS]]
    more = f"; and {len(chosen) - _REASONS} more reasons" if len(chosen) > _REASONS else ""
    return "; ".join(told) + more


def _told(engine: Engine, source: Source, rows: ir.Table, fault: str, count: int) -> str:
    """One reason: how often, examples, cure."""
    reason, _, name = fault.partition(":")
    column = next((c for c in source.columns if c.name == name), None)
    faulty = rows.filter((";" + rows.faults + ";").contains(f";{fault};"))
    hidden = column is None or column.pii or column.is_key or column.free or name not in rows.columns
    if column is None or hidden or reason == "missing":
        places = engine.rows(faulty.order_by("_file", "_row").limit(_EXAMPLES).select("_file", "_row"))
        examples, values = [_place(row) for row in places], []
    elif reason == "not_allowed":
        return _words(engine, source, faulty, fault, column, count)
    else:
        seen = faulty.select("_file", "_row", value=as_text(faulty[name])).filter(ibis._["value"].notnull())
        found = engine.rows(seen.order_by("_file", "_row").limit(_SEEN))
        values = list(dict.fromkeys(str(row["value"]) for row in found))
        first = {str(row["value"]): row for row in reversed(found)}
        examples = [f"{told(value, column)} in {_place(first[value])}" for value in values[:_EXAMPLES]]
    likely = cure(fault if reason == "malformed" else reason, column, values, source.name)
    such_as = f", such as {', '.join(examples)}" if examples else ""
    return f"{count} {fault}{such_as}" + (f" ({likely})" if likely else "")


def _words(engine: Engine, source: Source, faulty: ir.Table, fault: str, column: Column, count: int) -> str:
    word = as_text(faulty[column.name]).strip().lower()
    customer = as_text(faulty["customer_id"]) if "customer_id" in faulty.columns else faulty._row.cast("string")
    listed = faulty.select("_file", "_row", word=word, customer=customer).group_by("word")
    found = engine.rows(
        listed.agg(rows=ibis._.count(), customers=ibis._.customer.nunique()).order_by(ibis.desc("rows"), "word").limit(_WORDS + 1)
    )
    listed_words = ", ".join(f"{told_word(str(row['word']), int(row['customers']))} {row['rows']}" for row in found[:_WORDS])
    more = " and more" if len(found) > _WORDS else ""
    [first] = engine.rows(faulty.order_by("_file", "_row").limit(1).select("_file", "_row"))
    meaning = cure("not_allowed", column, [], source.name)
    return f"{count} {fault}: {listed_words}{more}, the first in {_place(first)} ({meaning})"


def _place(row: dict[str, object]) -> str:
    return f"{row['_file']} row {row['_row']}"


def unknown_words(engine: Engine, source: Source) -> str | None:
    """The words nobody gave a meaning of columns that decide what a row means; None where there are none."""
    refused = engine.table(tables.quarantine(source.name))
    told = []
    for column in source.columns:
        if column.decides and column.allowed:
            fault = f"not_allowed:{column.name}"
            faulty = refused.filter((";" + refused.reasons + ";").contains(f";{fault};"))
            if count := engine.count(faulty):
                told.append(_words(engine, source, faulty, fault, column, count))
    return "; ".join(told) or None
