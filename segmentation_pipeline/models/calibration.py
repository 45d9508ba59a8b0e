"""Forecasts beside what came, by tenths of customers: what every model that foretells something shows of a held-out period.

Belongs here: the bins and their rows of ``model_calibration``.  Does not belong here: which period is held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmentation_pipeline.contracts.model_tables import MODEL_CALIBRATION_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import rows_table

BINS = 10
_DIGITS = 6
"""Forecasts that agree so far are equal: they share a bin on every machine."""


class Bin(NamedTuple):
    """Customers of one tenth, and the means of what was foretold of them and what came."""

    number: int
    customers: int
    predicted: float
    observed: float


def calibration_bins(predicted: ArrayLike, observed: ArrayLike, customers: ArrayLike) -> list[Bin]:
    """The bins of forecasts and outcomes that ``customers`` share, lowest first.

    Bins in which nobody lies are left out.
    """
    forecasts, outcomes, weights = (np.asarray(values, dtype=float) for values in (predicted, observed, customers))
    bins = tenths(forecasts, weights)
    counts, foretold, came = (np.bincount(bins, weights * values, BINS) for values in (np.ones(bins.size), forecasts, outcomes))
    return [
        Bin(
            number + 1,
            round(counts[number]),
            round(float(foretold[number] / counts[number]), _DIGITS),
            round(float(came[number] / counts[number]), _DIGITS),
        )
        for number in range(BINS)
        if counts[number]
    ]


def tenths(predicted: ArrayLike, customers: ArrayLike) -> NDArray[np.intp]:
    """By forecast the tenth of customers it is in, 0 to 9, lowest first.

    Customers with equal forecasts share the tenth in which the middle one of them lies, so that no order among equals matters.
    """
    distinct, position = np.unique(np.asarray(predicted, dtype=float).round(_DIGITS), return_inverse=True)
    sizes = np.bincount(position, np.asarray(customers, dtype=float), distinct.size)
    middle = np.cumsum(sizes) - sizes / 2.0
    return np.minimum((middle * BINS / sizes.sum()).astype(int), BINS - 1)[position] if sizes.size else position


def calibration_table(engine: Engine, as_of: date, model: str, version: str, bins: Sequence[Bin]) -> ir.Table:
    """Rows of the published ``model_calibration``; none of a model that was not held against a later period."""
    return rows_table(engine, MODEL_CALIBRATION_COLUMNS, [(as_of, model, version, *each) for each in bins])
