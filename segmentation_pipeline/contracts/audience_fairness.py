"""The table of groups: whom a campaign chose and contacted, beside other groups."""

from __future__ import annotations

from typing import Any

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.table import TableContract

_FEW = "too few people, or nothing to compare with"
AUDIENCE_FAIRNESS_COLUMNS = (
    AS_OF,
    Column("campaign", Type.TEXT, "The campaign."),
    Column("attribute", Type.TEXT, "What the groups are groups of, as privacy.yaml declares."),
    Column("customer_group", Type.TEXT, "The group; unknown: of whom it is not known."),
    Column(
        "measure",
        Type.TEXT,
        "chosen: by the campaign, for any arm; contacted: in an arm that gets the message.",
        allowed=("chosen", "contacted"),
    ),
    Column("people", Type.INTEGER, "Customers of the group.", "customers", minimum=0),
    Column("selected", Type.INTEGER, "Of them chosen or contacted.", "customers", null_means="fewer than 100 people", minimum=0),
    Column("rate", Type.NUMBER, "Their share.", "share 0-1", null_means="fewer than 100 people", minimum=0, maximum=1),
    Column("low", Type.NUMBER, "Lower bound of its 95 % interval (Wilson).", "share 0-1", null_means="fewer than 100 people"),
    Column("high", Type.NUMBER, "Upper bound.", "share 0-1", null_means="fewer than 100 people"),
    Column("ratio", Type.NUMBER, "The rate over the highest rate of a group of the attribute.", null_means=_FEW, minimum=0),
    Column(
        "flag",
        Type.TEXT,
        "below_four_fifths: the ratio is below 0.8, the intervals lie apart; below_within_chance: they overlap; too_few: fewer "
        "than 100 people; not_compared: an unknown group, or nobody was selected.",
        allowed=("ok", "below_four_fifths", "below_within_chance", "too_few", "not_compared"),
    ),
    Column(
        "proxy_auc",
        Type.NUMBER,
        "How well the columns the campaign chooses by tell the group from others (AUC): 0.5 not at all, above 0.7 is told.",
        null_means="too few people to tell",
        minimum=0,
        maximum=1,
    ),
    Column("waived_by", Type.TEXT, "Who answers for a difference between the groups.", null_means="nobody had to"),
    Column("waived_because", Type.TEXT, "Why it is right.", null_means="nobody had to"),
)


def _looks_at_groups(config: Any) -> bool:
    return config.privacy.fairness is not None and config.has("customers")


AUDIENCE_FAIRNESS = TableContract(
    tables.AUDIENCE_FAIRNESS,
    "A campaign of the day and a group of customers: how many of the group were chosen and contacted, beside other groups.",
    AUDIENCE_FAIRNESS_COLUMNS,
    key=("as_of", "campaign", "attribute", "customer_group", "measure"),
    when=_looks_at_groups,
    published=True,
    accumulates=True,
    owner="team:crm",
)
