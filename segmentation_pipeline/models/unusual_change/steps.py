"""Formulas in steps: what one step works out the next reads by name, from arrays or from the columns of a table.

A table's expression holds another as often as it names it, so a formula of three steps in one would be a query of megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.models.unusual_change.tails import ARRAYS, COLUMNS, Arithmetic

Step = Callable[[Arithmetic, Any], dict[str, Any]]
"""What is worked out of a row, by name."""
Steps = Sequence[Step]


def of_arrays(row: Mapping[str, Any], steps: Steps) -> dict[str, Any]:
    """``row`` with what the steps work out."""
    worked_out = dict(row)
    for step in steps:
        worked_out |= step(ARRAYS, worked_out)
    return worked_out


def of_table(rows: ir.Table, steps: Steps) -> ir.Table:
    """``rows`` with what the steps work out, each once."""
    for step in steps:
        # Ibis writes a projection into the next unless it unnests something: here a list of one, so rows stay as they are.
        rows = rows.mutate(**step(COLUMNS, rows), _one=ibis.array([0]).unnest()).drop("_one")
    return rows
