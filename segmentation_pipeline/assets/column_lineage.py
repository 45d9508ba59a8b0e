"""What the columns of an asset are made from: the columns of other assets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from segmentation_pipeline.engine.column_lineage import NONE, Column, Lineage

_MOST = 50
"""Origins of a column that are told.  With more of them it is made from whole tables: the graph says of which, nobody reads the
list, and Dagster would keep it of every night."""


def column_lineage(table: str, written: Mapping[str, Lineage], assets: Collection[str]) -> dict[str, Sequence[Column]]:
    """By column of ``table``, those it is made from, in one order; without what is made from none, such as a constant or a
    count of rows, or from more than anybody reads.

    ``written`` is the lineage of the tables of a run.  Those that are no assets are looked through.
    """
    found: dict[str, Sequence[Column]] = {}
    for column in written.get(table, {}):
        made = sorted(_of_assets((table, column), written, assets))
        if 0 < len(made) <= _MOST:
            found[column] = made
    return found


def _of_assets(made: Column, written: Mapping[str, Lineage], assets: Collection[str]) -> set[Column]:
    """The nearest columns of other assets, each way."""
    found: set[Column] = set()
    seen, ahead = {made}, [made]
    while ahead:
        table, column = ahead.pop()
        for origin in written.get(table, {}).get(column, NONE) - seen:
            seen.add(origin)
            if origin[0] not in assets:
                ahead.append(origin)
            elif origin[0] != made[0]:
                found.add(origin)
    return found
