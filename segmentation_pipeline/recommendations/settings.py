"""``models: next_product:`` in ``pipeline.yaml``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from segmentation_pipeline.config.schema.base import MOST, MOST_DAYS, Model


class NextProductConfig(Model):
    """Lists have ``list_size`` products, of those somebody bought in the last ``sold_within_days``.

    They are judged on what was bought in the ``horizon_days`` up to the day, by at most about ``judged_customers`` and not
    by fewer than ``min_customers``, and again when the last judgement is ``refit_days`` old or a key has changed.
    Products are associated that at least ``min_support`` orders or persons share, one bought after the other within
    ``after_days``, the strongest ``associations_per_product`` of each.  Of an order and of a customer the first ``most_products``
    count; where pairs would still be more than about ``most_pairs``, a sample of orders and of customers speaks for all.
    """

    list_size: Annotated[int, Field(ge=1, le=50)] = 10
    horizon_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30
    refit_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30
    judged_customers: Annotated[int, Field(ge=10, le=50_000)] = 2_000
    min_customers: Annotated[int, Field(ge=10, le=50_000)] = 100
    sold_within_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 180
    after_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 90
    min_support: Annotated[int, Field(ge=1, le=MOST)] = 5
    associations_per_product: Annotated[int, Field(ge=1, le=1_000)] = 20
    most_products: Annotated[int, Field(ge=2, le=1_000)] = 50
    most_pairs: Annotated[int, Field(ge=1_000, le=10_000_000_000)] = 10_000_000
