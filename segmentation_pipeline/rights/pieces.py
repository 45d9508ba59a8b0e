"""Records that no key can be read from, told to be a person's by what else they hold."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.privacy.tombstones import Kind

_PERSONAL = ("first_name", "last_name", "email", "phone", "birth_date", "street", "postal_code")
_SEPARATORS = r"[,;|\t\x22{}]+"
_BESIDE_KEY = 1
_WITHOUT_KEY = 3
"""So many different personal values tell a person where no key does: first and family name and one more."""


def lines_of(engine: Engine, read: Mapping[str, Reading], malformed: ir.Table, people: ir.Table, held: ExitStack) -> ir.Table:
    """``_file`` and ``_row`` of the damaged records with a person's key and one thing more of theirs, or with three things."""
    nothing = malformed.select("_file", "_row").limit(0)
    if "customers" not in read or not engine.count(malformed):
        return nothing
    values = _values(engine, read["customers"], people)
    pieces = malformed.select("_file", "_row", value=malformed.line.re_split(_SEPARATORS).unnest())
    pieces = pieces.mutate(value=pieces["value"].re_replace(r"^[\s:=']+|[\s:=']+$", "").lower())
    keys = people.select("account", kind=ibis.literal("key"), value="account")
    return held.enter_context(engine.staged(_told_by(pieces, values.union(keys))))


def nameless_rows(engine: Engine, reading: Reading, raw: ir.Table, people: ir.Table, held: ExitStack) -> ir.Table:
    """``_file`` and ``_row`` of customers' rows without a key that hold three personal values of one of ``people``."""
    nameless = raw.filter(reading.normalised(raw, "customer_id", Kind.CUSTOMER).isnull())
    pieces = ibis.union(*(nameless.select("_file", "_row", value=nameless[c].cast("string").strip().lower()) for c in _PERSONAL))
    return held.enter_context(engine.staged(_told_by(pieces, _values(engine, reading, people))))


def _values(engine: Engine, reading: Reading, people: ir.Table) -> ir.Table:
    """account, kind and value of everything personal in the customers' rows of ``people``, as written, in lower case."""
    raw = engine.table(tables.raw("customers"))
    own = raw.mutate(account=reading.normalised(raw, "customer_id", Kind.CUSTOMER)).semi_join(people, "account")
    parts = [own.select("account", kind=ibis.literal(c), value=own[c].cast("string").strip().lower()) for c in _PERSONAL]
    found = ibis.union(*parts, distinct=True)
    return found.filter(found["value"].notnull(), found["value"] != "")


def _told_by(pieces: ir.Table, values: ir.Table) -> ir.Table:
    meant = pieces.join(values, "value")
    told = meant.group_by("_file", "_row", "account").agg(
        others=meant.kind.nunique(where=meant.kind != "key"), keys=(meant.kind == "key").sum()
    )
    enough = ((told["keys"] > 0) & (told.others >= _BESIDE_KEY)) | (told.others >= _WITHOUT_KEY)
    return told.filter(enough).select("_file", "_row").distinct()
