"""The stored tables of identity and how a run brings them to its day.

Who is who is made anew each run, of distinct identifiers in a few passes; what it changed is told by
comparing with the last run's, so that only those customers' features are made anew.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.identity import BLOCKED_MERGES_COLUMNS, CUSTOMER_MERGES_COLUMNS, HOUSEHOLDS_COLUMNS
from segmentation_pipeline.contracts.sources.identity import JOINED_BY
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.history.spells import Log, record_day, spells
from segmentation_pipeline.identity.canonical import show_by_customer
from segmentation_pipeline.identity.first_known import update_first_known
from segmentation_pipeline.identity.health import health
from segmentation_pipeline.identity.households import households, shared_homes
from segmentation_pipeline.identity.refused_decisions import refused_decisions
from segmentation_pipeline.identity.resolve import resolve

_LOG = Log(tables.MERGE_CHANGES, tables.MERGE_DAYS)


def update_identity(engine: Engine, config: Config, as_of: date, changes: ChangeSet) -> int:
    """Write ``customer_identity``, ``blocked_merges``, ``households`` and the day's ``identity_health``.

    Reads ``pii.identifiers`` and what speaks against merges; gives the number of customers that go by another's id.  Notes
    in ``changes`` every customer whose own or whose members' id changed.  Raises ``DecisionError`` for a refused decision
    that names nobody.
    """
    identifiers = engine.table(tables.IDENTIFIERS)
    with ExitStack() as held:
        people = engine.table(tables.PII_CUSTOMERS) if config.has("customers") else None
        decisions = engine.table(tables.clean("merge_decisions")) if config.has("merge_decisions") else None
        refused = refused_decisions(engine, config, identifiers, held)
        first_known = update_first_known(engine, config, identifiers)
        found = resolve(engine, identifiers, config.pipeline.identity, held, people, decisions, first_known, refused)
        if changes.since is not None and engine.has(tables.CUSTOMER_IDENTITY):
            changed = _whose_id_changed(found.identity, engine.table(tables.CUSTOMER_IDENTITY))
            engine.write(tables.CHANGED_IDENTITIES, changed)
            changes.note(tables.CUSTOMER_IDENTITY, engine.table(tables.CHANGED_IDENTITIES))
        blocked = found.blocked.mutate(as_of=ibis.literal(as_of))
        engine.write(tables.BLOCKED_MERGES, blocked.select(*(column.name for column in BLOCKED_MERGES_COLUMNS)))
        homes = None if people is None else shared_homes(people, engine.table(tables.clean("customers")))
        together = households(engine, found, homes, config.pipeline.identity.max_customers_per_identifier, held)
        together = together.mutate(as_of=ibis.literal(as_of))
        engine.write(tables.HOUSEHOLDS, together.select(*(column.name for column in HOUSEHOLDS_COLUMNS)))
        engine.replace_slice(tables.IDENTITY_HEALTH, health(found, identifiers, as_of), {"as_of": as_of})
        rows = engine.write(tables.CUSTOMER_IDENTITY, found.identity)
    show_by_customer(engine, config)
    return rows


def update_merges(engine: Engine, as_of: date) -> int:
    """Bring ``customer_merges`` to what it is once ``as_of`` was looked at; the number of its rows.

    To be part of another customer is a stay like that in a segment, so its history is kept the same
    way and is right whatever the order of days.
    """
    identity = engine.table(tables.CUSTOMER_IDENTITY)
    members = identity.select("customer_id", segmentation="joined_by", segment="canonical_customer_id")
    record_day(engine, members, as_of, JOINED_BY, log=_LOG)
    history = spells(engine.table(_LOG.changes), engine.table(_LOG.days))
    merges = history.select(
        "customer_id", canonical_customer_id="segment", joined_by="segmentation", since="valid_from", until="valid_to"
    )
    return engine.write(tables.CUSTOMER_MERGES, merges.select(*(column.name for column in CUSTOMER_MERGES_COLUMNS)))


def _whose_id_changed(now: ir.Table, before: ir.Table) -> ir.Table:
    """customer_id of everybody who goes by another id than before, and of everybody they went and go by.

    The kind they are joined by does not matter.
    """
    then = before.select(customer_before="customer_id", canonical_before="canonical_customer_id")
    both = now.outer_join(then, now.customer_id == then.customer_before)
    changed = both.filter(~both.canonical_customer_id.identical_to(both.canonical_before))
    ids = [changed.customer_id, changed.customer_before, changed.canonical_customer_id, changed.canonical_before]
    everyone = ibis.union(*(changed.select(customer_id=column) for column in ids), distinct=True)
    return everyone.filter(everyone.customer_id.notnull())
