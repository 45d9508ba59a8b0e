"""Rows of ledgers of which somebody has said, by name and with a reason, that they are no opt-outs."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import NotAnOptOut
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.nameless import names_nobody
from segmentation_pipeline.values.fingerprint import of_received
from segmentation_pipeline.values.states import REJECTED

_PLACE = {"_file": "string", "_row": "int64"}
_TOLD = 5
_ANSWER = {**_PLACE, "fingerprint": "string"}


def answered_rows(engine: Engine, source: str, answers: Sequence[NotAnOptOut]) -> ir.Table:
    """``_file`` and ``_row`` of the rows of a source that ``answers`` are about: refused ones, and such as name nobody.

    A row is met only as it stood when it was answered for: its ``fingerprint`` changes with every sign of it.
    """
    given = [(answer.file, answer.row, answer.fingerprint) for answer in answers]
    columns = {name: [answer[place] for answer in given] for place, name in enumerate(_ANSWER)}
    asked = engine.memtable(columns, _ANSWER)
    return _with_fingerprints(engine, source, asked).semi_join(asked, list(_ANSWER)).select("_file", "_row").distinct()


def told_places(engine: Engine, source: str, rows: ir.Table, count: int) -> str:
    """Where the first of ``count`` rows (_file, _row, reason) stand, why they are told, and by which fingerprint somebody may
    answer for each."""
    first = engine.rows(rows.order_by("_file", "_row").limit(_TOLD))
    places = [(str(row["_file"]), int(row["_row"])) for row in first]
    marks = fingerprints(engine, source, places)
    told = "; ".join(
        f"{place[0]}, record {place[1]}: {row['reason']} (fingerprint {marks.get(place, 'not known')})"
        for place, row in zip(places, first, strict=True)
    )
    return told + (f" and {count - len(first)} more" if count > len(first) else "")


def fingerprints(engine: Engine, source: str, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The fingerprint of each of a few rows that may be answered for, by file and row."""
    asked = engine.memtable({"_file": [file for file, _ in places], "_row": [row for _, row in places]}, _PLACE)
    found = engine.rows(_with_fingerprints(engine, source, asked))
    return {(str(row["_file"]), int(row["_row"])): str(row["fingerprint"]) for row in found}


def _with_fingerprints(engine: Engine, source: str, asked: ir.Table) -> ir.Table:
    """``_file``, ``_row`` and ``fingerprint`` of the rows at these places that may be answered for: refused ones and broken
    lines as they lie in quarantine, and rows that name nobody as they were received.  A no that can be read is none of them."""
    places = asked.select("_file", "_row").distinct()
    found = [engine.memtable({name: [] for name in _ANSWER}, _ANSWER)]
    if engine.has(tables.quarantine(source)):
        found.append(engine.table(tables.quarantine(source)).semi_join(places, ["_file", "_row"]).select(*_ANSWER))
    if "email" in SOURCES[source].names and engine.has(tables.validated(source)):
        validated = engine.table(tables.validated(source))
        nameless = validated.filter(validated._state != REJECTED, names_nobody(validated)).semi_join(places, ["_file", "_row"])
        raw = engine.table(tables.raw(source)).semi_join(nameless, ["_file", "_row"])
        found.append(raw.select("_file", "_row", fingerprint=of_received(raw, SOURCES[source])))
    return ibis.union(*found) if len(found) > 1 else found[0]
