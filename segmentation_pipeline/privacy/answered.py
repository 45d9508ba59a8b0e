"""Rows of ledgers of which somebody has said, by name and with a reason, that they are no opt-outs."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.fingerprint import of_received
from segmentation_pipeline.config.schema import NotAnOptOut
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine

_PLACE = {"_file": "string", "_row": "int64"}
_ANSWER = {**_PLACE, "fingerprint": "string"}


def answered_rows(engine: Engine, source: str, answers: Sequence[NotAnOptOut]) -> ir.Table:
    """``_file`` and ``_row`` of the rows of a source that ``answers`` are about, refused or not.

    A row is met only as it stood when it was answered for: its ``fingerprint`` changes with every sign of it.
    """
    given = [(answer.file, answer.row, answer.fingerprint) for answer in answers]
    columns = {name: [answer[place] for answer in given] for place, name in enumerate(_ANSWER)}
    asked = engine.memtable(columns, _ANSWER)
    return _with_fingerprints(engine, source, asked).semi_join(asked, list(_ANSWER)).select("_file", "_row").distinct()


def fingerprints(engine: Engine, source: str, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The fingerprint of each of a few rows, by file and row."""
    asked = engine.memtable({"_file": [file for file, _ in places], "_row": [row for _, row in places]}, _PLACE)
    found = engine.rows(_with_fingerprints(engine, source, asked))
    return {(str(row["_file"]), int(str(row["_row"]))): str(row["fingerprint"]) for row in found}


def _with_fingerprints(engine: Engine, source: str, asked: ir.Table) -> ir.Table:
    """``_file``, ``_row`` and ``fingerprint`` of the rows at these places: of refused ones and broken lines as they lie in
    quarantine, of all others as they were received."""
    places = asked.select("_file", "_row").distinct()
    found = []
    if engine.has(tables.quarantine(source)):
        found.append(engine.table(tables.quarantine(source)).semi_join(places, ["_file", "_row"]).select(*_ANSWER))
    if engine.has(tables.raw(source)):
        raw = engine.table(tables.raw(source)).semi_join(places, ["_file", "_row"])
        received = raw.select("_file", "_row", fingerprint=of_received(raw, SOURCES[source]))
        found.append(received.anti_join(found[0], ["_file", "_row"]) if found else received)
    return ibis.union(*found) if len(found) > 1 else found[0] if found else engine.memtable({n: [] for n in _ANSWER}, _ANSWER)
