"""The published tables: what BI tools may rely on.  The data dictionary is made from this file."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.campaign_tables import CAMPAIGN_AUDIENCES_COLUMNS, CAMPAIGN_FUNNEL_COLUMNS
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.model_tables import CLUSTER_CHANGES_COLUMNS, MODEL_REGISTRY_COLUMNS
from segmentation_pipeline.contracts.shop_tables import SHOP_TOTALS_COLUMNS


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One table of the published file.

    ``source`` is the working table it is copied from.  ``accumulates`` marks tables that hold all
    days; the others show the published day only.
    """

    name: str
    description: str
    source: str
    columns: tuple[Column, ...]
    accumulates: bool = False


CUSTOMER_ID = Column("customer_id", Type.TEXT, "The customer.", is_key=True)
SEGMENTATION = Column("segmentation", Type.TEXT, "The segmentation.")
SEGMENT = Column("segment", Type.TEXT, "The segment within the segmentation.")
PERIODS = ("day", "month")

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
    Column("kind", Type.TEXT, "How segments are made: rules, rfm, quantiles, clusters, attribute or survey_classes."),
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
    AS_OF,
)

UNMATCHED_OPT_OUTS_COLUMNS = (
    AS_OF,
    Column("source", Type.TEXT, "The ledger: consents, suppressions or restrictions."),
    Column("file", Type.TEXT, "File of the row."),
    Column("row", Type.INTEGER, "Record number in the file."),
    Column("named", Type.TEXT, "Whom the row names, masked: its first and last sign.", null_means="the row names nobody"),
    Column("reason", Type.TEXT, "Why nobody was found."),
)

DATA_QUALITY_COLUMNS = (
    AS_OF,
    Column("table_name", Type.TEXT, "The table checked."),
    Column("rule", Type.TEXT, "The rule; also the name of the check in Dagster."),
    Column("expectation", Type.TEXT, "The expectation behind it."),
    Column("column_name", Type.TEXT, "The column checked.", null_means="the rule is about several columns or the whole table"),
    Column("severity", Type.TEXT, "error stops what depends on the table, warning does not.", allowed=("error", "warning")),
    Column("passed", Type.BOOLEAN, "Whether the rule holds."),
    Column("checked_rows", Type.INTEGER, "Rows looked at.", "rows", minimum=0),
    Column("unexpected_count", Type.INTEGER, "Failing rows.", "rows", minimum=0),
    Column("unexpected_share", Type.NUMBER, "Share of failing rows.", "share 0-1", minimum=0, maximum=1),
    Column("observed", Type.TEXT, "What a rule about the whole table measured.", null_means="the rule looks at rows"),
    Column("message", Type.TEXT, "The outcome in words."),
    Column("description", Type.TEXT, "What the rule asks for."),
)

DATA_DICTIONARY_COLUMNS = (
    Column("table_name", Type.TEXT, "The published table."),
    Column("table_description", Type.TEXT, "What a row of the table is."),
    Column("column_name", Type.TEXT, "The column."),
    Column("position", Type.INTEGER, "Position in the table, from 1.", minimum=1),
    Column("type", Type.TEXT, "Type of the column."),
    Column("unit", Type.TEXT, "Unit of the values.", null_means="no unit"),
    Column("description", Type.TEXT, "What the column means."),
    Column("null_means", Type.TEXT, "What an empty cell says.", null_means="the column is never empty"),
    Column("lineage", Type.TEXT, "Working table and column the values come from."),
)

PUBLICATION_COLUMNS = (
    AS_OF,
    Column("table_name", Type.TEXT, "The published table."),
    Column("row_count", Type.INTEGER, "Its rows.", "rows", minimum=0),
    Column("fingerprint", Type.TEXT, "Hash of files, configuration, program and day the publication was made from."),
    Column(
        "publication_id",
        Type.TEXT,
        "Of the run; manifests of audience files of the same day have it too when the same run made them.",
        null_means="made before there were ids",
    ),
)


def published_tables(
    feature_columns: tuple[Column, ...],
    segmentation_columns: tuple[Column, ...],
    accounting_columns: tuple[Column, ...],
    category_columns: tuple[Column, ...] | None,
) -> tuple[PublishedTable, ...]:
    """All published tables but the ones about the publication itself.

    The arguments are what depends on the configuration: the profile's feature and score columns,
    one column per exclusive segmentation, and the category table where categories are known.
    """
    profile = (AS_OF, CUSTOMER_ID, *feature_columns, *segmentation_columns)
    categories = (
        (
            PublishedTable(
                "customer_categories",
                "A customer and a product category bought: revenue and orders.",
                tables.CUSTOMER_CATEGORIES,
                category_columns,
            ),
        )
        if category_columns
        else ()
    )
    return (
        PublishedTable(
            "customer_profile",
            "A customer: features, model scores and segments; no personal data.",
            tables.CUSTOMER_PROFILE,
            profile,
        ),
        PublishedTable(
            "customer_segments",
            "A customer's current membership of one segment.",
            tables.CUSTOMER_SEGMENTS,
            CUSTOMER_SEGMENTS_COLUMNS,
        ),
        *categories,
        PublishedTable(
            "segment_history",
            "A stay of a customer in a segment. Members on a day: valid_from <= day AND (valid_to IS NULL OR valid_to > day), "
            "which the function members_as_of(segmentation, segment, day) asks for where the publication can hold one.",
            tables.SEGMENT_HISTORY,
            SEGMENT_HISTORY_COLUMNS,
            accumulates=True,
        ),
        PublishedTable(
            "segment_transitions",
            "A way from a segment to a segment between two days: how many customers went it.",
            tables.SEGMENT_TRANSITIONS,
            SEGMENT_TRANSITIONS_COLUMNS,
            accumulates=True,
        ),
        PublishedTable(
            "segment_profiles",
            "A segment: size, revenue, value and what sets it apart.",
            tables.SEGMENT_PROFILES,
            SEGMENT_PROFILES_COLUMNS,
        ),
        PublishedTable(
            "shop_totals",
            "The shop's orders and revenue up to a day, of customers and of nobody.",
            tables.SHOP_TOTALS,
            SHOP_TOTALS_COLUMNS,
            accumulates=True,
        ),
        PublishedTable(
            "segment_catalog", "A segment's definition in words and as its rule.", tables.SEGMENT_CATALOG, SEGMENT_CATALOG_COLUMNS
        ),
        PublishedTable(
            "campaign_audiences",
            "A customer chosen for a campaign.",
            tables.CAMPAIGN_AUDIENCES,
            CAMPAIGN_AUDIENCES_COLUMNS,
            accumulates=True,
        ),
        PublishedTable(
            "campaign_funnel",
            "A step of a campaign: how many went in, how many stopped, why.",
            tables.CAMPAIGN_FUNNEL,
            CAMPAIGN_FUNNEL_COLUMNS,
            accumulates=True,
        ),
        PublishedTable(
            "unmatched_opt_outs",
            "A no that matches nobody, masked, with its file and row.",
            tables.UNMATCHED_OPT_OUTS,
            UNMATCHED_OPT_OUTS_COLUMNS,
        ),
        PublishedTable(
            "model_registry", "A fitted model on a day.", tables.MODEL_REGISTRY, MODEL_REGISTRY_COLUMNS, accumulates=True
        ),
        PublishedTable(
            "cluster_changes",
            "What became of a cluster when a new model took over.",
            tables.CLUSTER_CHANGES,
            CLUSTER_CHANGES_COLUMNS,
            accumulates=True,
        ),
        PublishedTable(
            "data_quality", "The result of one rule on one table.", tables.DATA_QUALITY, DATA_QUALITY_COLUMNS, accumulates=True
        ),
        PublishedTable(
            "row_accounting", "Where the rows of a source went.", tables.ROW_ACCOUNTING, accounting_columns, accumulates=True
        ),
    )
