"""``uplift`` of ``models.yaml``: whom the message of a campaign changes, one entry per model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model, Name, Names, RuleText
from segmentation_pipeline.config.schema.predictions import PredictionsConfig, PredictiveModel


class UpliftEntry(Model):
    """What the message of ``campaign`` changes in the probability of a completed order within ``horizon_days``.

    It learns from the people whom the campaign, or the experiment of that name, has drawn, contacted or kept out, and for whom
    the rule ``for`` held: each once, the first time, on at most the ``waves`` days on which most were drawn, at most about
    ``sample_size`` of them.  ``arms`` are the arms that count as contacted, all where left out.  ``features``: ``all`` that are
    on, personal attributes left out, or the columns by name.  From a change of ``least_uplift`` on a message matters.  It is
    fitted anew after ``refit_days``, or when its entry changes.
    """

    campaign: Name
    horizon_days: Annotated[int, Field(ge=1, le=365)] = 30
    for_: RuleText = Field("frequency >= 1", alias="for")
    arms: Names = ()
    features: Literal["all"] | Names = "all"
    least_uplift: Annotated[float, Field(gt=0.0, le=0.5)] = 0.01
    waves: Annotated[int, Field(ge=1, le=60)] = 12
    sample_size: Annotated[int, Field(ge=1_000, le=100_000)] = 20_000
    refit_days: Annotated[int, Field(ge=1, le=365)] = 30


class ModelsFile(PredictionsConfig):
    """``models`` foretell something of customers, ``uplift`` whom the message of a campaign changes; both by name."""

    models: dict[Name, PredictiveModel] = Field(default_factory=dict)
    uplift: dict[Name, UpliftEntry] = Field(default_factory=dict)
