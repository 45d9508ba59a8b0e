"""What customers do besides buying: on the web, with e-mail, on social networks."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources.base import OF_CUSTOMER, UPDATED_AT, Source, count, instant, key, optional_key, text

WEB_SESSIONS = Source(
    name="web_sessions",
    description="A visit to the web shop or app; visits nobody logged in to have no customer and count for no one.",
    columns=(
        key("session_id", "The visit."),
        optional_key("customer_id", "Who visited.", "nobody logged in"),
        instant("started_at", "When the visit began."),
        count("duration_seconds", "How long the visit lasted.", "seconds"),
        count("page_views", "Pages looked at.", "pages"),
        count("cart_adds", "Times something was put into the cart.", "times"),
        count("orders", "Orders placed during the visit.", "orders"),
        text("category", "Category looked at most."),
        text("device", "Kind of device, for example phone, tablet, desktop."),
        text("traffic_source", "Where the visit came from, for example search, email, social, direct, ad."),
        UPDATED_AT,
    ),
    natural_key=("session_id",),
    event_time="started_at",
    version="updated_at",
    references=(OF_CUSTOMER,),
)

EMAIL_EVENTS = Source(
    name="email_events",
    description="What happened to one e-mail sent to one customer.",
    columns=(
        key("message_id", "The mailing."),
        key("customer_id", "Who it was sent to."),
        text(
            "event",
            "What happened: sent, delivered, open, click, unsubscribe, bounce or complaint.",
            required=True,
            allowed=("sent", "delivered", "open", "click", "unsubscribe", "bounce", "complaint"),
        ),
        instant("occurred_at", "When it happened."),
    ),
    natural_key=("message_id", "customer_id", "event", "occurred_at"),
    event_time="occurred_at",
    references=(OF_CUSTOMER,),
)

SOCIAL_EVENTS = Source(
    name="social_events",
    description="Something a known customer did about the shop on a social network.",
    columns=(
        key("event_id", "The event."),
        key("customer_id", "Who did it."),
        instant("occurred_at", "When it happened."),
        text("network", "The network."),
        text(
            "action",
            "follow, unfollow, like, comment, share, mention or review.",
            required=True,
            allowed=("follow", "unfollow", "like", "comment", "share", "mention", "review"),
        ),
        Column(
            "sentiment",
            Type.NUMBER,
            "How friendly a text was.",
            unit="-1 hostile to 1 friendly",
            null_means="no text, or not judged",
            minimum=-1.0,
            maximum=1.0,
        ),
    ),
    natural_key=("event_id",),
    event_time="occurred_at",
    references=(OF_CUSTOMER,),
)
