"""Are the customers scored today still of the kind the model was judged on?  Feature by feature, and by score.

The population stability index over tenths of the judged rows and a bin of unknown values.  How large chance alone makes it
depends on how many there are: without drift it is about (1/n + 1/m) times chi-square with one degree of freedom less than bins
(Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of Risk Model Validation, 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from segmentation_pipeline.contracts.model_tables import MODEL_DRIFT_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import rows_table
from segmentation_pipeline.models.predictions.design import Frame, Matrix
from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.judge import forecast

SCORE = "score"
"""What the model's own forecast is called among its inputs."""
MOVED, DRIFTED = 0.1, 0.25
"""From which index on, by the rule of thumb of the trade, one looks, and from which one fits anew."""
FALSE_ALARMS = 0.01
"""Share of days without drift on which chance exceeds the limit of any of a model's inputs."""
FEWEST_ROWS = 50
"""Of fewer customers nothing is said."""
FEWEST_OF_A_BIN = 10
"""A bin with fewer of both days together is counted with its neighbour, where chance alone would decide."""
_HALF = 0.5
"""Counted in every bin of either day beside its rows (Jeffreys): an empty bin of few customers would else exceed any limit."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the judged rows are spread over one input: ``counts`` between ``edges``, and last of unknown values."""

    input: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, name: str, values: Matrix) -> Distribution:
        edges = _edges(values[~np.isnan(values)])
        return cls(name, tuple(map(float, edges)), tuple(map(int, _counted(values, edges))))

    def to_parameters(self) -> list[Any]:
        return [self.input, list(self.edges), list(self.counts)]

    @classmethod
    def from_parameters(cls, parameters: Sequence[Any]) -> Distribution:
        name, edges, counts = parameters
        return cls(str(name), tuple(edges), tuple(counts))


@dataclass(frozen=True, slots=True)
class Drift:
    """Of one input: its index, what chance makes of it, and what follows."""

    input: str
    judged_customers: int
    customers: int
    index: float
    by_chance: float

    @property
    def status(self) -> Literal["still", "moved", "drifted"]:
        """``moved`` or ``drifted`` where the index is large and beyond chance, else ``still``."""
        if self.index <= max(self.by_chance, MOVED):
            return "still"
        return "moved" if self.index <= DRIFTED else "drifted"


def distributions(model: Forecaster, judged: Frame) -> tuple[Distribution, ...]:
    """Of every input and of the score, on the rows the model was judged by."""
    return tuple(Distribution.of(name, values) for name, values in _values(model, judged).items())


def drifts(model: Forecaster, before: Sequence[Distribution], now: Frame) -> tuple[Drift, ...]:
    """Of every input and of the score, for customers now; nothing where there are too few of them."""
    values = _values(model, now)
    if len(values[SCORE]) < FEWEST_ROWS:
        return ()
    return tuple(drift(each, values[each.input], among=len(before)) for each in before)


def drift(before: Distribution, now: Matrix, among: int = 1) -> Drift:
    """Of one input, whose limit of chance allows for ``among`` inputs that are looked at together."""
    counts = _joined(np.stack([np.array(before.counts), _counted(now, np.array(before.edges))]))
    rows = counts.sum(axis=1)
    p, q = (counts + _HALF) / (rows + _HALF * counts.shape[1])[:, None]
    index = float(np.sum((q - p) * np.log(q / p)))
    by_chance = (
        float(chi2.ppf(1.0 - FALSE_ALARMS / among, counts.shape[1] - 1) * (1.0 / rows).sum()) if counts.shape[1] > 1 else 0.0
    )
    return Drift(before.input, int(rows[0]), int(rows[1]), round(index, 6), round(by_chance, 6))


def drift_table(engine: Engine, as_of: date, model: str, version: str, found: Sequence[Drift]) -> ir.Table:
    """Rows of the published ``model_drift``."""
    return rows_table(
        engine,
        MODEL_DRIFT_COLUMNS,
        [(as_of, model, version, d.input, d.judged_customers, d.customers, d.index, d.by_chance, d.status) for d in found],
    )


def _values(model: Forecaster, frame: Frame) -> Mapping[str, Matrix]:
    matrix = model.design.matrix(frame)
    inputs = {each.label: matrix[:, place] for place, each in enumerate(model.design.inputs)}
    return inputs | {SCORE: forecast(model.link(frame), is_probability=model.is_probability)}


def _edges(known: Matrix) -> Matrix:
    """Tenths; a value that a tenth or more have is a bin of its own."""
    if not known.size:
        return known
    found, counts = np.unique(known, return_counts=True)
    common = found[counts >= known.size / 10]
    tenths = np.quantile(known, np.linspace(0.1, 0.9, 9)) if found.size > 10 else found
    return np.unique(np.concatenate([tenths, common, np.nextafter(common, np.inf)]))


def _counted(values: Matrix, edges: Matrix) -> Counts:
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(known))


def _joined(counts: Counts) -> Counts:
    """Bins of both days, the rare ones with the bin before them, the first with the one after."""
    kept: list[Counts] = []
    for each in counts.T:
        if kept and (each.sum() < FEWEST_OF_A_BIN or kept[-1].sum() < FEWEST_OF_A_BIN):
            kept[-1] = kept[-1] + each
        else:
            kept.append(each)
    return np.stack(kept, axis=1)
