"""Rows that are left out on purpose, by the configuration: neither clean nor refused, and counted by name.

``_skip`` beside a row received is the name of what leaves it out; null where it is taken in.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.config.schema.sources import SKIP
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import as_text, in_form, plain
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.screen import SKIPPED, append_left_out
from segmentation_pipeline.rules.file_columns import UNREADABLE

SKIPS = "_skip"


def with_skips(records: ir.Table, source: str, config: SourceConfig) -> ir.Table:
    """``records`` with ``_skip`` where the configuration skips words, or lines were found that are no records."""
    words = _skipped_words(records, source, config)
    if words is None:
        return records
    named = ibis.coalesce(records[SKIPS], words) if SKIPS in records.columns else words
    return records.mutate(**{SKIPS: named})


def _skipped_words(records: ir.Table, source: str, config: SourceConfig) -> ir.StringValue | None:
    """Name of what leaves each row out for a word in it; None where the configuration skips no word."""
    names: list[ir.StringValue] = []
    for column in SOURCES[source].columns:
        mapping = config.columns.get(column.name)
        if mapping is None or not column.decides or SKIP not in (*mapping.values.values(), mapping.other):
            continue
        text = in_form(as_text(records[column.name])).lower()
        words = [plain(word).lower() for word, meaning in mapping.values.items() if meaning == SKIP]
        cases = [(text == word, ibis.literal(f"{column.name} {word}")) for word in words]
        if mapping.other == SKIP:
            known = [*(plain(word).lower() for word in mapping.values), *column.allowed]
            # What could not be made is no word: it is refused.
            strange = text.notnull() & text.notin(known) & ~text.startswith(UNREADABLE)
            cases.append((strange, ibis.literal(f"{column.name}, other words")))
        names.append(cast(ir.StringValue, ibis.cases(*cases)))
    return cast(ir.StringValue, ibis.coalesce(*names)) if names else None


def without_skipped(engine: Engine, source: str, records: ir.Table) -> ir.Table:
    """The rows that are taken in, without ``_skip``; the others are counted in ``raw.left_out``."""
    if SKIPS not in records.columns:
        return records
    out = records.filter(records[SKIPS].notnull())
    counted = engine.rows(out.group_by("_file", SKIPS).agg(records=out.count()).order_by("_file", SKIPS))
    append_left_out(engine, [(source, row["_file"], f"{SKIPPED}:{row[SKIPS]}", row["records"]) for row in counted])
    return records.filter(records[SKIPS].isnull()).drop(SKIPS)
