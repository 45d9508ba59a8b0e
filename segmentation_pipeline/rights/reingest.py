"""The test that an erasure lasts: every file is read again as a run reads it, and nothing of the person comes in."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.files import SourceFile, source_files
from segmentation_pipeline.ingest.load import received_alone
from segmentation_pipeline.ingest.redaction import BLOT, coded, free_text
from segmentation_pipeline.ingest.screen import Screen, left_out
from segmentation_pipeline.privacy.tombstones import Kind, Tombstones


@dataclass(frozen=True, slots=True)
class Reread:
    """Of one file: records read; left out; in whose texts the person was blotted out; taken in since they are of later than the
    erasure; and those taken in that hold a key, address or order of the person all the same: none, if all is well."""

    records: int
    left_out: int
    mentions: int
    later: int
    found: int

    def __add__(self, other: Reread) -> Reread:
        return Reread(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def reingest(root: Path, config: Config, temp: Path, stones: Tombstones) -> dict[str, Reread]:
    """Read every file of every source anew, screened, in memory that is given back; by file name."""
    told: dict[str, Reread] = {}
    engine = DuckDBEngine(None, config.pipeline.engine, temp)
    try:
        for name in config.cleaning_order:
            source = config.sources[name]
            if source.derive_from:
                continue
            try:
                files = source_files(root, name, source)
            except SourceFileError:
                continue  # nothing landed yet
            for file in files:
                read = _reread(engine, Reading(name, source, config.pipeline.business), file, stones)
                # Several sources may read one file: what any of them takes in counts.
                told[file.name] = told[file.name] + read if file.name in told else read
    finally:
        engine.close()
    return told


def _reread(engine: DuckDBEngine, reading: Reading, file: SourceFile, stones: Tombstones) -> Reread:
    before = left_out(engine, reading.name)["erased"]
    with ExitStack() as held:
        records, malformed = received_alone(engine, reading.name, reading.config, file, held)
        records = held.enter_context(engine.staged(records))
        read = engine.count(records) + engine.count(malformed)
        kept, lines = Screen(engine, reading, stones).kept(records, malformed, held)
        kept = held.enter_context(engine.staged(kept))
        erased = ErasedRows(engine, reading, stones)
        named = held.enter_context(engine.staged(erased.named(kept, held)))
        # Every text of every column, whatever it is for, with everything somebody could be known by.
        texts = [name for name in SOURCES[reading.name].names if isinstance(kept[name].type(), dt.String)]
        found = engine.count(erased.lines(lines, held))
        if texts:
            values = ibis.union(
                *(kept.select("_file", "_row", value=kept[n].strip().lower(), by=ibis.literal(_named_by(n))) for n in texts)
            )
            values = values.filter(values["value"].notnull())
            distinct = held.enter_context(engine.staged(values.select("value", "by").distinct()))
            # A postal code, or the number of an order, may read like somebody's key.
            kinds = {Kind.ORDER: ("order",), Kind.CUSTOMER: ("text",), Kind.PHONE: ("text",), Kind.EMAIL: ("text", "code")}
            marked = ibis.union(
                *(
                    some.select("value", "by", mark=stones.marked(kind, some["value"]))
                    for kind, by in kinds.items()
                    for some in (distinct.filter(distinct["by"].isin(by)),)
                )
            )
            known = stones.staged(engine, held)
            hits = held.enter_context(engine.staged(marked.semi_join(known, "mark").select("value", "by")))
            if engine.count(hits):
                rows = values.semi_join(hits, ["value", "by"]).anti_join(named, ["_file", "_row"])
                found += engine.count(rows.select("_file", "_row").distinct())
        blots = _blots(engine, reading, kept) - _blots(engine, reading, records.semi_join(kept, ["_file", "_row"]))
        out = left_out(engine, reading.name)["erased"] - before
        return Reread(read, out, blots, engine.count(named), found)


def _named_by(column: str) -> str:
    """Whom a column may name: ``order``; ``text``, anybody; ``code``, nobody but by an e-mail address."""
    if column == "order_id":
        return "order"
    return "code" if column in coded() else "text"


def _blots(engine: DuckDBEngine, reading: Reading, rows: ir.Table) -> int:
    """In how many rows something was blotted out."""
    texts = [name for name in free_text(reading.name) if isinstance(rows[name].type(), dt.String)]
    return engine.count(rows.filter(ibis.or_(*(rows[name].contains(BLOT).fill_null(False) for name in texts)))) if texts else 0
