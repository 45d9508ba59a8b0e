"""On which channels the gate would let marketing reach a customer, whatever a campaign's rule: what consent coverage counts."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.context import Ledgers
from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.config.schema.audience_profiles import Channel
from segmentation_pipeline.config.schema.campaigns import AD_AUDIENCES
from segmentation_pipeline.privacy.standing import consented
from segmentation_pipeline.values.ledger_words import ADS, MARKETING

CHANNELS: tuple[str, ...] = get_args(Channel)
CONTACTABLE = {"customer_id": "string", **dict.fromkeys(CHANNELS, "boolean")}


def contactable_customers(profile: ir.Table, channels: Collection[str], ledgers: Ledgers, privacy: PrivacyConfig) -> ir.Table:
    """A row per customer of ``profile``: ``customer_id`` and per channel whether they may be sent marketing on it.

    So it is for those who have a usable address of their own, who consented (or, where no consent is required, did not
    withdraw), and of whom neither person nor address is suppressed; ``ads`` asks for consent to ad audiences.  Null on
    channels that are not among ``channels``.
    """
    people = profile.select("customer_id")
    for channel in channels:
        said = ledgers.standing(channel, coverage_purpose(channel), privacy)
        reached = said.filter(consented(said, privacy), ~said.suppressed).select("customer_id", _reached=True)
        joined = people.left_join(reached, "customer_id").drop("customer_id_right")
        people = joined.mutate(**{channel: joined._reached.fill_null(False)}).drop("_reached")
    unknown = {channel: ibis.null("boolean") for channel in CHANNELS if channel not in channels}
    return people.mutate(**unknown).select(*CONTACTABLE)


def coverage_purpose(channel: str) -> str:
    """The purpose that consent coverage of a channel is about."""
    return AD_AUDIENCES if channel == ADS else MARKETING
