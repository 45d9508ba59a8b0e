"""When it happens within the horizon: a discrete-time hazard model.

The horizon is parted into periods of equal length.  The hazard of a period is the probability that it happens in it to
somebody to whom it has not happened before; any learner of a probability learns it, from a row per customer and period still
at risk with the period among its inputs.  That it has not happened by the end of a period, the survival, is the product of
one less the hazards up to there, so forecasts of two ends never contradict each other.

Allison, "Discrete-Time Methods for the Analysis of Event Histories", Sociological Methodology 13 (1982); Singer and Willett,
"It's About Time", Journal of Educational Statistics 18 (1993).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add, mul
from typing import Any, Self, cast

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.special import expit

from segmentation_pipeline.models.predictions.columns import MEDIAN, within
from segmentation_pipeline.models.predictions.design import Design, Frame, Matrix, number
from segmentation_pipeline.models.predictions.forecaster import DIGITS
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.person_periods import PERIOD, person_periods, with_periods
from segmentation_pipeline.models.predictions.rows import Rows

DAY_DIGITS = 1
"""A median is no better known: within a period it is drawn."""


@dataclass(frozen=True, slots=True)
class HazardModel:
    """``hazard`` gives the hazard of the period a row names; ``ends`` are the last days of the periods.  With ``of_survival``
    the score says that it does not happen, as that of ``no_order`` does, else that it does."""

    hazard: PredictionModel
    ends: tuple[int, ...]
    of_survival: bool

    @classmethod
    def learnt(
        cls, kind: type[Learner], design: Design, training: Rows, calibration: Rows, ends: tuple[int, ...], *, of_survival: bool
    ) -> Self:
        """Learnt and calibrated as a model of one horizon is, from rows of which each is of one period."""
        of_periods = (person_periods(rows, ends) for rows in (training, calibration))
        hazard = PredictionModel.learnt(kind, with_periods(design, len(ends)), *of_periods, is_probability=True)
        return cls(hazard, ends, of_survival)

    @property
    def design(self) -> Design:
        return Design(tuple(each for each in self.hazard.design.inputs if each.name != PERIOD))

    @property
    def kind(self) -> str:
        return self.hazard.kind

    @property
    def is_probability(self) -> bool:
        return True

    @property
    def digits(self) -> Mapping[str, int]:
        return {"": DIGITS} | dict.fromkeys(self._columns, DIGITS) | {MEDIAN: DAY_DIGITS}

    @property
    def _columns(self) -> tuple[str, ...]:
        """What follows the name in the column of each end; that of the horizon's end is the score."""
        return (*map(within, self.ends[:-1]), "")

    def link(self, frame: Frame) -> Matrix:
        """The log-odds of the score, to all its digits where it is next to certain."""
        cumulative = np.maximum(np.logaddexp(0.0, self._links(frame)).sum(axis=0), np.finfo(float).tiny)
        happens = cumulative + np.log(-np.expm1(-cumulative))
        return cast(Matrix, -happens if self.of_survival else happens)

    def forecasts(self, frame: Frame) -> dict[str, Matrix]:
        survival = np.cumprod(1.0 - expit(self._links(frame)), axis=0)
        said = survival if self.of_survival else 1.0 - survival
        median, begin, before = np.full(survival.shape[1], np.nan), 0, np.ones(survival.shape[1])
        for end, after in zip(self.ends, survival, strict=True):
            crossed = (before > 0.5) & (after <= 0.5)
            median[crossed] = begin + (end - begin) * (before[crossed] - 0.5) / (before[crossed] - after[crossed])
            begin, before = end, after
        return dict(zip(self._columns, said, strict=True)) | {MEDIAN: median}

    def with_forecasts(self, table: ir.Table, name: str) -> ir.Table:
        hazards = [f"_{name}_hazard_{end}" for end in self.ends]
        survivals = [f"_{name}_survival_{end}" for end in self.ends]
        scores = [self.hazard.score(self._in_period(table, place)) for place in range(len(self.ends))]
        table = table.mutate(**dict(zip(hazards, scores, strict=True)))
        remain = [number(1.0) - table[hazard] for hazard in hazards]
        products = (reduce(mul, remain[: place + 1]) for place in range(len(self.ends)))
        table = table.mutate(**dict(zip(survivals, products, strict=True)))
        said = (table[each] if self.of_survival else number(1.0) - table[each] for each in survivals)
        forecasts = {name + column: each.round(DIGITS) for column, each in zip(self._columns, said, strict=True)}
        median = self._median([table[each] for each in survivals]).round(DAY_DIGITS)
        return table.mutate(**forecasts, **{name + MEDIAN: median})

    def contributions(self, table: ir.Table) -> list[tuple[str, ir.FloatingValue]]:
        """Those to the hazard, on average over the periods."""
        found: dict[str, list[ir.FloatingValue]] = {}
        for place in range(len(self.ends)):
            for label, part in self.hazard.contributions(self._in_period(table, place), but=PERIOD):
                found.setdefault(label, []).append(part)
        share = number((-1.0 if self.of_survival else 1.0) / len(self.ends))
        return [(label, reduce(add, parts) * share) for label, parts in found.items()]

    def _median(self, survivals: list[ir.FloatingValue]) -> ir.FloatingValue:
        """The day on which survival is one half, as if it fell evenly within a period; null where it stays above."""
        cases, begin, before = [], 0, number(1.0)
        for end, after in zip(self.ends, survivals, strict=True):
            day = number(begin) + number(end - begin) * (before - number(0.5)) / (before - after)
            cases.append((after <= number(0.5), day))
            begin, before = end, after
        return ibis.cases(*cases)

    def _links(self, frame: Frame) -> Matrix:
        """A row per period, a column per customer."""
        rows = len(next(iter(frame.values())))
        periods = (np.full(rows, str(place + 1), dtype=object) for place in range(len(self.ends)))
        return np.stack([self.hazard.link({**frame, PERIOD: period}) for period in periods])

    def _in_period(self, table: ir.Table, place: int) -> dict[str, ir.Value]:
        """What the hazard reads of every row of ``table`` in one of the periods."""
        return {name: table[name] for name in self.design.columns} | {PERIOD: ibis.literal(str(place + 1))}

    def to_parameters(self) -> dict[str, Any]:
        return {"hazard": self.hazard.to_parameters(), "ends": [*self.ends], "of_survival": self.of_survival}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """A model that scores like the one the parameters came from."""
        hazard = PredictionModel.from_parameters(parameters["hazard"])
        return cls(hazard, tuple(parameters["ends"]), parameters["of_survival"])
