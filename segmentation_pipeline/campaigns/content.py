"""What a message says to each person, as columns of the list: a column of the profile, the reason, or a fixed text."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.csv_file import harmless
from segmentation_pipeline.config.schema import Campaign, FixedText
from segmentation_pipeline.privacy.addresses import tidy_text

REASON = "reason"
"""What ``content`` calls the words of why somebody was chosen."""


def content_columns(campaign: Campaign, selection: ir.Table, profile: ir.Table) -> ir.Table:
    """``customer_id`` and the campaign's ``content``, as texts, of everybody in ``selection``; null = not known.

    ``profile`` is ``segments.customer_profile`` of the day.  Texts that a spreadsheet would run as a formula begin with an
    apostrophe.
    """
    people = selection.select("customer_id", _reason=REASON)
    asked = {each for each in campaign.content.values() if isinstance(each, str) and each != REASON}
    names = asked & set(profile.columns)  # a column no model vouches for today is not known of anybody
    known = people.left_join(profile.select("customer_id", *sorted(names)), "customer_id").drop("customer_id_right")
    known = known.mutate(**{name: ibis.null("string") for name in asked - names})
    columns = {name: _content(known, each) for name, each in campaign.content.items()}
    return known.select("customer_id", **columns)


def _content(known: ir.Table, each: str | FixedText) -> ir.StringValue:
    if isinstance(each, FixedText):
        return cast(ir.StringValue, harmless(ibis.literal(each.text)))
    value = known["_reason" if each == REASON else each]
    text = cast(ir.StringValue, value.cast("string"))
    return harmless(tidy_text(text)) if value.type().is_string() else text
