"""A bounded query result as NumPy columns, the form the fits work on, and a few rows as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.base import Engine


def arrays(engine: Engine, table: ir.Table) -> dict[str, NDArray[Any]]:
    """The columns of a *bounded* table by name; nulls in number columns are NaN.

    Row order is the engine's; sort before anything that depends on order.
    """
    batches = list(engine.batches(table))
    if not batches:
        return {name: np.empty(0) for name in table.columns}
    whole = pa.Table.from_batches(batches)
    return {name: whole[name].to_numpy() for name in table.columns}


def rows_table(engine: Engine, columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> ir.Table:
    """A table of a few ``rows``, each with a value for each column."""
    return engine.memtable(
        {column.name: [row[place] for row in rows] for place, column in enumerate(columns)},
        {column.name: column.type.ibis for column in columns},
    )
