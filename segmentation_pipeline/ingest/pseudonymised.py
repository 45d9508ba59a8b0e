"""Customers named by an address get a pseudonym before anything is stored; the address stays in schema ``pii``.

Belongs here: which columns of which source name customers, and where their addresses are kept.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.text import in_form
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.known_noes import LEDGERS
from segmentation_pipeline.privacy.addresses import normalised_email, normalised_phone
from segmentation_pipeline.privacy.pseudonyms import Pseudonyms, may_be_address, with_addresses
from segmentation_pipeline.privacy.tombstones import Kind

_NOTED = ("source", "_file", "customer_id", "kind", "address")
_OWN = {Kind.EMAIL: normalised_email, Kind.PHONE: normalised_phone}
"""The columns in which a source tells addresses itself, and how they are compared."""


def pseudonymised(engine: Engine, source: str, records: ir.Table, pseudonyms: Pseudonyms, held: ExitStack) -> ir.Table:
    """The records of one file with pseudonyms in place of addresses; which they stand for is noted in ``pii.customer_addresses``.

    Where a source tells addresses of its own (customers, ledgers) and has none in a row, the address goes there.  A row of a
    ledger that names another address beside it keeps both, since a no may be found by each.
    """
    columns = [name for name in customer_columns(source) if records[name].type().is_string()]
    if not columns:
        return records
    records = held.enter_context(engine.staged(records))
    for column in columns:
        keys = records.select(written=records[column]).distinct()
        odd = held.enter_context(engine.staged(keys.filter(may_be_address(cast(ir.StringValue, keys.written)))))
        if engine.count(odd):
            records = _named_anew(engine, source, records, column, odd, pseudonyms, held)
    return records


def customer_columns(source: str) -> tuple[str, ...]:
    """The columns of a source that name a customer."""
    contract = SOURCES[source]
    return tuple(c.name for c in contract.columns if c.is_key and contract.names_key(c) == "customer_id")


def _named_anew(
    engine: Engine, source: str, records: ir.Table, column: str, odd: ir.Table, pseudonyms: Pseudonyms, held: ExitStack
) -> ir.Table:
    found = held.enter_context(engine.staged(with_addresses(odd)))
    named = found.select(
        "written", "plainly", _kind=found.kind, _address=found.address, _pseudonym=pseudonyms.pseudonym(engine, found)
    )
    named = held.enter_context(engine.staged(named))
    joined = records.left_join(named, records[column] == named.written)
    replaced = joined._pseudonym.notnull()
    values: dict[str, ir.Value] = {}
    for kind, normalised in _OWN.items():
        if column != "customer_id" or str(kind) not in SOURCES[source].pii_columns:
            continue
        own = cast(ir.StringValue, joined[str(kind)].cast("string"))
        of_kind, empty = joined._kind == str(kind), in_form(own).isnull()
        if source in LEDGERS:
            same = empty | (normalised(own) == joined._address).fill_null(False)
            replaced = replaced & (~of_kind | (same & joined.plainly))
        values[str(kind)] = ibis.ifelse(of_kind.fill_null(False) & empty, joined._address, own)
    values = {name: ibis.ifelse(replaced, value, joined[name].cast("string")) for name, value in values.items()}
    values[column] = ibis.ifelse(replaced, joined._pseudonym, joined[column])
    fresh = joined.mutate(**values, _replaced=replaced)
    fresh = held.enter_context(engine.staged(fresh.select(*records.columns, "_kind", "_address", "_replaced")))
    noted = fresh.filter(fresh._replaced).select(
        source=ibis.literal(source), _file="_file", customer_id=column, kind="_kind", address="_address"
    )
    engine.append(tables.CUSTOMER_ADDRESSES, noted.distinct().select(*_NOTED))
    return fresh.select(*records.columns)


def pseudonymised_ids(engine: Engine, ids: ir.Table, pseudonyms: Pseudonyms, held: ExitStack) -> ir.Table:
    """``ids`` (with ``customer_id``) with pseudonyms in place of addresses; they are noted elsewhere."""
    ids = held.enter_context(engine.staged(ids))
    odd = ids.filter(may_be_address(cast(ir.StringValue, ids.customer_id))).select(written="customer_id").distinct()
    odd = held.enter_context(engine.staged(odd))
    if not engine.count(odd):
        return ids
    found = held.enter_context(engine.staged(with_addresses(odd)))
    named = held.enter_context(engine.staged(found.select("written", _pseudonym=pseudonyms.pseudonym(engine, found))))
    joined = ids.left_join(named, ids.customer_id == named.written)
    return joined.mutate(customer_id=ibis.coalesce(joined._pseudonym, joined.customer_id)).select(*ids.columns)
