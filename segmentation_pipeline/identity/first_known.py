"""Since when each customer is known: what decides by whose id a person goes.

A record that comes late says what happened years ago; whoever it is about was not known then, and must not
give another name to a person who has one.  So what was known is written down once and never changed.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine

_SCHEMA = {"customer_id": "string", "known_on": "date", "seen_on": "date"}


def update_first_known(engine: Engine, config: Config, identifiers: ir.Table) -> ir.Table:
    """Add to ``identity.first_known`` the customers of the day that are not in it; the table.

    A row is a customer: ``seen_on``, the day an identifier or decision first named it, or on which it signed up if
    that is later; ``known_on``, the same, unless a day not before it had been looked at already without the
    customer: then it came late, and is known from the day after the last that was.  Files that stay the same give the
    same rows in whatever order days are run, for no day ever lacked a customer it should have had.
    """
    named = _named_on(engine, config, identifiers)
    if not engine.has(tables.FIRST_KNOWN):
        engine.write(tables.FIRST_KNOWN, named.select("customer_id", known_on="seen_on", seen_on="seen_on"))
        return engine.table(tables.FIRST_KNOWN)
    new = named.anti_join(engine.table(tables.FIRST_KNOWN), "customer_id")
    known_on = new.seen_on
    looked_at = _last_day(engine)
    if looked_at is not None:
        late = ibis.literal(looked_at).cast("date")
        known_on = ibis.ifelse(new.seen_on <= late, late + ibis.interval(days=1), new.seen_on).cast("date")
    with engine.staged(new.mutate(known_on=known_on).select(*_SCHEMA)) as rows:
        if engine.count(rows):
            engine.append(tables.FIRST_KNOWN, rows)
    return engine.table(tables.FIRST_KNOWN)


def _named_on(engine: Engine, config: Config, identifiers: ir.Table) -> ir.Table:
    """customer_id and seen_on of every customer an identifier or a decision names."""
    mentions = [identifiers.select("customer_id", "seen_on")]
    if config.has("merge_decisions"):
        decisions = engine.table(tables.clean("merge_decisions"))
        mentions += [decisions.select(customer_id=name, seen_on="event_date") for name in ("customer_id", "other_customer_id")]
    everything = ibis.union(*mentions) if len(mentions) > 1 else mentions[0]
    first = everything.group_by("customer_id").agg(seen_on=everything.seen_on.min())
    if not config.has("customers"):
        return first
    signed_up = engine.table(tables.clean("customers")).select("customer_id", signed_up_on="event_date")
    both = first.left_join(signed_up, "customer_id")
    # Records of somebody who signs up after a day wait that day out, whenever they were made.
    later = ibis.greatest(both.seen_on, both.signed_up_on.fill_null(both.seen_on))
    return both.select(customer_id=first.customer_id, seen_on=later)


def _last_day(engine: Engine) -> object:
    """The last day whose merges were recorded; None before the first."""
    if not engine.has(tables.MERGE_DAYS):
        return None
    days = engine.table(tables.MERGE_DAYS)
    return engine.rows(days.agg(last=days.as_of.max()))[0]["last"]
