"""What customers say: answers to surveys, and what they ask the support."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, UPDATED_AT, Source, free_text, instant, key, text

SURVEYS = Source(
    name="surveys",
    description="An answer of a customer to one item of a survey.",
    columns=(
        key("response_id", "The filled-in survey."),
        key("customer_id", "Who answered."),
        text("item", "The item asked.", required=True),
        instant("answered_at", "When."),
        Column(
            "value",
            Type.NUMBER,
            "Answer on a scale.",
            unit="points of the item's scale",
            null_means="left out, or not a scale",
            minimum=-1000.0,
            maximum=1000.0,
        ),
        Column("choice", Type.TEXT, "Answer chosen from given texts.", null_means="left out, or a scale", free=True),
    ),
    natural_key=("response_id", "item"),
    event_time="answered_at",
    references=(OF_CUSTOMER,),
)

SUPPORT = Source(
    name="support",
    description="A request to the support.",
    columns=(
        key("ticket_id", "The request."),
        key("customer_id", "Who asked."),
        instant("opened_at", "When it came in."),
        Column("closed_at", Type.INSTANT, "When it was settled.", unit="UTC", null_means="still open", known_at=("closed_at",)),
        free_text("topic", "What it was about."),
        Column(
            "satisfaction",
            Type.INTEGER,
            "How satisfied the customer was.",
            unit="1 not at all to 5 very",
            null_means="not said",
            minimum=1.0,
            maximum=5.0,
            known_at=("answered_at", "closed_at"),
        ),
        Column(
            "answered_at",
            Type.INSTANT,
            "When the customer said how satisfied they were.",
            unit="UTC",
            null_means="not said, or when the request was settled",
            known_at=("answered_at",),
        ),
        UPDATED_AT,
    ),
    natural_key=("ticket_id",),
    event_time="opened_at",
    version="updated_at",
    references=(OF_CUSTOMER,),
)
