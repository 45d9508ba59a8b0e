"""Who is on a list, with all that is told of them: arms, contact data of the channel, content.

Personal data meets a campaign here, and goes into files alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.csv_file import harmless
from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.addresses import CHANNEL_FIELDS, contact_details, contact_fields

OF_ARM = ("arm", "content")
"""Columns of ``audience.csv`` where a campaign has arms."""


@dataclass(frozen=True, slots=True)
class ContactData:
    """The tables the gate's addresses were made of; None without a source of customers."""

    pii: ir.Table | None
    customers: ir.Table | None
    content: ir.Table | None = None
    """What ``content.content_columns`` gives; None for a campaign without content."""


def treated(selection: ir.Table, campaign: Campaign) -> ir.Table:
    treated = selection.filter(selection.outcome == Arm.TREATMENT.value)
    if not campaign.arms:
        return treated.select("customer_id", "rank")
    contents = [(treated.arm == name, ibis.literal(arm.content)) for name, arm in campaign.arms.items() if arm.content]
    content = ibis.cases(*contents, else_=ibis.null("string")) if contents else ibis.null("string")
    return treated.select("customer_id", "rank", arm="arm", content=content)


@contextmanager
def contacted(engine: Engine, selection: ir.Table, campaign: Campaign, pii: ir.Table | None) -> Iterator[ir.Table | None]:
    """``pii`` of the people to contact, set aside: engines would normalise everybody's address first, which is dear."""
    if pii is None:
        yield None
        return
    with engine.staged(pii.semi_join(treated(selection, campaign), "customer_id")) as people:
        yield people


def list_columns(campaign: Campaign) -> list[str]:
    """Those of ``audience.csv``."""
    of_arm = OF_ARM if campaign.arms else ()
    return ["customer_id", "rank", *of_arm, *CHANNEL_FIELDS[campaign.channel], *campaign.content]


def audience_rows(selection: ir.Table, campaign: Campaign, people: ir.Table | None, contact: ContactData) -> ir.Table:
    fields = contact_fields(campaign.channel, people, contact.customers)
    joined = _with_content(treated(selection, campaign).inner_join(fields, "customer_id"), contact.content)
    found = joined.select(
        *(name for name in list_columns(campaign) if contact.content is not None or name not in campaign.content)
    )
    as_they_are = {"rank", "email", "phone", *campaign.content}
    return found.select(**{name: found[name] if name in as_they_are else harmless(found[name]) for name in found.columns})


def details_of_listed(
    selection: ir.Table, campaign: Campaign, people: ir.Table, customers: ir.Table, content: ir.Table | None
) -> ir.Table:
    """Everything that is known of those who are contacted: rank, arm where there are some, contact fields, content."""
    known = contact_details(people, customers)
    return _with_content(treated(selection, campaign).inner_join(known, "customer_id"), content)


def _with_content(people: ir.Table, content: ir.Table | None) -> ir.Table:
    return people if content is None else people.left_join(content, "customer_id").drop("customer_id_right")
