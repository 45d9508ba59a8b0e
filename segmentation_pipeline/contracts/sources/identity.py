"""Under which identifiers the shop's systems know a customer."""

from __future__ import annotations

from typing import Literal, get_args

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, UPDATED_AT, Reference, Source, free_text, instant, key, text

IdentifierKind = Literal["loyalty_card", "customer_key", "email", "phone"]
IDENTIFIER_KINDS: tuple[str, ...] = get_args(IdentifierKind)
"""From the strongest evidence that two customers are one to the weakest."""
DECISION = "merge_decision"
JOINED_BY: tuple[str, ...] = (DECISION, *IDENTIFIER_KINDS)
"""What can make two customers one, from the strongest to the weakest."""
NEVER_MERGE, ALWAYS_MERGE = "never_merge", "always_merge"

IDENTITIES = Source(
    name="identities",
    description="An identifier under which one of the shop's systems knows a customer.",
    columns=(
        key("record_id", "The record."),
        key("customer_id", "The customer, by the key the other sources use."),
        text("system", "The system that knows the customer so, for example web, store, crm.", required=True),
        text(
            "kind",
            "What the identifier is: loyalty_card, customer_key (the customer's key in that system), email or phone.",
            required=True,
            allowed=IDENTIFIER_KINDS,
        ),
        text("identifier", "The identifier as the system has it.", pii=True),
        instant("seen_at", "When the system first knew the customer by it."),
        UPDATED_AT,
    ),
    natural_key=("record_id",),
    event_time="seen_at",
    version="updated_at",
    references=(OF_CUSTOMER,),
)

MERGE_DECISIONS = Source(
    name="merge_decisions",
    description="Two customers of whom somebody decided that they are one person, or that they are not.",
    columns=(
        key("customer_id", "One of the two; which of them plays no part."),
        key("other_customer_id", "The other."),
        text(
            "verdict",
            "never_merge or always_merge; of both for one pair, never_merge holds until its row is taken away.",
            required=True,
            allowed=(NEVER_MERGE, ALWAYS_MERGE),
        ),
        Column("decided_at", Type.INSTANT, "When it was decided.", unit="UTC", required=True),
        free_text("reason", "Why."),
    ),
    natural_key=("customer_id", "other_customer_id", "verdict"),
    event_time="decided_at",
    references=(OF_CUSTOMER, Reference("other_customer_id", "customers", "customer_id")),
)
