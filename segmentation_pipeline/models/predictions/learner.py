"""What a learner is: fitted on numbers, kept as parameters, scored by a table expression and by NumPy alike.

A learner is one file beside this one and one line of ``LEARNERS`` in ``learners.py``.  It gives the *link* of what it foretells:
the log-odds of a probability, the logarithm of an amount.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

import ibis.expr.types as ir

from segmentation_pipeline.models.predictions.design import Matrix


class Learner(ABC):
    """Learnt, of as many numbers as its design has."""

    kind: ClassVar[str]
    """What the registry calls it."""

    told: ClassVar[int] = 8
    """Of so many numbers at most it is told how much they move a score."""

    @classmethod
    @abstractmethod
    def fit(cls, numbers: Matrix, outcomes: Matrix, *, is_probability: bool) -> Self:
        """From a row per customer and day, unknown numbers as NaN.  Deterministic."""

    @abstractmethod
    def link(self, numbers: Matrix) -> Matrix:
        """Of each row."""

    @abstractmethod
    def link_expression(self, numbers: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
        """The same of every row of a table."""

    @abstractmethod
    def contributions(self, numbers: Sequence[ir.FloatingValue]) -> Iterable[tuple[int, ir.FloatingValue]]:
        """By place of the number, how much it moves the link of a row away from that of an average customer; the most
        important numbers first, those that move nothing left out."""

    @abstractmethod
    def importances(self) -> Sequence[float]:
        """How much each number moves the link in general, 0 or more."""

    @abstractmethod
    def to_parameters(self) -> dict[str, Any]: ...

    @classmethod
    @abstractmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        """A learner that scores like the one the parameters came from."""
