"""Lay the faults of ``dirt.py`` over a clean source, and list every one of them."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from segmentation_pipeline.demo.fault import Effect, Fault
from segmentation_pipeline.demo.layout import Layout

CUT_OFF = "cut_off_record"
WRONG_COLUMNS = "wrong_column_count"
LOST_ORDER = "order_quarantined"
"""Fault of an item or return that is itself in order, but whose order is not."""


def create_sent(con: duckdb.DuckDBPyConnection, source: str, layout: Layout, faults: Sequence[Fault]) -> None:
    """View ``sent_<source>``: the rows as delivered, with ``fault`` (null = none), ``copy`` (1 = an extra row),
    ``event`` and the
    natural key before the fault (``key1``, ``key2``, ...) to sort by, ``parent`` and, where there is a fault, ``key``.

    Table ``faulty_<source>`` holds the few rows a fault befalls, so that all others pass untouched.
    """
    draw = f"row_draw(hash({', '.join(layout.key)}), 'fault {source}')"
    keys = ", ".join(f"{column} AS key{number}" for number, column in enumerate(layout.key, start=1))
    keys += f", {layout.parent or 'NULL::VARCHAR'} AS parent"
    branches, upto = [], 0.0
    for fault in faults:
        upto += fault.rate
        branches.append(f"WHEN fault_draw < {upto:.6f} THEN '{fault.name}'")
    chosen = f"CASE {' '.join(branches)} END" if branches else "NULL::VARCHAR"
    con.execute(f"""
        CREATE TABLE faulty_{source} AS
        SELECT * EXCLUDE (fault_draw), concat_ws('|', {", ".join(layout.key)}) AS key, {chosen} AS fault
        FROM (SELECT *, {keys}, {draw} AS fault_draw FROM shop_{source}) WHERE fault_draw < {upto:.6f}""")
    untouched = (
        f"SELECT *, {keys}, NULL::VARCHAR AS key, NULL::VARCHAR AS fault, 0 AS copy FROM shop_{source} WHERE {draw} >= {upto:.6f}"
    )
    faulty = [_delivered(source, [fault for fault in faults if fault.extra == extra], int(extra)) for extra in (False, True)]
    con.execute(f"CREATE VIEW sent_{source} AS {' UNION ALL '.join([untouched, *faulty])}")


def _delivered(source: str, faults: Sequence[Fault], copy: int) -> str:
    changed: dict[str, list[str]] = {}
    for fault in faults:
        for column, value in fault.changes.items():
            changed.setdefault(column, []).append(f"WHEN '{fault.name}' THEN {value}")
        if fault.key:
            changed.setdefault("key", []).append(f"WHEN '{fault.name}' THEN {fault.key}")
    names = ", ".join(f"'{fault.name}'" for fault in faults) or "NULL"
    replaced = [f"CASE fault {' '.join(branches)} ELSE {column} END AS {column}" for column, branches in changed.items()]
    # An original whose copy carries the fault is itself in order.
    replaced.append(f"CASE WHEN fault IN ({names}) THEN fault END AS fault")
    kept = f" WHERE fault IN ({names})" if copy else ""
    return f"SELECT * REPLACE ({', '.join(replaced)}), {copy} AS copy FROM faulty_{source}{kept}"


def create_fault_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``faults``: one row per faulty row delivered.  Table ``lost_orders``: orders without any good row."""
    con.execute("CREATE TABLE faults (source VARCHAR, fault VARCHAR, effect VARCHAR, key VARCHAR, file VARCHAR)")
    con.execute("CREATE TABLE lost_orders (order_no VARCHAR)")


def note_lost_orders(con: duckdb.DuckDBPyConnection, faults: Sequence[Fault]) -> None:
    """Remember the orders whose only row is to be quarantined."""
    names = [fault.name for fault in faults if fault.effect == Effect.QUARANTINED and not fault.extra]
    con.execute("INSERT INTO lost_orders SELECT key FROM faulty_orders WHERE list_contains(?, fault)", [names])


def list_faults(con: duckdb.DuckDBPyConnection, source: str, layout: Layout, faults: Sequence[Fault]) -> None:
    """Add the faults of one source to table ``faults``; what belongs to a lost order is lost as well."""
    names = {effect: [fault.name for fault in faults if fault.effect == effect] for effect in Effect}
    con.execute(
        f"""INSERT INTO faults
        SELECT $source,
               CASE WHEN l.order_no IS NOT NULL AND NOT list_contains($quarantined, fault) THEN '{LOST_ORDER}' ELSE fault END,
               CASE WHEN l.order_no IS NOT NULL OR list_contains($quarantined, fault) THEN '{Effect.QUARANTINED}'
                    WHEN list_contains($superseded, fault) THEN '{Effect.SUPERSEDED}' ELSE '{Effect.KEPT}' END, key, NULL
        FROM sent_{source} LEFT JOIN lost_orders l ON l.order_no = parent WHERE fault IS NOT NULL""",
        {"source": source, "quarantined": names[Effect.QUARANTINED], "superseded": names[Effect.SUPERSEDED]},
    )
    if layout.parent:
        keys = ", ".join(f"key{number}" for number, _ in enumerate(layout.key, start=1))
        con.execute(f"""
            INSERT INTO faults SELECT '{source}', '{LOST_ORDER}', '{Effect.QUARANTINED}', concat_ws('|', {keys}), NULL
            FROM sent_{source} SEMI JOIN lost_orders l ON l.order_no = parent WHERE fault IS NULL""")
