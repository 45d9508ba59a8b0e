"""The ledgers as the gate needs them: read with every row taken into account, by the accounts they mean."""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.build import customer_base
from segmentation_pipeline.identity.reachable import reachable
from segmentation_pipeline.privacy.accounts import accounts, with_unused_rows, without_unused_rows
from segmentation_pipeline.privacy.answered import answered_rows
from segmentation_pipeline.privacy.by_key import Stage, named_by_key, names_an_address
from segmentation_pipeline.privacy.erased import erased_withdrawals
from segmentation_pipeline.privacy.ledger import (
    EndOfDay,
    consent_events,
    current_restrictions,
    current_suppressions,
    stop_when_nobody_is_named,
    without_time_of_day,
)
from segmentation_pipeline.privacy.named import at_their_addresses, granted_accounts, named_accounts, with_forms
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.privacy.unmatched import stop_when_keys_differ, unmatched_opt_outs
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.values.ledger_words import GRANTED, WITHDRAWN

LEDGERS = ("consents", "suppressions", "restrictions")


def ledger_tables(config: Config, *ledgers: str) -> list[str]:
    """What is read of those of ``ledgers`` that are configured: every row, and the records that could not be split."""
    configured = [name for name in ledgers if config.has(name)]
    return [table for name in configured for table in (tables.validated(name), tables.malformed(name))]


def every_account(run: RunContext, held: ExitStack) -> ir.Table:
    """Every account there is, also of people who are left out of segments: what ledgers are matched with."""
    engine, config = run.engine, run.config
    people = engine.table(tables.clean("customers")) if config.has("customers") else None
    everybody = customer_base(engine.table(tables.clean("orders")), people)
    return accounts_to_match(run, accounts_of(run, everybody), held)


def accounts_to_match(run: RunContext, everybody: ir.Table, held: ExitStack) -> ir.Table:
    """``accounts_of`` with every form in which a ledger may name one of them."""
    return with_forms(everybody, _stage(run, held))


def accounts_of(run: RunContext, everybody: ir.Table) -> ir.Table:
    """``privacy.accounts.accounts`` of the ids in ``everybody`` and of all who have an address, ``with_unused_rows``."""
    engine, config = run.engine, run.config
    has_people, places = config.has("customers"), _places_are_named(run)
    found = accounts(
        everybody,
        engine.table(tables.CUSTOMER_IDENTITY) if config.has("identities") else None,
        *reachable(engine, config),
        places=places,
    )
    return with_unused_rows(found, engine.table(tables.validated("customers")) if has_people else None, places=places)


def _stage(run: RunContext, held: ExitStack) -> Stage:
    return lambda table: held.enter_context(run.engine.staged(table))


def _places_are_named(run: RunContext) -> bool:
    """Whether a campaign, a row of a ledger or an erasure needs postal addresses: to compare them takes time."""
    engine, config, stones = run.engine, run.config, run.tombstones
    if stones is not None and Kind.PLACE in stones.kinds:
        return True
    if any(campaign.channel == "post" for campaign in config.campaigns.values()):
        return True
    ledgers = [engine.table(tables.validated(name)) for name in LEDGERS if config.has(name)]
    return any(engine.count(ledger.filter(ledger.street.notnull())) for ledger in ledgers)


class Ledger:
    """The rows of a ledger nobody has answered for, and the accounts they mean."""

    def __init__(self, run: RunContext, source: str) -> None:
        engine, privacy = run.engine, run.config.privacy
        self._run, self._engine, self._privacy, self._source = run, engine, privacy, source
        answers = privacy.answers_for(source)
        answered = answered_rows(engine, source, answers)
        rows, lines = engine.table(tables.validated(source)), engine.table(tables.malformed(source))
        self.rows = rows.anti_join(answered, ["_file", "_row"]) if answers else rows
        self._malformed = lines.anti_join(answered, ["_file", "_row"]) if answers else lines

    def stop_when_nobody_is_named(self, named: ir.Table, *, lines: bool = True) -> None:
        """``lines``: those that could not be split may be such noes too."""
        if self._privacy.nameless_opt_outs == "stop":
            malformed = self._malformed if lines else self._malformed.limit(0)
            stop_when_nobody_is_named(self._engine, self._source, named, malformed)

    def matched(self, named: ir.Table, everybody: ir.Table, held: ExitStack) -> ir.Table:
        """``named`` by the accounts they mean."""
        stage = _stage(self._run, held)
        by_key, others = named_by_key(named, everybody, stage)
        if not self._engine.count(others):
            return by_key
        return stage(by_key.union(named_accounts(others, everybody, stage), distinct=True))

    def noes(self, named: ir.Table, everybody: ir.Table, held: ExitStack, unmatched: str = tables.UNMATCHED_OPT_OUTS) -> ir.Table:
        """``named`` by the accounts they mean; those that mean nobody go to the table ``unmatched``."""
        engine, source = self._engine, self._source
        self.stop_when_nobody_is_named(named)
        matched = self.matched(named, everybody, held)
        stop_when_keys_differ(engine, source, named, matched, accepted=self._privacy.unmatched_opt_outs == "warn")
        lost = unmatched_opt_outs(named, matched, self._malformed, source, self._run.as_of)
        engine.replace_slice(unmatched, lost, {"source": source})
        return at_their_addresses(matched, everybody, _stage(self._run, held))


def consents_by_account(run: RunContext, everybody: ir.Table, held: ExitStack) -> ir.Table | None:
    """The consent events that count, by the accounts they count for, erasures among them; None without the source."""
    engine, config = run.engine, run.config
    stones = run.tombstones
    barred = None if stones is None else erased_withdrawals(engine, everybody, stones, held)
    if not config.has("consents"):
        return barred if config.privacy.consent == "not_required" else None
    ledger = Ledger(run, "consents")
    events = consent_events(ledger.rows, run.as_of, config.privacy.purposes, end_of_day(run))
    events = held.enter_context(engine.staged(events))
    noes = ledger.noes(events.filter(events.status == WITHDRAWN), everybody, held)
    grants = events.filter(events.status == GRANTED)
    if engine.count(grants.filter(names_an_address(grants))):
        grants = granted_accounts(grants, without_unused_rows(everybody), _stage(run, held))
    said = grants.union(noes)
    if barred is None:
        return said
    # An erasure names accounts; what else an event may name is empty.
    kinds = said.schema().items()
    return said.union(barred.select(**{n: barred[n].cast(kind) if n in barred.columns else ibis.null(kind) for n, kind in kinds}))


def end_of_day(run: RunContext) -> EndOfDay:
    """``without_time_of_day`` in the zone of the consents."""
    zone = run.config.sources["consents"].timezone or run.config.pipeline.business.timezone
    return without_time_of_day(run.engine, zone)


def suppressions_by_account(run: RunContext, everybody: ir.Table, held: ExitStack) -> ir.Table | None:
    """The suppressed accounts and the restricted ones, whose address is nobody's to write to; None without either source."""
    readers = {"suppressions": current_suppressions, "restrictions": current_restrictions}
    found: ir.Table | None = None
    for source, read in readers.items():
        if run.config.has(source):
            ledger = Ledger(run, source)
            named = held.enter_context(run.engine.staged(read(ledger.rows, run.as_of)))
            noes = ledger.noes(named, everybody, held)
            found = noes if found is None else found.union(noes)
    return found
