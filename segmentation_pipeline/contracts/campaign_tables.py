"""The tables of campaigns: who was on which list, who stopped where, and the files."""

from __future__ import annotations

from typing import Any

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.contracts.table import TableContract

VERSION = Column("version", Type.INTEGER, "1, or the version a list that was frozen already was made again as.", minimum=1)

CAMPAIGN_AUDIENCES_COLUMNS = (
    AS_OF,
    Column("campaign", Type.TEXT, "The campaign, as it was called then."),
    Column("campaign_key", Type.TEXT, "What stays the same when the campaign is renamed."),
    Column(
        "kind",
        Type.TEXT,
        "message: whoever is not in the holdout counts as contacted on the day; standing: a list others keep, no contact.",
        allowed=("message", "standing"),
    ),
    VERSION,
    Column("customer_id", Type.TEXT, "The customer.", is_key=True),
    Column("channel", Type.TEXT, "Channel of the campaign."),
    Column(
        "arm",
        Type.TEXT,
        "holdout is kept out for comparison; treatment, or in a campaign with arms the name of one, is contacted.",
    ),
    Column(
        "stratum",
        Type.TEXT,
        "The combination of values in which the holdout was drawn.",
        null_means="the campaign draws without strata",
    ),
    Column("rank", Type.INTEGER, "1 = best by the campaign's ranking.", minimum=1),
    Column("expected_value", Type.NUMBER, "Value of the column the campaign ranks by.", null_means="not known"),
    Column("reason", Type.TEXT, "Why the customer was chosen."),
)

CAMPAIGN_FUNNEL_COLUMNS = (
    AS_OF,
    Column("campaign", Type.TEXT, "The campaign."),
    VERSION,
    Column("step_number", Type.INTEGER, "Order of the step.", minimum=1),
    Column("step", Type.TEXT, "The gate.", allowed=tuple(step.value for step in FunnelStep)),
    Column("entered", Type.INTEGER, "Customers that came to the gate.", "customers", minimum=0),
    Column("left_out", Type.INTEGER, "Customers that stopped at it.", "customers", minimum=0),
    Column("remained", Type.INTEGER, "Customers that passed; they enter the next step.", "customers", minimum=0),
    Column("reason", Type.TEXT, "Why customers stop at the gate."),
)

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

_CRM = "team:crm"


def _looks_at_groups(config: Any) -> bool:
    return config.privacy.fairness is not None and config.has("customers")


CAMPAIGN_TABLES = (
    TableContract(
        tables.CAMPAIGN_SELECTIONS,
        "Every customer a campaign's rule names: chosen, or the one gate that stopped them (address, consent, suppression, had "
        "it already, recent contact, global control group, same household or address, limit, holdout).",
        owner=_CRM,
    ),
    TableContract(
        tables.CAMPAIGN_AUDIENCES,
        "A customer chosen for a campaign.",
        CAMPAIGN_AUDIENCES_COLUMNS,
        key=("as_of", "campaign", "version", "customer_id"),
        published=True,
        accumulates=True,
        owner=_CRM,
    ),
    TableContract(
        tables.CAMPAIGN_FUNNEL,
        "A step of a campaign: how many went in, how many stopped, why.",
        CAMPAIGN_FUNNEL_COLUMNS,
        key=("as_of", "campaign", "version", "step_number"),
        published=True,
        accumulates=True,
        owner=_CRM,
    ),
    TableContract(
        tables.AUDIENCE_FAIRNESS,
        "A campaign of the day and a group of customers: how many of the group were chosen and contacted, beside other groups.",
        AUDIENCE_FAIRNESS_COLUMNS,
        key=("as_of", "campaign", "attribute", "customer_group", "measure"),
        when=_looks_at_groups,
        published=True,
        accumulates=True,
        owner=_CRM,
    ),
    TableContract(
        tables.AUDIENCE_FILES,
        "A file written for a campaign's channel; the files hold personal data, this list does not. "
        "Before a list is sent, run `segmentation audience verify`: it names who has objected since.",
        accumulates=True,
        owner=_CRM,
        kinds=frozenset({"csv", "file"}),
    ),
)
