"""The measurements there are."""

from __future__ import annotations

from segmentation_pipeline.measurement.cohort_retention import COHORT_RETENTION
from segmentation_pipeline.measurement.measurement import Measurement
from segmentation_pipeline.measurement.revenue_concentration import REVENUE_CONCENTRATION
from segmentation_pipeline.measurement.segment_kpis import SEGMENT_KPIS
from segmentation_pipeline.measurement.shop_totals import SHOP_TOTALS

MEASUREMENTS: tuple[Measurement, ...] = (
    # Of the shop as a whole.
    SHOP_TOTALS,
    COHORT_RETENTION,
    REVENUE_CONCENTRATION,
    # Of its segments.
    SEGMENT_KPIS,
)
