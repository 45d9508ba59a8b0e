"""Several messages in one campaign, compared with each other and with nobody being written to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from segmentation_pipeline.config.schema.base import LineOfText, Model
from segmentation_pipeline.contracts.labels import ARM_WORDS


class CampaignArm(Model):
    """One of several messages of a campaign.

    ``share`` is its part of those who are contacted, 0 to 1; left out by all arms they are even.  ``content`` says what the
    arm is sent, such as the id of a template or voucher; it stands in ``audience.csv``.
    """

    share: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    content: LineOfText | None = None


def arms_that_add_up(arms: Mapping[str, CampaignArm]) -> None:
    """Raise ``ValueError`` where an arm is called like one every campaign has, or where shares are no parts of one whole."""
    for name in arms:
        if taken := next((arm for arm, words in ARM_WORDS.items() if name.replace("_", "") in words), None):
            raise ValueError(f"an arm cannot be called '{name}', which is read as '{taken}'")
    shares = [arm.share for arm in arms.values() if arm.share is not None]
    if shares and len(shares) < len(arms):
        missing = next(name for name, arm in arms.items() if arm.share is None)
        raise ValueError(f"arm '{missing}' has no 'share': give it for all arms, or for none to make them even")
    if shares and not math.isclose(math.fsum(shares), 1.0, abs_tol=1e-6):
        raise ValueError(f"the shares of the arms sum up to {math.fsum(shares):g}, not 1: they part those who are contacted")
