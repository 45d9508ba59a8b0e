"""``models: unusual_change:`` in ``pipeline.yaml``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import Model


class UnusualChangeConfig(Model):
    """The latest ``window_days`` of a customer are compared with up to ``windows`` earlier ones as long, and with no fewer than
    ``min_windows`` since the customer's first event.  Of the customers who are told to have changed, at most
    ``false_alarm_share`` are by chance, on average over days.

    A segment's day is compared with up to ``days`` earlier days of its own, and with no fewer than ``min_days``.
    """

    window_days: Annotated[int, Field(ge=7, le=365)] = 30
    windows: Annotated[int, Field(ge=4, le=52)] = 12
    min_windows: Annotated[int, Field(ge=4, le=52)] = 6
    false_alarm_share: Annotated[float, Field(gt=0.0, le=0.5)] = 0.05
    days: Annotated[int, Field(ge=14, le=730)] = 90
    min_days: Annotated[int, Field(ge=14, le=730)] = 28

    @model_validator(mode="after")
    def _no_more_asked_than_kept(self) -> UnusualChangeConfig:
        for least, most in (("min_windows", "windows"), ("min_days", "days")):
            if getattr(self, least) > getattr(self, most):
                raise ValueError(
                    f"{least} is {getattr(self, least)}, and {most} only {getattr(self, most)}; nobody could be compared"
                )
        return self
