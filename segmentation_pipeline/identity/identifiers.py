"""Identifiers as received to identifiers that are equal when they mean the same; they stay in schema ``pii``."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.text import Form, in_form
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.phone import e164
from segmentation_pipeline.identity.placeholders import is_placeholder
from segmentation_pipeline.privacy.addresses import normalised_email


def write_identifiers(engine: Engine, config: Config, changes: ChangeSet) -> int:
    """Make ``pii.identifiers`` of the identities known on the day; the number of rows.

    A row is a customer and an identifier: customer_id; kind; ``register``: within which the value names
    one thing, the kind or, for customer keys, the system; ``value``: normalised, null = unreadable;
    ``seen_on`` (DATE): first day a system knew the customer by it.

    E-mail addresses are trimmed and lower-case, also before the @, where mail servers may but never do
    tell capitals apart; telephone numbers are E.164; cards lose blanks and dashes; cards and keys are upper-case.
    What can be none of these but stands for none (``n/a``) stays as it was typed; ``resolve`` joins nobody by it.
    """
    records = _records(engine, config)
    columns = ("customer_id", "kind", "system", "region", "event_date", "identifier")
    # Computed once: what is asked of a key below would otherwise be asked of how it is made, again and again.
    with engine.staged(records.select(*columns, key=in_form(records.identifier, Form.KEY))) as records:
        _read_phone_numbers(engine, records, changes)
        named = _valued(records, engine.table(tables.PHONE_NUMBERS), config)
        found = named.group_by("customer_id", "kind", "register", "value").agg(seen_on=named.event_date.min())
        return engine.write(tables.IDENTIFIERS, found)


def _valued(records: ir.Table, numbers: ir.Table, config: Config) -> ir.Table:
    """The records with ``register`` and ``value``."""
    read = records.left_join(numbers, ["identifier", "region"])
    key = cast(ir.StringValue, read.key)
    value = ibis.cases(
        (read.kind == "email", normalised_email(cast(ir.StringValue, read.identifier))),
        (read.kind == "phone", read.e164),
        (read.kind == "loyalty_card", key.re_replace(r"[\s-]+", "").upper().nullif("")),
        else_=key.upper(),
    )
    # What was never an address or a number but is a usual way to say so is kept, to be told.
    typed = key.lower()
    stands_for_none = is_placeholder(read.kind, typed, config.pipeline.identity.placeholders)
    value = ibis.coalesce(value, ibis.ifelse(stands_for_none, typed, ibis.null("string")))
    register = ibis.ifelse(read.kind == "customer_key", read.kind + " " + read.system.lower(), read.kind)
    return read.select("customer_id", "kind", register=register, value=value, event_date=read.event_date)


def _records(engine: Engine, config: Config) -> ir.Table:
    """The records that have an identifier, with the region their telephone numbers are dialled in."""
    identities, personal = engine.table(tables.clean("identities")), engine.table(tables.PII_IDENTITIES)
    records = identities.join(personal.select("record_id", "identifier"), "record_id")
    records = records.filter(records.identifier.notnull())
    default = ibis.literal(config.pipeline.identity.default_region or "")
    if not config.has("customers"):
        return records.mutate(region=default)
    customers = engine.table(tables.clean("customers"))
    country = customers.country.upper()
    places = customers.select("customer_id", region=ibis.ifelse(country.re_search("^[A-Z]{2}$"), country, ibis.null("string")))
    placed = records.left_join(places, "customer_id").drop("customer_id_right")
    return placed.mutate(region=placed.region.fill_null(default))


def _read_phone_numbers(engine: Engine, records: ir.Table, changes: ChangeSet) -> None:
    """Bring ``pii.phone_numbers`` (identifier, region, e164) to the numbers there are; only new ones are read.

    A program or library that reads numbers otherwise makes everything anew, see ``ChangeSet.since``.
    """
    wanted = records.filter(records.kind == "phone").select("identifier", "region").distinct()
    known = engine.table(tables.PHONE_NUMBERS) if changes.since is not None and engine.has(tables.PHONE_NUMBERS) else None
    number = ["identifier", "region"]
    with engine.staged(wanted if known is None else wanted.anti_join(known, number)) as unread:
        read = unread.mutate(e164=e164(unread.identifier, unread.region))
        engine.write(tables.PHONE_NUMBERS, read if known is None else read.union(known.semi_join(wanted, number)))
