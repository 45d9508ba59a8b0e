"""What is told of customers that are one person: never by the identifiers themselves."""

from __future__ import annotations

from enum import StrEnum

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.published import PublishedTable
from segmentation_pipeline.contracts.sources.identity import JOINED_BY


class Finding(StrEnum):
    """What a row of the identity report counts."""

    CLUSTER = "cluster"
    JOINED = "joined"
    BRIDGE = "bridge"
    UNREADABLE = "unreadable"
    PLACEHOLDER = "placeholder"
    ROLE_ADDRESS = "role_address"
    FAMILY_ADDRESS = "family_address"
    SHARED_WIDELY = "shared_widely"
    DISTINCT_CUSTOMERS = "distinct_customers"
    NEVER_MERGE = "never_merge"
    REFUSED_DECISION = "refused_decision"
    DIFFERENT_BIRTH_DATES = "different_birth_dates"
    DIFFERENT_FIRST_NAMES = "different_first_names"
    CLUSTER_TOO_LARGE = "cluster_too_large"


BLOCKED = (
    Finding.PLACEHOLDER,
    Finding.ROLE_ADDRESS,
    Finding.FAMILY_ADDRESS,
    Finding.SHARED_WIDELY,
    Finding.DISTINCT_CUSTOMERS,
    Finding.NEVER_MERGE,
    Finding.REFUSED_DECISION,
    Finding.DIFFERENT_BIRTH_DATES,
    Finding.DIFFERENT_FIRST_NAMES,
    Finding.CLUSTER_TOO_LARGE,
)
"""Why customers who share an identifier were not joined."""

_KIND = Column("kind", Type.TEXT, "Kind of identifier, or merge_decision.", allowed=JOINED_BY)

CUSTOMER_MERGES_COLUMNS = (
    Column("customer_id", Type.TEXT, "The customer that became part of another.", is_key=True),
    Column("canonical_customer_id", Type.TEXT, "The customer whose id both go by: the one seen first.", is_key=True),
    Column(
        "joined_by",
        Type.TEXT,
        "Strongest kind of identifier, or merge_decision, that leads from one to the other.",
        allowed=JOINED_BY,
    ),
    Column("since", Type.DAY, "First observed day they were one.", "day"),
    Column("until", Type.DAY, "First observed day they no longer were, or were so by another kind.", "day", "they still are one"),
)

BLOCKED_MERGES_COLUMNS = (
    AS_OF,
    Column("customer_id", Type.TEXT, "A customer that was not joined with others.", is_key=True),
    _KIND,
    Column("reason", Type.TEXT, "Why not.", allowed=tuple(reason.value for reason in BLOCKED)),
    Column("group_id", Type.TEXT, "Smallest customer_id of those that would have been joined.", is_key=True),
)

HOUSEHOLDS_COLUMNS = (
    AS_OF,
    Column("customer_id", Type.TEXT, "A person who shares a household with others.", is_key=True),
    Column("household_id", Type.TEXT, "The household: the smallest customer_id of its persons.", is_key=True),
    Column("persons", Type.INTEGER, "How many persons the household has.", "persons", minimum=2),
)

IDENTITY_HEALTH_COLUMNS = (
    AS_OF,
    Column(
        "finding",
        Type.TEXT,
        "cluster: customers that are one; joined: those that became part of another; bridge: those held in their cluster by one "
        "identifier alone; unreadable: identifiers that are no address or telephone number; others say why a merge was blocked; "
        "refused_decision of kind merge_decision counts whom refused rows of merge_decisions name.",
        allowed=tuple(finding.value for finding in Finding),
    ),
    Column("kind", Type.TEXT, "Kind of identifier, or merge_decision.", null_means="clusters have several", allowed=JOINED_BY),
    Column("cluster_size", Type.INTEGER, "Customers in each cluster.", "customers", "the finding is not cluster", minimum=2),
    Column("groups", Type.INTEGER, "Clusters, or groups that were not joined; of unreadable identifiers, customers.", minimum=0),
    Column("customers", Type.INTEGER, "Customers in them.", "customers", minimum=0),
)

IDENTITY_TABLES = (
    PublishedTable(
        "customer_merges",
        "A span of time in which a customer was part of another.",
        tables.CUSTOMER_MERGES,
        CUSTOMER_MERGES_COLUMNS,
        accumulates=True,
    ),
    PublishedTable(
        "blocked_merges",
        "A customer that shares an identifier with others, or is named by a decision, and was not joined.",
        tables.BLOCKED_MERGES,
        BLOCKED_MERGES_COLUMNS,
    ),
    PublishedTable(
        "households",
        "A person who shares an identifier, or address and family name, with others who are not the same person.",
        tables.HOUSEHOLDS,
        HOUSEHOLDS_COLUMNS,
    ),
    PublishedTable(
        "identity_health",
        "A count that tells how well customers are recognised.",
        tables.IDENTITY_HEALTH,
        IDENTITY_HEALTH_COLUMNS,
        accumulates=True,
    ),
)
"""Published where source ``identities`` is configured."""
