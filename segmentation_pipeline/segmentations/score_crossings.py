"""Which feature of a customer, moved alone, carries a score of a predictive model across a threshold, and how far it has to go.

Every value that is told was tried: the model scored the customer's own row with it.  Of a number a thousand values are tried,
from the least to the most that was usual among the customers the model was judged on, and between the nearest that does it and
the customer's own value the search goes on by halves.  Where the effect of a number turns around within a thousandth of that
range, there may be a nearer value than the one told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.segmentations.counterfactual_values import STEPS

if TYPE_CHECKING:  # with them comes scikit-learn, which a project without predictive models does without
    from segmentation_pipeline.models.predictions.design import Frame
    from segmentation_pipeline.models.predictions.drift import Distribution
    from segmentation_pipeline.models.predictions.forecaster import Forecaster

LOOKED_AT = 1_000
Row = Mapping[str, object]
Score = Callable[[Sequence[object]], NDArray[np.float64]]
"""Values of one feature to the customer's score with each of them."""
Crosses = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Crossing:
    """With ``after`` in place of ``before`` in ``column``, and all else as it is, the score is ``score``."""

    column: str
    before: object
    after: object
    score: float


def score_crossings(
    model: Forecaster,
    judged: Sequence[Distribution],
    row: Row,
    movable: Mapping[str, Column],
    crosses: Crosses,
    end: str = "",
) -> list[Crossing]:
    """Of each feature of the model among the ``movable`` ones the nearest value whose score ``crosses``, if there is one.

    The score is that of the whole horizon, or what follows the model's name in the column of an earlier ``end``.
    ``judged`` is how the inputs were spread among the judged customers: no value beyond the tenths at their ends is tried.  A
    feature the customer has no value of is left out: to get one is to do something for the first time, which moves others too.
    """
    ranges = {each.input: (each.edges[0], each.edges[-1]) for each in judged if each.edges}
    found = []
    for name in model.design.columns:
        if name not in movable or row[name] is None:
            continue
        score = _scorer(model, row, name, end)
        after: object
        if movable[name].type in STEPS:
            after = _nearest_number(float(cast(float, row[name])), movable[name].type, ranges.get(name), score, crosses)
        else:
            after = _first_word(model, row, name, score, crosses)
        if after is not None:
            found.append(Crossing(name, row[name], after, float(score([after])[0])))
    return found


def _scorer(model: Forecaster, row: Row, name: str, end: str) -> Score:
    def score(values: Sequence[object]) -> NDArray[np.float64]:
        own = {other: np.repeat(_array([row[other]]), len(values)) for other in model.design.columns}
        frame: Frame = own | {name: _array(values)}
        return np.round(model.forecasts(frame)[end], model.digits[end])

    return score


def _array(values: Sequence[object]) -> NDArray[Any]:
    """Values of a column as models read them: words as they are, else doubles, an unknown one as NaN."""
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array(values, dtype=float)


def _nearest_number(
    own: float, kind: Type, seen: tuple[float, float] | None, score: Score, crosses: Crosses
) -> int | float | Decimal | None:
    """Of the numbers in the range ``seen``, in the least steps of the type."""
    if seen is None:
        return None
    step = STEPS[kind]
    low, high = ceil(seen[0] / float(step)), floor(seen[1] / float(step))
    if low > high:
        return None

    def value(steps: int) -> int | float | Decimal:
        number = steps * step
        return int(number) if kind is Type.INTEGER else float(number) if kind is Type.NUMBER else number

    places = [int(place) for place in np.unique(np.linspace(low, high, LOOKED_AT).round())]
    over = [place for place, each in zip(places, score([value(place) for place in places]), strict=True) if crosses(float(each))]
    if not over:
        return None
    nearest = min(over, key=lambda place: abs(place * float(step) - own))
    here = min(max(round(own / float(step)), low), high)
    while abs(nearest - here) > 1:
        middle = (nearest + here) // 2
        if crosses(float(score([value(middle)])[0])):
            nearest = middle
        else:
            here = middle
    return value(nearest)


def _first_word(model: Forecaster, row: Row, name: str, score: Score, crosses: Crosses) -> object:
    """The other truth value, or of the words the model knows the most common one, whose score crosses; None where none does."""
    words = [each.level for each in model.design.inputs if each.name == name and each.level is not None]
    others = [word for word in words if word != row[name]] if words else [not row[name]]
    return next((other for other in others if crosses(float(score([other])[0]))), None)
