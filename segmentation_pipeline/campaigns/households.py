"""Who is reached with whom: households, and what they are joined to by the addresses they share."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.components import connected_components
from segmentation_pipeline.privacy.accounts import ADDRESS

_HOME = {"customer_id": "string", "household_id": "string"}


def reached_together(
    engine: Engine, households: ir.Table | None, accounts: ir.Table, channels: Collection[str], held: ExitStack
) -> ir.Table:
    """Who shares a household, or an address of one of ``channels``, with others; staged until ``held`` is closed.

    ``households`` is ``identity.households`` (None = not known), ``accounts`` is ``privacy.accounts``.  One row per person who
    shares one of the two: ``customer_id``; ``household_id`` (null = shares an address only); ``unit``: the smallest customer_id
    among all who are linked by households and addresses, over however many persons.  Draws are made by it, so that a mailbox
    of two households is not in two arms.
    """
    own = accounts.filter(accounts.own)
    parts = [
        own.filter(own[column].notnull()).select("customer_id", shared=ibis.literal(f"{column} ") + own[column])
        for column in sorted({ADDRESS[channel] for channel in channels})
    ]
    nobody = ibis.memtable(ibis.schema(_HOME).to_pyarrow().empty_table())
    homes = nobody if households is None else households.select(*_HOME)
    parts.append(homes.select("customer_id", shared=ibis.literal("household ") + homes.household_id))
    everything = ibis.union(*parts)
    hubs = everything.group_by("shared").agg(hub=everything.customer_id.min(), persons=everything.customer_id.nunique())
    star = everything.join(hubs.filter(hubs.persons > 1), "shared")
    edges = star.filter(star.customer_id != star.hub).select(a="hub", b="customer_id").distinct()
    parts = connected_components(engine, held.enter_context(engine.staged(edges)), held)
    found = parts.select(customer_id="node", unit="component").left_join(homes, "customer_id").drop("customer_id_right")
    return held.enter_context(engine.staged(found))
