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

_CONTACT = ["customer_id", "trigger_on"]


def followed(known: ir.Table, logged: ir.Table | None, key: str, step: DependsOn, orders: ir.Table, as_of: date) -> ir.Table:
    """customer_id and ``trigger_on``: the day of the contact, of those whom the step follows.

    ``known`` is ``pressure.contacts`` and ``logged`` what the contact log alone says; ``key`` is that of the campaign it depends
    on, ``orders`` the completed orders by person up to ``as_of``.  An order since is one of a later day than the contact, for
    a list is made at the end of its day; where the contact log tells the day, also one of that day.  Of the rule of a step
    nothing is asked here.
    """
    contacted = _contacted(known, key, step, as_of)
    if step.since not in ("ordered", "not_ordered"):
        return contacted
    first, _ = step.event_days(as_of)
    bought = orders.filter(orders.event_date >= ibis.literal(first)).select(buyer="customer_id", bought_on="event_date")
    later = [contacted.customer_id == bought.buyer, bought.bought_on > contacted.trigger_on]
    buyers = contacted.semi_join(bought, later)
    if logged is not None:
        told = _contacted(logged, key, step, as_of)
        on_its_day = bought.select(customer_id="buyer", trigger_on="bought_on")
        buyers = buyers.union(told.semi_join(on_its_day, _CONTACT))
    return contacted.semi_join(buyers, _CONTACT) if step.since == "ordered" else contacted.anti_join(buyers, _CONTACT)


def _contacted(known: ir.Table, key: str, step: DependsOn, as_of: date) -> ir.Table:
    """customer_id and the last of the days asked for on which the campaign contacted them."""
    first, last = step.event_days(as_of)
    theirs = known.filter(known.campaign == key, known.arm != Arm.HOLDOUT.value, known.event_date.between(first, last))
    return theirs.group_by("customer_id").agg(trigger_on=theirs.event_date.max())
