"""Rows older than a source is kept: not taken in when a file is read, and removed as days go by.

Age is counted from ``as_of`` by the row's own date.  A day once out stays out, also when an earlier day is run again.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.ingest.erased_rows import Reading, dated
from segmentation_pipeline.privacy.tombstones import Kind

_RETENTION = {"source": "string", "days": "int64", "first_day": "date"}
_ORDERS = {"source": "string", "_file": "string", "order_id": "string"}
_UTC = ZoneInfo("UTC")


def first_kept_day(engine: Engine, source: str, days: int | None, as_of: date) -> date | None:
    """The first day whose rows are kept, remembered for later runs; None: all are kept.

    Another number of days begins anew.
    """
    if days is None:
        engine.delete(tables.RETENTION, {"source": source})
        return None
    first = as_of - timedelta(days=days - 1)
    if engine.has(tables.RETENTION):
        stored = engine.table(tables.RETENTION)
        known = engine.rows(stored.filter(stored.source == source, stored.days == days))
        first = max([first, *(cast(date, row["first_day"]) for row in known)])
    row: dict[str, list[object]] = {"source": [source], "days": [days], "first_day": [first]}
    engine.replace_slice(tables.RETENTION, engine.memtable(row, _RETENTION), {"source": source})
    return first


def expired(engine: Engine, reading: Reading, rows: ir.Table, first_day: date | None, *, loaded: bool) -> ir.Table | None:
    """``_file`` and ``_row`` of the rows as received that are too old; None where the source keeps all.

    Lines and returns of an order go with it.  ``loaded``: rows whose date cannot be read age from the day they were loaded.
    """
    found = []
    if first_day is not None:
        begins = datetime.combine(first_day, time(), reading.business.zone).astimezone(_UTC).replace(tzinfo=None)
        aged = dated(engine, reading, rows)
        found.append(aged.filter(aged.dated < ibis.literal(begins)).select("_file", "_row"))
        if loaded:
            undated = aged.filter(aged.dated.isnull())
            old = rows.filter(rows._loaded_as_of < first_day).semi_join(undated, ["_file", "_row"])
            found.append(old.select("_file", "_row"))
    if reading.name != "orders" and "order_id" in SOURCES[reading.name].names and engine.has(tables.EXPIRED_ORDERS):
        orders = engine.table(tables.EXPIRED_ORDERS).select("order_id").distinct()
        of_order = rows.select("_file", "_row", order_id=reading.normalised(rows, "order_id", Kind.ORDER))
        found.append(of_order.semi_join(orders, "order_id").select("_file", "_row"))
    if not found:
        return None
    return ibis.union(*found, distinct=True) if len(found) > 1 else found[0]


def note_expired_orders(engine: Engine, reading: Reading, rows: ir.Table, out: ir.Table) -> None:
    """Remember the numbers of orders that are out, so that their lines and returns go too and are not refused as strangers."""
    if reading.name == "orders":
        gone = rows.semi_join(out, ["_file", "_row"])
        numbers = gone.select("_file", order_id=reading.normalised(gone, "order_id", Kind.ORDER)).distinct()
        engine.append(tables.EXPIRED_ORDERS, numbers.mutate(source=ibis.literal(reading.name)).select(*_ORDERS))
