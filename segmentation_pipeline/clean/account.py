"""The account of where every row of a source went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.clean.copies import Files
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.quality_tables import ROW_ACCOUNTING_COLUMNS
from segmentation_pipeline.contracts.sources import Source
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.screen import ERASED, EXPIRED, left_out, skipped
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN, FUTURE_DATED, REJECTED, SUPERSEDED

PARTS = ("clean", "anonymous", "quarantined", "superseded", "later", "erased", "expired", "skipped")
"""Where a record may have gone; every record read is in one of them."""

NOT_LOOKED_AT = ("erased", "expired", "skipped")
"""Parts whose records are counted and not looked at."""


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where the rows of one source went: ``read`` is the sum of ``PARTS``."""

    source: str
    read: int
    clean: int
    quarantined: int
    superseded: int
    later: int
    quarantined_by_reason: Mapping[str, int]
    blanked_by_reason: Mapping[str, int]
    anonymous: int = 0
    erased: int = 0
    expired: int = 0
    skipped_by_name: Mapping[str, int] = field(default_factory=dict)
    latest_by: str = ""

    @property
    def skipped(self) -> int:
        return sum(self.skipped_by_name.values())

    @property
    def adds_up(self) -> bool:
        return bool(self.read == sum(getattr(self, part) for part in PARTS))


def account(engine: Engine, source: Source, received: ir.Table, malformed: ir.Table, files: Files) -> Accounting:
    """Counted where the rows lie: what was read from what was received, what was rejected from the
    quarantine, so that a lost row shows as a sum that does not add up."""
    validated, quarantine = engine.table(tables.validated(source.name)), engine.table(tables.quarantine(source.name))
    counted = engine.rows(validated.group_by("_state").agg(rows=validated.count()))
    by_state = {int(row["_state"]): int(row["rows"]) for row in counted}
    gone = left_out(engine, source.name)
    return Accounting(
        source=source.name,
        read=engine.count(received) + engine.count(malformed) + sum(gone.values()),
        clean=by_state.get(CLEAN, 0),
        anonymous=by_state.get(ANONYMOUS, 0),
        quarantined=engine.count(quarantine),
        superseded=by_state.get(SUPERSEDED, 0),
        later=by_state.get(FUTURE_DATED, 0),
        quarantined_by_reason=_per_reason(engine, quarantine, "reasons"),
        blanked_by_reason=_per_reason(engine, validated.filter(validated._state != REJECTED), "_faults"),
        erased=gone[ERASED],
        expired=gone[EXPIRED],
        skipped_by_name=skipped(gone),
        latest_by=files.told(source),
    )


def record(engine: Engine, account: Accounting, as_of: date) -> None:
    """Replace the source's account of the day in ``row_accounting``."""
    values: dict[str, object] = {
        "as_of": as_of,
        "source": account.source,
        "read": account.read,
        **{part: getattr(account, part) for part in PARTS},
        "skipped_by_name": json.dumps(account.skipped_by_name, sort_keys=True),
        "latest_by": account.latest_by,
        "quarantined_by_reason": json.dumps(account.quarantined_by_reason, sort_keys=True),
        "blanked_by_reason": json.dumps(account.blanked_by_reason, sort_keys=True),
    }
    if engine.has(tables.ROW_ACCOUNTING):
        stored = engine.table(tables.ROW_ACCOUNTING)
        # Accounts of days run before rows could be left out.
        if lacking := [c for c in ROW_ACCOUNTING_COLUMNS if c.name not in stored.columns]:
            nothing = {
                c.name: ibis.literal({"skipped_by_name": "{}", "latest_by": ""}.get(c.name, 0)).cast(c.type.ibis) for c in lacking
            }
            engine.write(tables.ROW_ACCOUNTING, stored.mutate(**nothing))
    row = engine.memtable(
        {name: [value] for name, value in values.items()}, {c.name: c.type.ibis for c in ROW_ACCOUNTING_COLUMNS}
    )
    engine.replace_slice(tables.ROW_ACCOUNTING, row, {"as_of": as_of, "source": account.source})


def _per_reason(engine: Engine, table: ir.Table, column: str) -> dict[str, int]:
    named = table.filter(table[column].notnull())
    single = named.select(reason=named[column].split(";").unnest())
    counts = engine.rows(single.group_by("reason").agg(rows=single.count()))
    return {str(row["reason"]): int(row["rows"]) for row in sorted(counts, key=lambda row: str(row["reason"]))}
