"""What a learner of uplift is: two probabilities of an order, with the message and without, by NumPy and by expressions alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import ibis.expr.types as ir

from segmentation_pipeline.models.predictions.design import Matrix
from segmentation_pipeline.models.uplift.people import People


class UpliftLearner(ABC):
    """Learnt, of as many numbers as its design has, from people drawn by lot."""

    kind: ClassVar[str]
    """What the registry calls it."""

    @classmethod
    @abstractmethod
    def fit(cls, numbers: Matrix, people: People) -> Self:
        """From a row per person, unknown numbers as NaN.  Deterministic; arms without an order are no mistake."""

    @abstractmethod
    def uplift(self, numbers: Matrix) -> Matrix:
        """Of each row the change in the probability of an order."""

    @abstractmethod
    def without(self, numbers: Matrix) -> Matrix:
        """Of each row the probability of an order without the message."""

    @abstractmethod
    def uplift_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        """``uplift`` of every row of a table."""

    @abstractmethod
    def without_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        """``without`` of every row of a table."""

    @abstractmethod
    def to_parameters(self) -> dict[str, Any]: ...

    @classmethod
    @abstractmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """A learner that scores like the one the parameters came from."""
