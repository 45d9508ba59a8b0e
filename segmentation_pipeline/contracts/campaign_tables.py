"""The tables of campaigns: who was on which list, who stopped where, and the files."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.audience_fairness import AUDIENCE_FAIRNESS
from segmentation_pipeline.contracts.columns import AS_OF, CUSTOMER_ID, Column, Type
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.contracts.table import TableContract, working_table

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

_EARNS = "What contacting them was expected to earn, value less cost."
CAMPAIGN_DECISIONS_COLUMNS = (
    AS_OF,
    CUSTOMER_ID,
    Column(
        "campaign",
        Type.TEXT,
        "The campaign that contacts the customer, of several the first by priority.",
        null_means="none contacts them",
    ),
    Column("gain", Type.NUMBER, _EARNS, "base currency", null_means="nobody contacts them, or the campaign has no value"),
    Column(
        "runner_up",
        Type.TEXT,
        "The campaign that would have contacted the customer, were it not for the first.",
        null_means="no other campaign wanted them, or campaigns do not compete",
    ),
    Column("runner_up_gain", Type.NUMBER, _EARNS, "base currency", null_means="no runner-up, or it has no value"),
    Column("contacts", Type.INTEGER, "Campaigns that contact the customer on the day.", "campaigns", minimum=0),
    Column(
        "stopped",
        Type.TEXT,
        "Where the customer left the other campaigns whose rule names them: 'campaign: step', by priority, with '; ' between.",
        null_means="they left none",
    ),
)
AUDIENCE_OVERLAP_COLUMNS = (
    AS_OF,
    Column("campaign", Type.TEXT, "A campaign."),
    Column("other_campaign", Type.TEXT, "Another one, later by name."),
    Column("passed", Type.INTEGER, "Customers who passed the gate of the campaign, before the decision.", "customers", minimum=0),
    Column("other_passed", Type.INTEGER, "Customers who passed the gate of the other one.", "customers", minimum=0),
    Column("passed_both", Type.INTEGER, "Customers who passed the gates of both.", "customers", minimum=0),
    Column("listed", Type.INTEGER, "Customers chosen for the campaign, in any arm.", "customers", minimum=0),
    Column("other_listed", Type.INTEGER, "Customers chosen for the other one.", "customers", minimum=0),
    Column("listed_both", Type.INTEGER, "Customers chosen for both.", "customers", minimum=0),
    Column("contacted_by_both", Type.INTEGER, "Customers whom both contact on the day.", "customers", minimum=0),
)

_CRM = "team:crm"

CAMPAIGN_TABLES = (
    TableContract(
        tables.CAMPAIGN_SELECTIONS,
        "Every customer a campaign's rule names: chosen, or the one gate that stopped them (address, consent, suppression, had "
        "it already, recent contact, global control group, cap, no gain, same household or address, lost to another campaign, "
        "limit, budget, holdout).",
        owner=_CRM,
    ),
    working_table(
        tables.CAMPAIGN_SPENDING,
        "What a campaign of the day came to: contacts, money, and what one more unit of money would earn.",
        tables.CAMPAIGN_SELECTIONS,
    ),
    working_table(
        tables.CONTACTABLE_CUSTOMERS,
        "A customer, and for each channel of a campaign whether the gate would let marketing reach them on it.",
        tables.CAMPAIGN_SELECTIONS,
    ),
    TableContract(
        tables.CAMPAIGN_DECISIONS,
        "A customer whom the rule of at least one message campaign names on a day: which contacts them, which would have "
        "otherwise, and where they left the others.",
        CAMPAIGN_DECISIONS_COLUMNS,
        key=("as_of", "customer_id"),
        published=True,
        accumulates=True,
        checked=True,
        owner=_CRM,
    ),
    TableContract(
        tables.AUDIENCE_OVERLAP,
        "Two campaigns of a day: how many customers passed both gates, and how many are on both lists.",
        AUDIENCE_OVERLAP_COLUMNS,
        key=("as_of", "campaign", "other_campaign"),
        published=True,
        accumulates=True,
        checked=True,
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
    AUDIENCE_FAIRNESS,
    TableContract(
        tables.AUDIENCE_FILES,
        "A file written for a campaign's channel; the files hold personal data, this list does not. "
        "Before a list is sent, run `segmentation audience verify`: it names who has objected since.",
        accumulates=True,
        owner=_CRM,
        kinds=frozenset({"csv", "file"}),
    ),
)
