"""Noes given for an address that others have too: they outlive the one who gave them, without saying who it was."""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading
from segmentation_pipeline.ingest.known_noes import LEDGERS
from segmentation_pipeline.ingest.redaction import free_text
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.values.ledger_words import surely_granted
from segmentation_pipeline.values.standardise import TYPED, standardise

_CELLS = {
    "customer_id": (Kind.CUSTOMER, Kind.EMAIL, Kind.PHONE),
    "email": (Kind.EMAIL,),
    "phone": (Kind.PHONE,),
}
_PLACE = ("street", "postal_code", "city")


def without_the_erased(engine: Engine, reading: Reading, erased: ErasedRows, out: ir.Table, held: ExitStack) -> ir.Table:
    """Of ``out``, rows as received of erased people: noes that also name an address without a mark, which is therefore not
    the erased person's alone.  Who gave them, and every address that has a mark, is empty; so are free texts.

    None of another source than a ledger; a yes is nobody else's and goes.
    """
    if reading.name not in LEDGERS or not engine.count(out):
        return out.limit(0)
    parts = [
        out.select("_file", "_row", cell=ibis.literal(cell), value=ibis.literal(f"{kind}|") + reading.normalised(out, cell, kind))
        for cell, kinds in _CELLS.items()
        for kind in kinds
    ]
    if (place := reading.place(out)) is not None:
        parts.append(out.select("_file", "_row", cell=ibis.literal("street"), value=ibis.literal(f"{Kind.PLACE}|") + place))
    named = ibis.union(*parts)
    named = held.enter_context(engine.staged(named.filter(named.value.notnull())))
    known = named.left_join(erased.hits(named, held), "value")
    marked = known.erased_at.notnull()
    cells = {f"{cell}_is_marked": ((known.cell == cell) & marked).max() for cell in (*_CELLS, "street")}
    rows = known.group_by("_file", "_row").agg(shared=((known.cell != "customer_id") & ~marked).max(), **cells)
    both = out.join(held.enter_context(engine.staged(rows.filter("shared"))), ["_file", "_row"])
    if reading.name == "consents":
        typed = standardise(engine, out, SOURCES[reading.name], reading.config, reading.business)
        noes = typed.filter(~surely_granted(typed[TYPED + "status"])).select("_file", "_row")
        both = both.semi_join(noes, ["_file", "_row"])
    blank = {name: both[f"{'street' if name in _PLACE else name}_is_marked"] for name in (*_CELLS, *_PLACE)}
    blank |= dict.fromkeys(free_text(reading.name), ibis.literal(True))
    changed = {name: there.ifelse(ibis.null(both[name].type()), both[name]) for name, there in blank.items()}
    return held.enter_context(engine.staged(both.mutate(**changed).select(*out.columns)))
