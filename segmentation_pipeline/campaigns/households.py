"""Who is reached with whom: households, and what they are joined to by the addresses they share."""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.components import connected_components
from segmentation_pipeline.privacy.accounts import ADDRESS


def reached_together(engine: Engine, households: ir.Table, accounts: ir.Table, channel: str, held: ExitStack) -> ir.Table:
    """Who shares a household, or an address of ``channel``, with others; staged until ``held`` is closed.

    ``households`` is ``identity.households``, ``accounts`` is ``privacy.accounts``.  One row per person who shares one of the
    two: ``customer_id``; ``household_id`` (null = shares an address only); ``unit``: the smallest customer_id among all who
    are linked by households and addresses, over however many persons.  Draws are made by it, so that a mailbox of two
    households is not in two arms.
    """
    homes = households.select("customer_id", "household_id")
    column = accounts[ADDRESS[channel]]
    placed = accounts.filter(accounts.own, column.notnull()).select("customer_id", shared=ibis.literal("address ") + column)
    in_homes = homes.select("customer_id", shared=ibis.literal("household ") + homes.household_id)
    everything = placed.union(in_homes)
    hubs = everything.group_by("shared").agg(hub=everything.customer_id.min(), persons=everything.customer_id.nunique())
    star = everything.join(hubs.filter(hubs.persons > 1), "shared")
    edges = star.filter(star.customer_id != star.hub).select(a="hub", b="customer_id").distinct()
    parts = connected_components(engine, held.enter_context(engine.staged(edges)), held)
    found = parts.select(customer_id="node", unit="component").left_join(homes, "customer_id").drop("customer_id_right")
    return held.enter_context(engine.staged(found))
