"""Does a model foretell the groups ``privacy.yaml`` declares as well as everybody?  They are looked at, and never learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.model_tables import MODEL_GROUPS_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import rows_table
from segmentation_pipeline.models.intervals import mean_interval
from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.judge import forecast, losses
from segmentation_pipeline.models.predictions.rows import Rows

FEWEST = 100
"""Means of fewer people differ by chance alone, and tell of single persons."""
OFF = ("too_high", "too_low")
"""Of a group whose forecast chance does not explain."""
TOO_FEW = "too_few"
_DIGITS = 6


class Group(NamedTuple):
    """Judged customers of a group: the means of what was foretold of them and what came, and whether they differ."""

    attribute: str
    group: str
    customers: int
    predicted: float | None
    observed: float | None
    status: str


def group_calibrations(asked: PredictiveModel, model: Forecaster, judged: Rows) -> list[Group]:
    """Every group of the judged customers, by name.

    ``too_high`` or ``too_low`` is a forecast that chance explains in all groups together once in twenty times.
    """
    foretold = forecast(model.link(judged.frame), is_probability=asked.is_probability)
    found = [*_members(judged)]
    large = sum(int(members.sum()) >= FEWEST for _, _, members in found)
    made = []
    for attribute, group, members in found:
        count = int(members.sum())
        if count < FEWEST:
            made.append(Group(attribute, group, count, None, None, TOO_FEW))
            continue
        off, wide = _difference(foretold[members], judged.outcomes[members], large, is_probability=asked.is_probability)
        status = "calibrated" if abs(off) <= wide else "too_low" if off > 0 else "too_high"
        predicted, observed = (round(float(np.mean(values[members])), _DIGITS) for values in (foretold, judged.outcomes))
        made.append(Group(attribute, group, count, predicted, observed, status))
    return made


def worse_for(asked: PredictiveModel, judged: Rows, made: Forecaster, than: Forecaster) -> str | None:
    """The first group that ``made`` foretells worse than the other model beyond the 95 % interval, in words; None without."""
    one, other = (
        losses(
            forecast(each.link(judged.frame), is_probability=asked.is_probability),
            judged.outcomes,
            is_probability=asked.is_probability,
        )
        for each in (made, than)
    )
    for attribute, group, members in _members(judged):
        if members.sum() >= FEWEST:
            _, low, high = mean_interval(other[members] - one[members])
            if high < 0:
                return f"it foretells {attribute} {group} worse than the champion, by {-high:.4f} to {-low:.4f} per customer"
    return None


def groups_table(engine: Engine, as_of: date, model: str, version: str, groups: Sequence[Group]) -> ir.Table:
    """Rows of the published ``model_groups``."""
    return rows_table(engine, MODEL_GROUPS_COLUMNS, [(as_of, model, version, *group) for group in groups])


def _members(judged: Rows) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for attribute, values in judged.groups.items():
        for group in sorted({*values}):
            yield attribute, str(group), values == group


def _difference(
    foretold: NDArray[np.float64], outcomes: NDArray[np.float64], among: int, *, is_probability: bool
) -> tuple[float, float]:
    """What came less what was foretold, on average, and how far from nothing chance brings it in the furthest of ``among``
    groups, once in twenty times; of probabilities by the variance that they say themselves."""
    count = len(outcomes)
    variance = np.mean(foretold * (1.0 - foretold)) if is_probability else np.var(outcomes - foretold, ddof=1)
    return float(np.mean(outcomes - foretold)), float(norm.ppf(1.0 - 0.025 / among) * np.sqrt(variance / count))
