"""What surveys measure: constructs made of items, and latent classes of respondents."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import MOST, Model, Name, PlainText, Share

MOST_POINTS = 10
"""Latent classes count how often each point of a scale is chosen: finer scales would need more respondents than surveys have."""


class ConstructConfig(Model):
    """Something that cannot be seen, measured by the mean of several ``items`` of a survey.

    ``kind`` is what is measured, ``description`` says it in words.  ``lowest`` and ``highest`` are the ends of the items' scale;
    answers outside are no answers.  ``reversed`` items ask for the opposite: their answers are turned round.  ``points`` gives
    the points of answers chosen from given texts.  ``min_items`` answered items make a score; left out: half of them.
    ``min_alpha`` is the reliability below which a warning is given.
    """

    kind: Literal["attitude", "benefit", "lifestyle", "value"]
    description: str = ""
    items: tuple[PlainText, ...] = Field(min_length=1)
    reversed: tuple[PlainText, ...] = ()
    lowest: float = 1.0
    highest: float = 5.0
    points: dict[PlainText, float] = Field(default_factory=dict)
    min_items: Annotated[int, Field(ge=1, le=MOST)] | None = None
    min_alpha: Share = 0.7

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.highest <= self.lowest:
            raise ValueError("'highest' must be above 'lowest'")
        if len(set(self.items)) < len(self.items):
            raise ValueError("'items' lists an item twice")
        if strange := [item for item in self.reversed if item not in self.items]:
            raise ValueError(f"'reversed' lists '{strange[0]}', which is none of the 'items'")
        if self.min_items is not None and self.min_items > len(self.items):
            raise ValueError("'min_items' is more than there are 'items'")
        if outside := [text for text, points in self.points.items() if not self.lowest <= points <= self.highest]:
            raise ValueError(f"'points' of '{outside[0]}' lie outside 'lowest' to 'highest'")
        return self

    @property
    def least_items(self) -> int:
        """How many items must be answered for a score."""
        return self.min_items if self.min_items is not None else ceil(len(self.items) / 2)


class ExtensionConfig(Model):
    """Inferring the class of customers who did not answer, from what they do.

    ``features`` left out: the customary ones, as far as this project's sources give them.  Nobody is inferred
    unless cross-validated accuracy beats the base rate by ``margin``, and only with ``min_confidence``; with fewer than
    ``min_respondents`` all of whose features are known nobody is.
    """

    features: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    margin: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    min_confidence: Share = 0.5
    min_respondents: Annotated[int, Field(ge=50, le=MOST)] = 200


class SurveyClassesConfig(Model):
    """Latent classes of respondents over the items of ``constructs``; how many, ``min_classes`` to ``max_classes``, is decided by
    BIC.  They are fitted on at most about ``sample_size`` respondents.

    ``extend`` left out: nobody but respondents gets a class.
    """

    constructs: tuple[Name, ...] = Field(min_length=1)
    min_classes: Annotated[int, Field(ge=1, le=12)] = 1
    max_classes: Annotated[int, Field(ge=1, le=12)] = 6
    sample_size: Annotated[int, Field(ge=100, le=50_000)] = 5_000
    extend: ExtensionConfig | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.max_classes < self.min_classes:
            raise ValueError("'max_classes' is below 'min_classes'")
        return self
