"""The measurements there are."""

from __future__ import annotations

from segmentation_pipeline.measurement.campaign_results import CAMPAIGN_RESULTS
from segmentation_pipeline.measurement.campaigns_over_time import CAMPAIGNS_OVER_TIME
from segmentation_pipeline.measurement.cohort_retention import COHORT_RETENTION
from segmentation_pipeline.measurement.measurement import Measurement
from segmentation_pipeline.measurement.revenue_concentration import REVENUE_CONCENTRATION
from segmentation_pipeline.measurement.segment_kpis import SEGMENT_KPIS
from segmentation_pipeline.measurement.segment_movements import SEGMENT_MOVEMENTS
from segmentation_pipeline.measurement.shop_totals import SHOP_TOTALS
from segmentation_pipeline.measurement.unusual_changes import UNUSUAL_CHANGES

MEASUREMENTS: tuple[Measurement, ...] = (
    # Of the shop as a whole.
    SHOP_TOTALS,
    COHORT_RETENTION,
    REVENUE_CONCENTRATION,
    # Of its segments: the last is made from the first.
    SEGMENT_KPIS,
    SEGMENT_MOVEMENTS,
    UNUSUAL_CHANGES,
    # Of what was done: the second is made from the first.
    CAMPAIGN_RESULTS,
    CAMPAIGNS_OVER_TIME,
)
