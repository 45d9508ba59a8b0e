"""The account of where every row of a source went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.states import CLEAN, LATER, REJECTED, SUPERSEDED
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.screen import ERASED, EXPIRED, left_out

ROW_ACCOUNTING_COLUMNS = (
    Column("as_of", Type.DAY, "Day of the run.", "day"),
    Column("source", Type.TEXT, "The source."),
    Column("read", Type.INTEGER, "Records in the source's files.", "rows"),
    Column("clean", Type.INTEGER, "Accepted rows.", "rows"),
    Column("quarantined", Type.INTEGER, "Rejected rows, malformed records included.", "rows"),
    Column("superseded", Type.INTEGER, "Rows replaced by a later correction or repeated.", "rows"),
    Column("later", Type.INTEGER, "Sound rows that happen after as_of.", "rows"),
    Column("erased", Type.INTEGER, "Records of erased people, not taken in.", "rows"),
    Column("expired", Type.INTEGER, "Records older than the source is kept, not taken in or removed.", "rows"),
    Column("quarantined_by_reason", Type.TEXT, "Rows per reason as JSON; a row with two reasons counts under both."),
    Column("blanked_by_reason", Type.TEXT, "Values of optional columns blanked, per reason, as JSON."),
)


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where the rows of one source went: ``read = clean + quarantined + superseded + later + erased + expired``."""

    source: str
    read: int
    clean: int
    quarantined: int
    superseded: int
    later: int
    quarantined_by_reason: Mapping[str, int]
    blanked_by_reason: Mapping[str, int]
    erased: int = 0
    expired: int = 0

    @property
    def adds_up(self) -> bool:
        kept = self.clean + self.quarantined + self.superseded + self.later
        return self.read == kept + self.erased + self.expired


def account(engine: Engine, source: Source, received: ir.Table, malformed: ir.Table) -> Accounting:
    """Counted where the rows lie: what was read from what was received, what was rejected from the
    quarantine, so that a lost row shows as a sum that does not add up."""
    judged, quarantine = engine.table(tables.judged(source.name)), engine.table(tables.quarantine(source.name))
    counted = engine.rows(judged.group_by("_state").agg(rows=judged.count()))
    by_state = {int(str(row["_state"])): int(str(row["rows"])) for row in counted}
    gone = left_out(engine, source.name)
    return Accounting(
        source=source.name,
        read=engine.count(received) + engine.count(malformed) + sum(gone.values()),
        clean=by_state.get(CLEAN, 0),
        quarantined=engine.count(quarantine),
        superseded=by_state.get(SUPERSEDED, 0),
        later=by_state.get(LATER, 0),
        quarantined_by_reason=_per_reason(engine, quarantine, "reasons"),
        blanked_by_reason=_per_reason(engine, judged.filter(judged._state != REJECTED), "_faults"),
        erased=gone[ERASED],
        expired=gone[EXPIRED],
    )


def record(engine: Engine, account: Accounting, as_of: date) -> None:
    """Replace the source's account of the day in ``row_accounting``."""
    values: dict[str, object] = {
        "as_of": as_of,
        "source": account.source,
        "read": account.read,
        "clean": account.clean,
        "quarantined": account.quarantined,
        "superseded": account.superseded,
        "later": account.later,
        "erased": account.erased,
        "expired": account.expired,
        "quarantined_by_reason": json.dumps(account.quarantined_by_reason, sort_keys=True),
        "blanked_by_reason": json.dumps(account.blanked_by_reason, sort_keys=True),
    }
    if engine.has(tables.ROW_ACCOUNTING):
        stored = engine.table(tables.ROW_ACCOUNTING)
        if ERASED not in stored.columns:  # accounts of days run before rows could be left out
            engine.write(tables.ROW_ACCOUNTING, stored.mutate(erased=ibis.literal(0, "int64"), expired=ibis.literal(0, "int64")))
    row = engine.memtable(
        {name: [value] for name, value in values.items()}, {c.name: c.type.ibis for c in ROW_ACCOUNTING_COLUMNS}
    )
    engine.replace_slice(tables.ROW_ACCOUNTING, row, {"as_of": as_of, "source": account.source})


def _per_reason(engine: Engine, table: ir.Table, column: str) -> dict[str, int]:
    named = table.filter(table[column].notnull())
    single = named.select(reason=named[column].split(";").unnest())
    counts = engine.rows(single.group_by("reason").agg(rows=single.count()))
    return {str(row["reason"]): int(str(row["rows"])) for row in sorted(counts, key=lambda row: str(row["reason"]))}
