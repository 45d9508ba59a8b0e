"""The tables of segments: who is in which, since when, and what each segment is like."""

from __future__ import annotations

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, CUSTOMER_ID, Column, Type
from segmentation_pipeline.contracts.table import TableContract, working_table

SEGMENTATION = Column("segmentation", Type.TEXT, "The segmentation.")
SEGMENT = Column("segment", Type.TEXT, "The segment within the segmentation.")
PERIODS = ("day", "month")
_CRM = "team:crm"

CUSTOMER_SEGMENTS_COLUMNS = (
    AS_OF,
    CUSTOMER_ID,
    SEGMENTATION,
    SEGMENT,
    Column(
        "score",
        Type.NUMBER,
        "What the membership rests on: RFM score, ranked value, distance to the cluster centre or probability of the class.",
        null_means="the segmentation has no score",
    ),
    Column("since", Type.DAY, "First observed day of the current stay.", "day"),
    Column("reason", Type.TEXT, "The rule or definition that put the customer there."),
)

SEGMENT_HISTORY_COLUMNS = (
    CUSTOMER_ID,
    SEGMENTATION,
    SEGMENT,
    Column("valid_from", Type.DAY, "First observed day in the segment.", "day"),
    Column("valid_to", Type.DAY, "First observed day no longer in it.", "day", "still in the segment"),
)

SEGMENT_TRANSITIONS_COLUMNS = (
    AS_OF,
    Column(
        "period",
        Type.TEXT,
        "day: two observed days one after the other. month: the last observed days of two months one after the other.",
        allowed=PERIODS,
    ),
    Column("previous_as_of", Type.DAY, "The earlier of the two days; as_of is the later one.", "day"),
    SEGMENTATION,
    Column("source", Type.TEXT, "The segment on the earlier day.", null_means="in no segment of the segmentation"),
    Column("target", Type.TEXT, "The segment on the later day.", null_means="in no segment of the segmentation"),
    Column(
        "customers", Type.INTEGER, "Customers that went from source to target; who stayed has both alike.", "customers", minimum=1
    ),
    Column("share", Type.NUMBER, "Customers as a share of all with that source.", "share 0-1", minimum=0, maximum=1),
)

_NO_MODEL = "no member has orders, or no model of purchases is credible on the day"
_INTERVAL = (
    "interval of 95 %, from how far the model was off in held-out periods, seasons included, and from chance. It is that of one "
    "segment: the bounds of several do not add up."
)
_AHEAD = tuple(
    Column(f"{name}{side}", kind, f"{bound}{of_members}{f': {_INTERVAL}' if side else '.'}", unit, _NO_MODEL, minimum=0)
    for name, kind, unit, of_members in (
        ("expected_orders", Type.NUMBER, "order days", "order days expected of all members together within the horizon"),
        ("clv", Type.MONEY, "base currency", "lifetime value of all members together"),
    )
    for side, bound in (("", "Sum: "), ("_low", "Lower bound of the "), ("_high", "Upper bound of the "))
)

SEGMENT_PROFILES_COLUMNS = (
    SEGMENTATION,
    SEGMENT,
    AS_OF,
    Column("customers", Type.INTEGER, "Members.", "customers", minimum=0),
    Column("customer_share", Type.NUMBER, "Members as a share of all customers.", "share 0-1", minimum=0, maximum=1),
    Column("monetary", Type.MONEY, "Net revenue of all members, lifetime.", "base currency"),
    Column("revenue_share", Type.NUMBER, "Share of all net revenue.", "share", "no revenue at all"),
    Column("monetary_365d", Type.MONEY, "Net revenue of all members in the last 365 days.", "base currency"),
    Column("avg_clv", Type.MONEY, "Mean customer lifetime value of members with one.", "base currency", "no member has orders"),
    *_AHEAD,
    Column("avg_frequency", Type.NUMBER, "Mean number of orders.", "orders", "no member is known"),
    Column("avg_recency_days", Type.NUMBER, "Mean days since the latest order.", "days", "no member has orders"),
    Column(
        "avg_average_order_value",
        Type.MONEY,
        "Mean of the members' average order values.",
        "base currency",
        "no member has orders",
    ),
    Column(
        "avg_days_in_segment",
        Type.NUMBER,
        "Mean days since the members' present stays began, as far as days were observed.",
        "days",
    ),
    Column("median_days_in_segment", Type.NUMBER, "Median days since the members' present stays began.", "days"),
    Column("sets_apart", Type.TEXT, "The features whose mean differs most from that of all customers, in standard deviations."),
)

SEGMENT_CATALOG_COLUMNS = (
    SEGMENTATION,
    SEGMENT,
    Column("title", Type.TEXT, "Title of the segmentation."),
    Column("kind", Type.TEXT, "Kind of the segmentation, which says how its segments are made."),
    Column("description", Type.TEXT, "What the segment is for, in its owner's words."),
    Column("definition", Type.TEXT, "Who is in it: rule, cut points or model."),
    Column("owner", Type.TEXT, "Who answers for it."),
    Column("exclusive", Type.BOOLEAN, "Whether a customer is in at most one segment of the segmentation."),
    Column("version", Type.TEXT, "Changes when the definition changes."),
    Column(
        "proposal",
        Type.TEXT,
        "What could become of a segment below the minimum size of its segmentation: the segment with the nearest profile.",
        null_means="the segment is large enough",
    ),
    Column(
        "record",
        Type.TEXT,
        "What campaigns did that choose people by the segmentation or whose results are split by it: how many have a lift, how "
        "many work, and each one's lift of the metric that decides, with its 95 % interval (campaign_results of the day).",
        null_means="no such campaign has a lift",
    ),
    AS_OF,
)

SEGMENT_TABLES = (
    TableContract(
        tables.CUSTOMER_SEGMENTS,
        "A customer's current membership of one segment.",
        CUSTOMER_SEGMENTS_COLUMNS,
        key=("segmentation", "customer_id", "segment"),
        published=True,
        owner=_CRM,
    ),
    TableContract(
        tables.SEGMENT_HISTORY,
        "A stay of a customer in a segment. Members on a day: valid_from <= day AND (valid_to IS NULL OR valid_to > day), "
        "which the function members_as_of(segmentation, segment, day) asks for where the publication can hold one.",
        SEGMENT_HISTORY_COLUMNS,
        key=("customer_id", "segmentation", "segment", "valid_from"),
        published=True,
        accumulates=True,
        writer=tables.CUSTOMER_SEGMENTS,
        owner=_CRM,
    ),
    TableContract(
        tables.SEGMENT_TRANSITIONS,
        "A way from a segment to a segment between two days: how many customers went it.",
        SEGMENT_TRANSITIONS_COLUMNS,
        key=("as_of", "period", "segmentation", "source", "target"),
        published=True,
        accumulates=True,
        owner=_CRM,
    ),
    TableContract(
        tables.SEGMENT_PROFILES,
        "A segment: size, revenue, value and what sets it apart.",
        SEGMENT_PROFILES_COLUMNS,
        key=("segmentation", "segment"),
        published=True,
        owner=_CRM,
    ),
    TableContract(
        tables.SEGMENT_CATALOG,
        "A segment's definition in words and as its rule.",
        SEGMENT_CATALOG_COLUMNS,
        key=("segmentation", "segment"),
        published=True,
        owner=_CRM,
    ),
    working_table(
        tables.ASSIGNMENTS, "A customer with the segment of every segmentation, a column each.", tables.CUSTOMER_PROFILE
    ),
    working_table(tables.SEGMENT_DEFINITIONS, "What a segment means on the day, in words.", tables.CUSTOMER_PROFILE),
    working_table(tables.MEMBERSHIPS, "A customer and a segment they are in on the day.", tables.CUSTOMER_SEGMENTS),
    working_table(
        tables.OBSERVED_SEGMENTS, "A customer with the segment last observed of every segmentation.", tables.CUSTOMER_SEGMENTS
    ),
    working_table(tables.MOVED_CUSTOMERS, "A customer who is in another segment than before.", tables.CUSTOMER_SEGMENTS),
    working_table(
        tables.MEMBERSHIP_CHANGES,
        "A customer who entered or left a segment on an observed day.",
        tables.CUSTOMER_SEGMENTS,
        accumulates=True,
    ),
    working_table(
        tables.OBSERVED_DAYS,
        "A segment on a day whose members were observed.",
        tables.CUSTOMER_SEGMENTS,
        accumulates=True,
    ),
)
