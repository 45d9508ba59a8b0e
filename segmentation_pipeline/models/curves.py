"""How much of what came is among those with the highest forecasts: what one gains who can reach only some of the customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, cast

import ibis.expr.types as ir
import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmentation_pipeline.contracts.model_tables import MODEL_CURVES_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import rows_table

DEPTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_DIGITS = 6
"""Forecasts that agree so far are equal, on every machine."""


class Point(NamedTuple):
    """The ``depth`` of customers with the highest forecasts: how many, the lowest forecast among them, the mean of what came,
    its share of all that came, and the share that the baseline's highest had of it."""

    depth: float
    customers: int
    lowest: float
    observed: float
    captured: float
    captured_by_baseline: float


def gain_curve(predicted: ArrayLike, baseline: ArrayLike, observed: ArrayLike) -> list[Point]:
    """The points of forecasts and of a baseline's forecasts of the same customers; none where nothing came.

    Of customers with equal forecasts at the border, what came counts as if any of them were taken as likely: no order among
    equals matters.
    """
    forecasts, others, outcomes = (np.asarray(values, dtype=float) for values in (predicted, baseline, observed))
    total = float(outcomes.sum())
    if total <= 0:
        return []
    counts = np.maximum(np.round(np.array(DEPTHS) * len(outcomes)), 1.0)
    lowest = -np.sort(-forecasts)[counts.astype(int) - 1]
    came, by_baseline = _came(forecasts, outcomes, counts), _came(others, outcomes, counts)
    return [
        Point(
            depth,
            int(count),
            round(float(at), _DIGITS),
            round(float(found / count), _DIGITS),
            round(float(found / total), _DIGITS),
            round(float(other / total), _DIGITS),
        )
        for depth, count, at, found, other in zip(DEPTHS, counts, lowest, came, by_baseline, strict=True)
    ]


def _came(forecasts: NDArray[np.float64], outcomes: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the highest so many forecasts, what came in all."""
    distinct, place = np.unique(-forecasts.round(_DIGITS), return_inverse=True)
    sizes, sums = np.bincount(place, minlength=distinct.size), np.bincount(place, outcomes, distinct.size)
    return cast(NDArray[np.float64], np.interp(counts, np.append(0, sizes.cumsum()), np.append(0.0, sums.cumsum())))


def curves_table(engine: Engine, as_of: date, model: str, version: str, points: Sequence[Point]) -> ir.Table:
    """Rows of the published ``model_curves``."""
    return rows_table(engine, MODEL_CURVES_COLUMNS, [(as_of, model, version, *point) for point in points])
