"""The tables of campaigns: who was on which list, who stopped where, and the files."""

from __future__ import annotations

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

_CRM = "team:crm"

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
        tables.AUDIENCE_FILES,
        "A file written for a campaign's channel; the files hold personal data, this list does not. "
        "Before a list is sent, run `segmentation audience verify`: it names who has objected since.",
        accumulates=True,
        owner=_CRM,
        kinds=frozenset({"csv", "file"}),
    ),
)
