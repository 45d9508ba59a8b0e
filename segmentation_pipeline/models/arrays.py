"""A bounded query result as NumPy columns, the form the fits work on."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
