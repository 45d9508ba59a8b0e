"""Whether a delivery lost what the last one held: rows, files, or noes of customers.

Compared is what was received, whatever day is run.  How rows are cleaned is no matter of this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.engine.base import Engine

SETTINGS = "meta.deliveries"
ACCEPTED = "meta.accepted_deliveries"
_SETTINGS_SCHEMA = {"source": "string", "settings": "string"}
_ACCEPTED_SCHEMA = {"source": "string", "run_id": "string", "as_of": "date", "what": "string"}
_NO_KEYS = {
    "consents": ("customer_id", "channel", "purpose", "occurred_at"),
    "suppressions": ("customer_id", "suppressed_at"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a delivery may lose: ``min_ratio`` of the rows must be there; ``accepted`` lets anything pass once."""

    min_ratio: float = 0.5
    delivery: str = "full"
    accepted: bool = False
    run_id: str = ""


def losses(limits: Limits, before: int, now: int, known: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """What is missing beside the last delivery, one sentence each.

    ``before`` and ``now`` are rows; ``known`` and ``wanted`` map a file's name to its fingerprint.
    A renamed file with the same content is not missing.
    """
    found = []
    gone = [file for file, mark in known.items() if file not in wanted and mark not in wanted.values()]
    if gone and limits.delivery != "rolling":
        found.append(f"files that were there before are missing: {', '.join(sorted(gone)[:5])} ({len(gone)} in all)")
    emptied = before > 0 and now == 0
    if emptied or now < before * limits.min_ratio:
        found.append(f"{before} rows before, {now} now, in {', '.join(sorted(wanted)[:5])}")
    return found


def noes(source: str, raw: ir.Table, config: SourceConfig) -> ir.Table | None:
    """One row per withdrawal or suppression as received, with its origin; None for sources that hold none.

    A consent event whose status neither is nor is renamed to ``granted`` counts as a withdrawal.
    """
    if source not in _NO_KEYS:
        return None
    rows = raw
    if source == "consents":
        mapping = config.columns.get("status")
        renamed = {} if mapping is None else {old.strip().lower(): new.strip().lower() for old, new in mapping.values.items()}
        granted = [word for word in {"granted", *renamed} if renamed.get(word, word) == "granted"]
        rows = raw.filter(~raw.status.cast("string").strip().lower().isin(sorted(granted)).fill_null(False))
    return rows.select(**{key: rows[key].cast("string").fill_null("") for key in _NO_KEYS[source]}, _file="_file", _row="_row")


def lost_noes(engine: Engine, source: str, before: ir.Table, now: ir.Table) -> list[str]:
    """The noes of ``before`` that ``now`` lacks, counted and placed; empty when all are there."""
    gone = before.anti_join(now, list(_NO_KEYS[source]))
    count = engine.count(gone)
    if not count:
        return []
    rows = engine.rows(gone.order_by("_file", "_row").select("_file", "_row").limit(5))
    places = ", ".join(f"{row['_file']}:{row['_row']}" for row in rows)
    return [f"{count} known opt-outs are gone, last seen at {places}"]


def settings_of(engine: Engine, source: str) -> str | None:
    """The settings the last delivery was read with; None when none is known."""
    if not engine.has(SETTINGS):
        engine.write(SETTINGS, engine.memtable({key: [] for key in _SETTINGS_SCHEMA}, _SETTINGS_SCHEMA))
    table = engine.table(SETTINGS)
    return next((str(row["settings"]) for row in engine.rows(table.filter(table.source == source))), None)


def note_settings(engine: Engine, source: str, settings: str) -> None:
    engine.delete(SETTINGS, {"source": source})
    engine.append(SETTINGS, engine.memtable({"source": [source], "settings": [settings]}, _SETTINGS_SCHEMA))


def note_accepted(engine: Engine, source: str, limits: Limits, as_of: date, what: list[str]) -> None:
    row: dict[str, list[object]] = {"source": [source], "run_id": [limits.run_id], "as_of": [as_of], "what": ["; ".join(what)]}
    engine.append(ACCEPTED, engine.memtable(row, _ACCEPTED_SCHEMA))
