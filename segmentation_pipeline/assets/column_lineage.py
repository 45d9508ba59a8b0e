"""What the columns of an asset are made from: the columns of other assets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from segmentation_pipeline.engine.column_lineage import Column, Lineage, Origins

_MOST = 50
"""Origins of a column that are told.  With more of them it is made from whole tables: the graph says of which, nobody reads the
list, and Dagster would keep it of every night."""


def column_lineage(table: str, written: Mapping[str, Lineage], assets: Collection[str]) -> dict[str, Sequence[Column]]:
    """By column of ``table``, those it is made from, in one order; without what is made from none, such as a constant or a
    count of rows, or from more than anybody reads.

    ``written`` is the lineage of the tables of a run.  Those that are no assets are looked through.
    """
    found: dict[str, Sequence[Column]] = {}
    for column, origins in written.get(table, {}).items():
        made = sorted(_of_assets(origins, written, assets, {table}))
        if 0 < len(made) <= _MOST:
            found[column] = made
    return found


def _of_assets(origins: Origins, written: Mapping[str, Lineage], assets: Collection[str], seen: Collection[str]) -> set[Column]:
    found: set[Column] = set()
    for table, column in origins:
        if table in assets and table not in seen:
            found.add((table, column))
        elif table not in seen:
            found |= _of_assets(written.get(table, {}).get(column, frozenset()), written, assets, {*seen, table})
    return found
