"""Customers that are companies, and customers who pay by instalments."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, UPDATED_AT, Source, count, instant, key, text

FIRMOGRAPHICS = Source(
    name="firmographics",
    description="The company behind a customer.",
    columns=(
        key("customer_id", "The customer."),
        text("industry", "Line of business."),
        count("employees", "People employed.", "people"),
        Column("annual_revenue", Type.MONEY, "Revenue of a year.", unit="base currency", null_means="not known", minimum=0.0),
        UPDATED_AT,
    ),
    natural_key=("customer_id",),
    version="updated_at",
    references=(OF_CUSTOMER,),
)

REPAYMENTS = Source(
    name="repayments",
    description="An instalment: when it fell due, and when it was paid.",
    columns=(
        key("loan_id", "The loan or plan."),
        key("instalment", "The instalment within it."),
        key("customer_id", "Who owes it."),
        instant("due_at", "When it falls due."),
        Column(
            "amount_due", Type.MONEY, "Amount due.", unit="base currency", required=True, minimum=0.0, maximum=1_000_000_000.0
        ),
        Column("paid_at", Type.INSTANT, "When it was paid in full.", unit="UTC", null_means="not paid", known_at=("paid_at",)),
        UPDATED_AT,
    ),
    natural_key=("loan_id", "instalment"),
    event_time="due_at",
    version="updated_at",
    references=(OF_CUSTOMER,),
)
