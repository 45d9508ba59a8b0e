"""The steps of a journey: whom an earlier campaign contacted so many days ago, and what they did since.

Only who was contacted goes on.  Who was drawn for the earlier campaign's holdout enters no later step, so its holdout measures
the whole journey.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import DependsOn
from segmentation_pipeline.contracts.labels import Arm


def followed(known: ir.Table, key: str, step: DependsOn, orders: ir.Table, as_of: date) -> ir.Table:
    """customer_id and ``trigger_on``: the day of the contact, of those whom the step follows.

    ``known`` is ``pressure.contacts``, ``key`` that of the campaign it depends on, ``orders`` the completed orders by person
    up to ``as_of``.  An order since is one of a day after that of the contact: a list is made at the end of its day.  Of the
    rule of a step nothing is asked here.
    """
    first, last = step.event_days(as_of)
    theirs = known.filter(known.campaign == key, known.arm != Arm.HOLDOUT.value, known.event_date.between(first, last))
    contacted = theirs.group_by("customer_id").agg(trigger_on=theirs.event_date.max())
    if step.since not in ("ordered", "not_ordered"):
        return contacted
    bought = orders.filter(orders.event_date > ibis.literal(first)).select(buyer="customer_id", bought_on="event_date")
    since = [contacted.customer_id == bought.buyer, bought.bought_on > contacted.trigger_on]
    return contacted.semi_join(bought, since) if step.since == "ordered" else contacted.anti_join(bought, since)
