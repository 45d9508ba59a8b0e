"""The tables campaigns are measured from: who was assigned, and what was said of it when it began."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.table import TableContract

MEASUREMENT_TABLES = (
    TableContract(
        tables.CAMPAIGN_ASSIGNMENTS,
        "A person on a list or in the contact log, assigned to an arm of a campaign, and since when what they do counts.",
        owner="team:crm",
    ),
    TableContract(
        tables.CAMPAIGN_STARTS,
        "A campaign when its measurement was written down: arms, shares, window, outcomes, the metric that decides, and the "
        "limits above which amounts count as the limit. It is not changed afterwards.",
        key=("as_of", "campaign_key"),
        accumulates=True,
        owner="team:crm",
    ),
)
