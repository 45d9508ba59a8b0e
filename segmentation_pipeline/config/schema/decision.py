"""``decision`` in ``campaigns.yaml``: what holds for all campaigns together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model


class Decision(Model):
    """What holds for all campaigns together.

    ``global_holdout_share`` of all people get none of the campaigns, but for transactional ones, so that the effect of all
    of them together can be measured.  ``global_holdout_draw`` is part of the draw: with another text, such as a year, other
    people are drawn.
    """

    global_holdout_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    global_holdout_draw: str = ""
