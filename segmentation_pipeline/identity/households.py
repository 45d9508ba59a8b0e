"""People who live together, or at least share a mailbox: a household is a link between persons, never one person."""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.identity import Finding
from segmentation_pipeline.contracts.sources.identity import DECISION
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.components import connected_components
from segmentation_pipeline.identity.resolve import Resolved
from segmentation_pipeline.privacy.addresses import bare_place

_TOGETHER = (
    Finding.FAMILY_ADDRESS,
    Finding.DISTINCT_CUSTOMERS,
    Finding.NEVER_MERGE,
    Finding.REFUSED_DECISION,
    Finding.DIFFERENT_BIRTH_DATES,
    Finding.DIFFERENT_FIRST_NAMES,
)
"""Why people who share an identifier were told apart; what nobody's value joins is no household."""


def households(engine: Engine, found: Resolved, homes: ir.Table | None, largest: int, held: ExitStack) -> ir.Table:
    """customer_id (the person), household_id and ``persons``; a row per person of a household of several.

    Persons belong together who share an identifier of a living person and were not merged, and who have one address and
    family name (``homes``: customer_id, home; ``shared_homes``).  ``household_id`` is the smallest id of its persons.
    What would join more than ``largest`` persons joins none: that is a block of flats or a firm.
    """
    apart = found.blocked.filter(found.blocked.reason.isin([reason.value for reason in _TOGETHER]))
    shared = apart.filter(apart.kind != DECISION).select(account="customer_id", home=ibis._.kind + " " + ibis._.group_id)
    if homes is not None:
        shared = shared.union(homes.select(account="customer_id", home=ibis.literal("place ") + homes.home))
    names = found.identity.select(account="customer_id", canonical="canonical_customer_id")
    named = shared.left_join(names, "account")
    person = ibis.coalesce(named.canonical, named.account)
    persons = held.enter_context(engine.staged(named.select(customer_id=person, home="home").distinct()))
    several = persons.group_by("home").agg(hub=persons.customer_id.min(), persons=persons.count())
    several = several.filter((several.persons > 1) & (several.persons <= largest))
    edges = persons.join(several, "home")
    star = held.enter_context(
        engine.staged(edges.filter(edges.customer_id != edges.hub).select(a="hub", b="customer_id").distinct())
    )
    parts = connected_components(engine, star, held)
    sizes = parts.group_by("component").agg(persons=parts.count())
    kept = parts.join(sizes.filter(sizes.persons <= largest), "component")
    return kept.select(customer_id="node", household_id="component", persons=kept.persons.cast("int64"))


def shared_homes(people: ir.Table, customers: ir.Table) -> ir.Table:
    """customer_id and ``home``: street, postal code, town and family name, of whoever told all of them.

    ``people`` is ``pii.customers``, ``customers`` is ``clean.customers``.
    """
    both = people.join(customers.select("customer_id", "city"), "customer_id")
    parts = [bare_place(both[name]) for name in ("street", "postal_code", "city", "last_name")]
    told = both.select("customer_id", home=parts[0] + "|" + parts[1] + "|" + parts[2] + "|" + parts[3])
    return told.filter(told.home.notnull())
