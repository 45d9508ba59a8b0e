"""What a customer does about the shop on social networks."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import joined
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SOURCE = "social_events"
_RECENT, _YEAR = Trailing(_SOURCE, 90), Trailing(_SOURCE, 365)
_SHARES = ("share", "mention")


def _features(config: Config) -> tuple[Feature, ...]:
    def events(name: str, description: str) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, "events", minimum=0), (f"{_SOURCE}.action",))

    return (
        events("social_events_90d", "Likes, comments, shares, mentions and reviews in the last 90 days."),
        events("social_shares_365d", "Shares and mentions in the last 365 days."),
        events("social_reviews_365d", "Reviews in the last 365 days."),
        Feature(
            Column("social_follower", Type.BOOLEAN, "Whether the customer follows the shop on any network."),
            (f"{_SOURCE}.action", f"{_SOURCE}.network"),
        ),
        Feature(
            Column(
                "social_sentiment_365d",
                Type.NUMBER,
                "Mean friendliness of the texts of the last 365 days.",
                "-1 hostile to 1 friendly",
                "no text judged in 365 days",
                minimum=-1,
                maximum=1,
            ),
            (f"{_SOURCE}.sentiment",),
        ),
    )


def _build(inputs: Inputs) -> ir.Table:
    events = inputs.sources[_SOURCE]
    recent, year = inputs.inside(_RECENT, events), inputs.inside(_YEAR, events)
    # In thousandths, as whole numbers: a sum of fractions would depend on the order rows are met in.
    sentiment = (events.sentiment * 1000).round().cast("int64")
    judged = year & sentiment.notnull()
    made = events.group_by("customer_id").agg(
        social_events_90d=events.count(where=recent & ~events.action.isin(("follow", "unfollow"))),
        social_shares_365d=events.count(where=year & events.action.isin(_SHARES)),
        social_reviews_365d=events.count(where=year & (events.action == "review")),
        total=sentiment.sum(where=judged),
        texts=events.count(where=judged),
    )
    made = made.mutate(social_sentiment_365d=(made.total.cast("float64") / made.texts.nullif(0) / 1000).round(6))
    follower = _followers(events).select("customer_id", social_follower=ibis.literal(True))
    made = joined(made, follower).drop("total", "texts")
    return made.mutate(social_follower=made.social_follower.fill_null(False))


def _followers(events: ir.Table) -> ir.Table:
    """customer_id of those whose latest follow or unfollow on some network is a follow."""
    moves = events.filter(events.action.isin(("follow", "unfollow"))).mutate(network=events.network.fill_null(""))
    order = ibis.window(
        group_by=["customer_id", "network"], order_by=[moves.occurred_at.desc(), moves.action.desc(), moves.event_id]
    )
    ranked = moves.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0, ranked.action == "follow").select("customer_id").distinct()


SOCIAL = Family(
    name="social",
    description="Likes, comments, shares, mentions and reviews on social networks, and whether the customer follows the shop.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    windows=(_RECENT, _YEAR),
    off=needs_source(_SOURCE),
)
