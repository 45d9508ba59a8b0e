"""What of a source's files is not taken in: rows of erased people, and rows older than the source is kept.

Every row left out is counted, so that all rows of a file stay accounted for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.pseudonymised import pseudonymised, pseudonymised_ids
from segmentation_pipeline.ingest.redaction import blotted, free_text, mentions
from segmentation_pipeline.ingest.retention import expired, note_expired_orders
from segmentation_pipeline.ingest.shared_addresses import without_the_erased
from segmentation_pipeline.privacy.pseudonyms import Pseudonyms
from segmentation_pipeline.privacy.tombstones import Tombstones

ERASED, EXPIRED, SKIPPED = "erased", "expired", "skipped"
"""Why a row was left out; ``skipped:NAME`` is what the configuration leaves out under a name."""
_LEFT_OUT = {"source": "string", "_file": "string", "cause": "string", "records": "int64"}
_RETURNED = {"source": "string", "_file": "string", "customer_id": "string"}
_PROVENANCE = ("_file", "_row")


@dataclass(frozen=True, slots=True)
class Screen:
    """Decides for one source; without tombstones and retention it takes everything."""

    engine: Engine
    reading: Reading
    stones: Tombstones | None = None
    first_day: date | None = None
    """Rows of earlier days are not kept."""
    pseudonyms: Pseudonyms | None = None
    """What takes the place of addresses that name customers; None leaves them."""

    @property
    def signature(self) -> str:
        """What it decides by: rows read under another one must be read again."""
        erased = "" if self.stones is None else self.stones.digest
        days = self.reading.config.retention_days
        kept = erased if days is None else f"{erased}|{days}"
        return kept if self.pseudonyms is None else f"{kept}|pseudonyms"

    def kept(self, records: ir.Table, malformed: ir.Table, held: ExitStack) -> tuple[ir.Table, ir.Table]:
        """The records and malformed lines of one file that are taken in; the others are counted and noted.

        Whom an address names is known by a pseudonym from here on."""
        if self.stones is not None:
            records = held.enter_context(self.engine.staged(records))
            malformed = held.enter_context(self.engine.staged(malformed))
            records, malformed = self._without_erased(self.stones, records, malformed, held)
        records = self._without_expired(records, held)
        if self.pseudonyms is not None:
            records = pseudonymised(self.engine, self.reading.name, records, self.pseudonyms, held)
        return records, malformed

    def sweep(self, held: ExitStack) -> ir.Table | None:
        """Remove stored rows that have grown too old since they were read; the rows, None where there are none."""
        engine, source = self.engine, self.reading.name
        if not engine.has(tables.raw(source)):
            return None
        raw, malformed = engine.table(tables.raw(source)), engine.table(tables.malformed(source))
        old = expired(engine, self.reading, raw, self.first_day, loaded=True)
        if old is None:
            return None
        out = held.enter_context(engine.staged(old))
        rows = held.enter_context(engine.staged(raw.semi_join(out, _PROVENANCE)))
        lines = malformed.filter(malformed._loaded_as_of < self.first_day) if self.first_day else malformed.limit(0)
        lines = held.enter_context(engine.staged(lines.select(*_PROVENANCE)))
        note_left_out(engine, source, EXPIRED, out, lines)
        note_expired_orders(engine, self.reading, rows, out)
        for table, places in ((tables.raw(source), out), (tables.malformed(source), lines)):
            if engine.count(places):
                engine.replace_keys(table, engine.table(table).filter(ibis.literal(False)), places)
        return rows if engine.count(rows) else None

    def _without_expired(self, records: ir.Table, held: ExitStack) -> ir.Table:
        engine = self.engine
        if self.first_day is None and not engine.has(tables.EXPIRED_ORDERS):
            return records
        records = held.enter_context(engine.staged(records))
        old = expired(engine, self.reading, records, self.first_day, loaded=False)
        if old is None:
            return records
        out = held.enter_context(engine.staged(old))
        note_left_out(engine, self.reading.name, EXPIRED, out)
        note_expired_orders(engine, self.reading, records, out)
        return records.anti_join(out, _PROVENANCE)

    def _without_erased(
        self, stones: Tombstones, records: ir.Table, malformed: ir.Table, held: ExitStack
    ) -> tuple[ir.Table, ir.Table]:
        engine, source = self.engine, self.reading.name
        erased = ErasedRows(engine, self.reading, stones)
        out, returned = erased.of(records, held)
        lines = erased.lines(malformed, held)
        shared = without_the_erased(engine, self.reading, erased, records.semi_join(out, _PROVENANCE), held)
        note_left_out(engine, source, ERASED, out.anti_join(shared, _PROVENANCE), lines)
        note_marks(engine, source, erased.marks(records, out))
        if self.pseudonyms is not None:
            returned = pseudonymised_ids(engine, returned, self.pseudonyms, held)
        note_returned(engine, source, returned)
        kept = records.anti_join(out, _PROVENANCE).union(shared)
        columns = free_text(source)
        return blotted(kept, columns, mentions(engine, kept, columns, stones)), malformed.anti_join(lines, _PROVENANCE)


def note_left_out(engine: Engine, source: str, cause: str, *rows: ir.Table) -> None:
    """Count rows (of ``_file``) by file in ``raw.left_out``."""
    for table in rows:
        counted = engine.rows(table.group_by("_file").agg(records=table.count()).order_by("_file"))
        append_left_out(engine, [(source, row["_file"], cause, row["records"]) for row in counted])


def append_left_out(engine: Engine, found: Sequence[tuple[object, ...]]) -> None:
    """Add counts (source, file, cause, records) to ``raw.left_out``."""
    if found:
        columns: dict[str, list[object]] = dict(zip(_LEFT_OUT, map(list, zip(*found, strict=True)), strict=True))
        engine.append(tables.LEFT_OUT, engine.memtable(columns, _LEFT_OUT))


def note_marks(engine: Engine, source: str, marks: ir.Table) -> None:
    """Remember by which marks rows of other sources belong to those left out of this one."""
    engine.append(tables.ERASED_MARKS, marks.mutate(source=ibis.literal(source)))


def note_returned(engine: Engine, source: str, returned: ir.Table) -> None:
    """Remember whose rows were taken in although they were erased once: they came back."""
    engine.append(tables.RETURNED_CUSTOMERS, returned.mutate(source=ibis.literal(source)).select(*_RETURNED))


def forget_notes(engine: Engine, source: str, file: str | None) -> None:
    """Take back what was noted of one file of a source, or of all of them."""
    keys = {"source": source} if file is None else {"source": source, "_file": file}
    noted = (
        *(tables.LEFT_OUT, tables.LOOKED_UP, tables.ERASED_MARKS, tables.EXPIRED_ORDERS),
        *(tables.RETURNED_CUSTOMERS, tables.CUSTOMER_ADDRESSES),
    )
    for table in noted:
        engine.delete(table, keys)


def left_out(engine: Engine, source: str) -> dict[str, int]:
    """How many records of a source's files were not taken in, by cause."""
    if not engine.has(tables.LEFT_OUT):
        return {ERASED: 0, EXPIRED: 0}
    noted = engine.table(tables.LEFT_OUT)
    found = engine.rows(noted.filter(noted.source == source).group_by("cause").agg(records=noted.records.sum()))
    return {ERASED: 0, EXPIRED: 0} | {str(row["cause"]): int(row["records"]) for row in found}


def skipped(causes: Mapping[str, int]) -> dict[str, int]:
    """Of what ``left_out`` tells what the configuration leaves out, by name."""
    return {cause.removeprefix(f"{SKIPPED}:"): rows for cause, rows in causes.items() if cause.startswith(f"{SKIPPED}:")}


def gone(causes: Mapping[str, int]) -> int:
    """Of what ``left_out`` tells what left for good, so that nobody lost it.  What the configuration skips may come with a
    broken delivery."""
    return causes[ERASED] + causes[EXPIRED]
