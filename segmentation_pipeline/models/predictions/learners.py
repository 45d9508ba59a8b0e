"""Every learner there is, the simplest first: another is taken only where it is clearly better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmentation_pipeline.models.predictions.boosted import Boosted
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.linear import Linear

LEARNERS: tuple[type[Learner], ...] = (
    Linear,
    Boosted,
)


def learner_of(kind: str, parameters: Mapping[str, Any]) -> Learner:
    return next(each for each in LEARNERS if each.kind == kind).from_parameters(parameters)
