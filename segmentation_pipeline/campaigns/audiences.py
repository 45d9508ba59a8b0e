"""Who a campaign chose, without personal data: the published audience."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.contracts.labels import Arm


def campaign_audiences(selection: ir.Table, context: CampaignContext) -> ir.Table:
    """All arms of one campaign, for ``campaigns.campaign_audiences``.

    ``selection`` is what ``gate.select_audience`` returned.  One row per customer chosen: ``as_of``
    (DATE), ``campaign``, ``campaign_key``, ``kind``, ``version``, ``customer_id``, ``channel``,
    ``arm`` ('holdout' is kept out for comparison; 'treatment', or in a campaign with arms the name of one, is contacted),
    ``stratum`` (of the draw; null without strata), ``rank`` (1 = best, unique in the campaign), ``expected_value``
    (in the unit of the campaign's ``rank_by``; null = not known), ``reason``.
    """
    campaign = context.campaign
    chosen = selection.filter(selection.outcome.isin([arm.value for arm in Arm]))
    return chosen.select(
        as_of=ibis.literal(context.as_of),
        campaign=ibis.literal(context.name),
        campaign_key=ibis.literal(context.key),
        kind=ibis.literal(campaign.kind),
        version=ibis.literal(context.version, "int64"),
        customer_id=chosen.customer_id,
        channel=ibis.literal(campaign.channel),
        arm=chosen.arm,
        stratum=chosen.stratum,
        rank=chosen["rank"],
        expected_value=chosen.expected_value,
        reason=chosen.reason,
    )
