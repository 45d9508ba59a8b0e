"""Under which identifiers the shop's systems know a customer."""

from __future__ import annotations

from typing import Literal, get_args

from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, UPDATED_AT, Source, instant, key, text

IdentifierKind = Literal["loyalty_card", "customer_key", "email", "phone"]
IDENTIFIER_KINDS: tuple[str, ...] = get_args(IdentifierKind)
"""From the strongest evidence that two customers are one to the weakest."""

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
