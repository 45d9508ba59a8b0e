"""The ledgers as the gate needs them: read with every row taken into account, by the accounts they mean."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.privacy.accounts import accounts, named_accounts
from segmentation_pipeline.privacy.erased import erased_withdrawals
from segmentation_pipeline.privacy.ledger import (
    GRANTED,
    WITHDRAWN,
    consent_events,
    stop_when_nobody_is_named,
    suppressed_customers,
    without_time_of_day,
)
from segmentation_pipeline.privacy.unmatched import stop_when_keys_differ, unmatched_opt_outs
from segmentation_pipeline.session import Session


def every_account(session: Session) -> ir.Table:
    """``privacy.accounts.accounts`` of the project."""
    engine, config = session.engine, session.config
    has_people = config.has("customers")
    return accounts(
        engine.table(tables.CUSTOMER_PROFILE),
        engine.table(tables.CUSTOMER_IDENTITY) if config.has("identities") else None,
        engine.table(tables.PII_CUSTOMERS) if has_people else None,
        engine.table(tables.clean("customers")) if has_people else None,
        {campaign.channel for campaign in config.campaigns.values()},
    )


def _noes(session: Session, source: str, named: ir.Table, everybody: ir.Table, as_of: date, held: ExitStack) -> ir.Table:
    """The noes of a ledger by the accounts they mean; those that mean nobody go to ``unmatched_opt_outs``."""
    engine, privacy = session.engine, session.config.privacy
    malformed = engine.table(tables.malformed(source))
    if privacy.nameless_opt_outs == "stop":
        stop_when_nobody_is_named(engine, source, named, malformed)
    matched = held.enter_context(engine.staged(named_accounts(named, everybody)))
    if privacy.unmatched_opt_outs == "stop":
        stop_when_keys_differ(engine, source, named, matched)
    engine.append(tables.UNMATCHED_OPT_OUTS, unmatched_opt_outs(named, matched, malformed, source, as_of))
    return matched


def consents_by_account(session: Session, everybody: ir.Table, as_of: date, held: ExitStack) -> ir.Table | None:
    """The consent events that count, grants as received and noes by account, erasures among them; None without the source."""
    engine, config = session.engine, session.config
    stones = session.tombstones
    barred = None if stones is None else erased_withdrawals(engine, everybody, stones, held)
    if not config.has("consents"):
        return barred if config.privacy.consent == "not_required" else None
    zone = config.sources["consents"].timezone or config.pipeline.business.timezone
    judged = engine.table(tables.judged("consents"))
    events = consent_events(judged, as_of, config.privacy.purposes, without_time_of_day(engine, zone))
    events = held.enter_context(engine.staged(events))
    noes = _noes(session, "consents", events.filter(events.status == WITHDRAWN), everybody, as_of, held)
    said = events.filter(events.status == GRANTED).union(noes)
    return said if barred is None else said.union(barred.select(*said.columns).cast(dict(said.schema())))


def suppressions_by_account(session: Session, everybody: ir.Table, as_of: date, held: ExitStack) -> ir.Table | None:
    """The suppressed accounts; None without the source."""
    if not session.config.has("suppressions"):
        return None
    listed = suppressed_customers(session.engine.table(tables.judged("suppressions")))
    return _noes(session, "suppressions", listed, everybody, as_of, held)
