"""``fairness`` in ``privacy.yaml``: by which groups audiences are looked at, and who answers for what is seen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model, Name

Group = Literal[
    "gender",
    "age_band",
    "income_band",
    "household_type",
    "occupation",
    "education",
    "language",
    "region",
    "country",
]


class Waiver(Model):
    """That groups of ``group`` differ in ``campaign`` is known: ``name`` answers for it, and ``reason`` says why it is right."""

    campaign: Name
    group: Group
    name: Annotated[str, Field(min_length=3)]
    reason: Annotated[str, Field(min_length=10)]


class FairnessConfig(Model):
    """``groups`` are columns of the customers source.  They are read for this page alone: features and rules may not use them
    unless ``attributes`` names them.  ``waivers`` answer for differences that are seen."""

    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    waivers: tuple[Waiver, ...] = ()
