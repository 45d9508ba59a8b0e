"""What is told of customers that are one person: never by the identifiers themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.sources.identity import JOINED_BY
from segmentation_pipeline.contracts.table import TableContract, working_table


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


def _has_identities(config: Any) -> bool:
    return bool(config.has("identities"))


IDENTITY_TABLES = (
    TableContract(
        tables.IDENTIFIERS,
        "A customer and an identifier, normalised: addresses in lower case, telephone numbers in E.164.",
        when=_has_identities,
        group="identity",
    ),
    TableContract(
        tables.CUSTOMER_IDENTITY,
        "A customer that goes by the id of another, because both are one person.",
        when=_has_identities,
    ),
    TableContract(
        tables.CUSTOMER_MERGES,
        "A span of time in which a customer was part of another.",
        CUSTOMER_MERGES_COLUMNS,
        key=("customer_id", "canonical_customer_id", "joined_by", "since"),
        when=_has_identities,
        published=True,
        accumulates=True,
    ),
    TableContract(
        tables.BLOCKED_MERGES,
        "A customer that shares an identifier with others, or is named by a decision, and was not joined.",
        BLOCKED_MERGES_COLUMNS,
        key=("customer_id", "kind", "reason", "group_id"),
        when=_has_identities,
        published=True,
        writer=tables.CUSTOMER_IDENTITY,
    ),
    TableContract(
        tables.HOUSEHOLDS,
        "A person who shares an identifier, or address and family name, with others who are not the same person.",
        HOUSEHOLDS_COLUMNS,
        key=("customer_id",),
        when=_has_identities,
        published=True,
        writer=tables.CUSTOMER_IDENTITY,
    ),
    TableContract(
        tables.IDENTITY_HEALTH,
        "A count that tells how well customers are recognised.",
        IDENTITY_HEALTH_COLUMNS,
        key=("as_of", "finding", "kind", "cluster_size"),
        when=_has_identities,
        published=True,
        accumulates=True,
        writer=tables.CUSTOMER_IDENTITY,
    ),
    working_table(tables.PHONE_NUMBERS, "A telephone number as written and in E.164.", tables.IDENTIFIERS, when=_has_identities),
    working_table(
        tables.FIRST_KNOWN,
        "A customer and the day their identifiers were first known.",
        tables.CUSTOMER_IDENTITY,
        when=_has_identities,
        accumulates=True,
    ),
    working_table(
        tables.CHANGED_IDENTITIES,
        "A customer who goes by another id than before.",
        tables.CUSTOMER_IDENTITY,
        when=_has_identities,
    ),
    working_table(
        tables.MERGE_CHANGES,
        "A customer who became or ceased to be part of another on an observed day.",
        tables.CUSTOMER_MERGES,
        when=_has_identities,
        accumulates=True,
    ),
    working_table(
        tables.MERGE_DAYS, "A day on which merges were observed.", tables.CUSTOMER_MERGES, when=_has_identities, accumulates=True
    ),
)
