"""Where a customer buys: the share of orders per sales channel listed in ``features.channels``."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs, slug
from segmentation_pipeline.features.trailing import Inside

_NEEDS = ("orders.channel",)


def _features(config: Config) -> tuple[Feature, ...]:
    shares = tuple(
        Feature(
            Column(
                f"channel_share_{slug(channel)}",
                Type.NUMBER,
                f"Share of orders placed through {channel}.",
                "share 0-1",
                "no orders yet",
                minimum=0,
                maximum=1,
            ),
            _NEEDS,
        )
        for channel in config.pipeline.features.channels
    )
    main = Column(
        "main_channel",
        Type.TEXT,
        "Listed channel with most orders; the one listed first wins a tie.",
        null_means="no order through a listed channel",
        allowed=config.pipeline.features.channels,
    )
    return (Feature(main, _NEEDS), *shares)


def _order_sums(events: ir.Table, inside: Inside, config: Config) -> dict[str, ir.Value]:
    return {
        f"channel_{slug(channel)}": events.count(where=events.is_order & (events.channel.lower() == channel.lower()))
        for channel in config.pipeline.features.channels
    }


def _build(inputs: Inputs) -> ir.Table:
    facts = inputs.order_facts
    channels = inputs.config.pipeline.features.channels
    counts = {channel: facts[f"channel_{slug(channel)}"] for channel in channels}
    most = ibis.greatest(*counts.values())
    main = ibis.cases(*((count == most, channel) for channel, count in counts.items()))
    return facts.select(
        "customer_id",
        main_channel=ibis.ifelse(most > 0, main, ibis.null("string")),
        **{
            f"channel_share_{slug(channel)}": (count.cast("float64") / facts.frequency.nullif(0)).round(6)
            for channel, count in counts.items()
        },
    )


def _off(config: Config) -> str | None:
    if not config.pipeline.features.channels:
        return "features.channels in pipeline.yaml lists no channel"
    return None


CHANNELS = Family(
    name="channels",
    description="Share of orders per sales channel.",
    features=_features,
    build=_build,
    order_sums=_order_sums,
    off=_off,
)
