"""``models: affinity:`` in ``pipeline.yaml``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from segmentation_pipeline.config.schema.base import MOST, MOST_DAYS, Model, Name


class AffinityConfig(Model):
    """A mailing is responded to by a click within ``click_days`` of sending it, a contact by an order within ``order_days``.

    Rates of customers are drawn towards those of their ``group``, a text column of features, else everybody's.  A customer with
    fewer than ``min_sends`` has the group's; an hour or channel with fewer than ``min_group_sends`` to the group is nobody's.
    What is published must have foretold the responses of the last ``holdout_days``.
    """

    click_days: Annotated[int, Field(ge=1, le=60)] = 7
    order_days: Annotated[int, Field(ge=1, le=365)] = 14
    group: Name | None = None
    min_sends: Annotated[int, Field(ge=1, le=MOST)] = 10
    min_group_sends: Annotated[int, Field(ge=50, le=MOST)] = 200
    holdout_days: Annotated[int, Field(ge=7, le=MOST_DAYS)] = 90
