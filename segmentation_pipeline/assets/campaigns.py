"""Campaigns: the gate, who was chosen, who stopped where, and the files for the channels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.arms import asks_for_households, drawn_on_other_days, reached_by_whatever
from segmentation_pipeline.assets.audience_lists import (
    audience_files,
    audience_rows,
    funnel_rows,
)
from segmentation_pipeline.assets.campaign_decisions import CampaignsOfDay, decision_rows, overlap_rows
from segmentation_pipeline.assets.due_campaigns import due_of_campaign, due_tables
from segmentation_pipeline.assets.holdout_guards import holdout_results, holdout_rules
from segmentation_pipeline.assets.ledgers import (
    LEDGERS,
    consents_by_account,
    every_account,
    ledger_tables,
    suppressions_by_account,
)
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.campaigns.contactable import CONTACTABLE, contactable_customers, coverage_purpose
from segmentation_pipeline.campaigns.context import Ledgers
from segmentation_pipeline.campaigns.decision import SPENT, Spent
from segmentation_pipeline.campaigns.households import reached_together
from segmentation_pipeline.campaigns.pressure import contacts, own_contacts
from segmentation_pipeline.campaigns.stored import people_of
from segmentation_pipeline.config.schema import Campaign, Config, PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.identity.canonical import contacts_by_customer, personal_table, tables_by_customer
from segmentation_pipeline.ingest.unread_noes import LOOKED_AT, rows_that_say_no, unread_columns
from segmentation_pipeline.privacy.ledger import OptOutError
from segmentation_pipeline.run_context import RunContext, StepResult


def steps(config: Config) -> list[Step]:
    gate = "".join(f" **{setting}**: {reason}." for setting, reason in _loosened(config.privacy))
    people = [*tables_by_customer(config, "customers"), personal_table(config)] if config.has("customers") else []
    return [
        Step(table=tables.CAMPAIGN_SELECTIONS, compute=selections, reads=_selected_from(config), details=gate),
        Step(
            table=tables.CAMPAIGN_AUDIENCES,
            compute=audience_rows,
            reads=[tables.CAMPAIGN_SELECTIONS],
            details=f" No personal data.{gate}",
        ),
        Step(
            table=tables.CAMPAIGN_FUNNEL,
            compute=funnel_rows,
            reads=[
                *(tables.CAMPAIGN_SELECTIONS, tables.CAMPAIGN_SPENDING, tables.CAMPAIGN_AUDIENCES, tables.CUSTOMER_PROFILE),
                *(tables.MODEL_REGISTRY, *tables_by_customer(config, "orders")),
            ],
            thresholds=holdout_results,
            threshold_rules={"can_be_measured": rules} if (rules := holdout_rules(config)) else {},
        ),
        Step(
            table=tables.CAMPAIGN_DECISIONS, compute=decision_rows, reads=[tables.CAMPAIGN_SELECTIONS, tables.CAMPAIGN_AUDIENCES]
        ),
        Step(table=tables.AUDIENCE_OVERLAP, compute=overlap_rows, reads=[tables.CAMPAIGN_SELECTIONS, tables.CAMPAIGN_AUDIENCES]),
        Step(
            table=tables.AUDIENCE_FILES,
            compute=audience_files,
            reads=[tables.CAMPAIGN_SELECTIONS, tables.CUSTOMER_PROFILE, *people],
            after=[tables.CAMPAIGN_AUDIENCES],  # a file that is there has its rows in the record of who was contacted
        ),
    ]


def _selected_from(config: Config) -> list[str]:
    people = [tables.validated("customers"), tables.PII_CUSTOMERS] if config.has("customers") else []
    identity = [tables.CUSTOMER_IDENTITY] if config.has("identities") else []
    identity += [tables.HOUSEHOLDS] if asks_for_households(config) else []
    contacts = [tables.validated("campaign_contacts")] if config.has("campaign_contacts") else []
    ledgers = [*ledger_tables(config, *LEDGERS), tables.UNMATCHED_RESTRICTIONS]
    read = [tables.CUSTOMER_PROFILE, tables.MODEL_REGISTRY, tables.clean("orders"), *people, *identity, *ledgers, *contacts]
    return list(dict.fromkeys([*read, *due_tables(config)]))


def _loosened(privacy: PrivacyConfig) -> list[tuple[str, str | None]]:
    """What the project lets pass that the gate stops elsewhere, with the reason given for it."""
    settings = (
        (privacy.consent == "not_required", "Consent is not required here", privacy.consent_not_required_reason),
        (privacy.nameless_opt_outs == "warn", "Opt-outs that name nobody do not stop", privacy.nameless_opt_outs_reason),
        (privacy.unmatched_opt_outs == "warn", "A ledger that matches nobody does not stop", privacy.unmatched_opt_outs_reason),
        (
            privacy.unread_opt_outs == "warn",
            "A column of opt-outs that nobody reads does not stop",
            privacy.unread_opt_outs_reason,
        ),
    )
    return [(setting, reason) for loosened, setting, reason in settings if loosened]


def _past_contacts(run: RunContext, sent: ir.Table | None, everybody: ir.Table, held: ExitStack) -> ir.Table | None:
    """Who was contacted, as the contact log and the lists of other days tell."""
    engine, config = run.engine, run.config
    keys = config.campaign_keys
    log = contacts_by_customer(engine, config) if config.has("campaign_contacts") else None
    known = contacts(log, None if sent is None else own_contacts(sent, everybody, config.stored_campaign_keys), keys)
    return None if known is None else held.enter_context(engine.staged(known))


def _members(run: RunContext, sent: ir.Table | None, name: str) -> ir.Table | None:
    """Who is on the standing list: both arms of its last list before ``as_of``."""
    if sent is None:
        return None
    key, stored = run.config.campaign_key(name), run.config.stored_campaign_keys
    labels = [key, *(label for label, other in stored.items() if other == key)]
    return sent.filter(sent.campaign_key.isin(labels), sent.as_of < run.as_of).select("customer_id").distinct()


def _with_standing(run: RunContext, known: Ledgers, held: ExitStack) -> Ledgers:
    """``known`` with what was said about people stored, for every channel and purpose that campaigns and coverage ask for."""
    campaigns, privacy = run.config.campaigns.values(), run.config.privacy
    asked: set[tuple[str, str]] = {(campaign.channel, campaign.purpose) for campaign in campaigns}
    asked |= {(campaign.channel, coverage_purpose(campaign.channel)) for campaign in campaigns}
    told = {each: held.enter_context(run.engine.staged(known.standing(*each, privacy))) for each in sorted(asked)}
    return replace(known, stored=told)


def selections(run: RunContext) -> StepResult:
    """``campaigns.campaign_selections`` of the day: who is chosen by each campaign, and where all others stop."""
    engine, config = run.engine, run.config
    # Without campaigns the tables still exist, so that what reads them need not ask.
    engine.write(tables.CAMPAIGN_SELECTIONS, engine.memtable({c: [] for c in _SELECTION}, _SELECTION))
    engine.write(tables.CONTACTABLE_CUSTOMERS, engine.memtable({c: [] for c in CONTACTABLE}, CONTACTABLE))
    engine.write(tables.UNMATCHED_OPT_OUTS, engine.table(tables.UNMATCHED_RESTRICTIONS))
    _note_spending(run, [])
    if not config.campaigns:  # nobody is contacted, so nothing in the ledgers need stop the run
        return StepResult(0, numbers={"campaigns": 0, "consent": config.privacy.consent})
    with ExitStack() as held:
        everybody = every_account(run, held)
        consents = consents_by_account(run, everybody, held)
        suppressions = suppressions_by_account(run, everybody, held)
        # Every campaign asks them.
        consents, suppressions = (
            None if ledger is None else held.enter_context(engine.staged(ledger)) for ledger in (consents, suppressions)
        )
        sent = people_of(engine, run.settings.audiences, run.lists_that_count, held)
        known = _past_contacts(run, sent, everybody, held)

        @cache
        def homes(channel: str) -> ir.Table:
            return reached_together(engine, engine.table(tables.HOUSEHOLDS), everybody, [channel], held)

        known_of_all = Ledgers(everybody, consents, suppressions, known, together=reached_by_whatever(run, everybody, held))
        known_of_all = _with_standing(run, known_of_all, held)
        channels = sorted({campaign.channel for campaign in config.campaigns.values()})
        reached = contactable_customers(engine.table(tables.CUSTOMER_PROFILE), channels, known_of_all, config.privacy)
        engine.write(tables.CONTACTABLE_CUSTOMERS, reached)

        def known_for(name: str, campaign: Campaign) -> Ledgers:
            return replace(
                known_of_all,
                members=_members(run, sent, name) if campaign.kind == "standing" else None,
                households=homes(campaign.channel) if campaign.one_per == "household" else None,
                drawn=drawn_on_other_days(run, name, everybody, homes, held) if campaign.stratify_by else None,
                due=due_of_campaign(run, campaign, known, held),
            )

        spent = CampaignsOfDay(run, held, known_of_all, known_for).decide(
            lambda name, chosen: engine.append(tables.CAMPAIGN_SELECTIONS, chosen.mutate(campaign=ibis.literal(name)))
        )
        _note_spending(run, spent)
        if config.privacy.unread_opt_outs == "stop":
            _stop_at_unread_noes(run, everybody, held)
    return _selected(run, spent)


def _selected(run: RunContext, spent: Sequence[Spent]) -> StepResult:
    """What there is to tell of the selections, of money and of opt-outs that match nobody."""
    engine, config = run.engine, run.config
    rows = engine.count(engine.table(tables.CAMPAIGN_SELECTIONS))
    unmatched = engine.table(tables.UNMATCHED_OPT_OUTS)
    lost = engine.rows(unmatched.group_by("source", "reason").agg(rows=unmatched.count()).order_by("source", "reason"))
    numbers: dict[str, int | float | str] = {"campaigns": len(config.campaigns), "consent": config.privacy.consent}
    numbers |= {f"one more of money would earn: {each.campaign or 'all'}": each.price for each in spent if each.price is not None}
    if lost:
        numbers["opt-outs that match nobody"] = sum(int(row["rows"]) for row in lost)
    return StepResult(rows, numbers=numbers, tables={"opt-outs that match nobody by reason": lost} if lost else {})


def _note_spending(run: RunContext, spent: Sequence[Spent]) -> None:
    """Keep what each campaign came to, for the funnel."""
    columns = {name: [getattr(each, name) for each in spent] for name in SPENT}
    run.engine.write(tables.CAMPAIGN_SPENDING, run.engine.memtable(columns, SPENT))


def _stop_at_unread_noes(run: RunContext, everybody: ir.Table, held: ExitStack) -> None:
    """Raise ``OptOutError`` when somebody was chosen of whom a column that nobody reads says that they do not want it."""
    engine, config = run.engine, run.config
    selections = engine.table(tables.CAMPAIGN_SELECTIONS)
    chosen = selections.filter(selections.outcome.isin([arm.value for arm in Arm]))
    accounts = everybody.select(_account="account", person="customer_id")
    for column in unread_columns(engine, run.settings.root, config):
        customers = engine.table(tables.validated(LOOKED_AT))
        of_channel = [n for n, c in config.campaigns.items() if column.is_of(c.channel)]
        rows = rows_that_say_no(engine, config, column, held)
        named = customers.inner_join(rows, ["_file", "_row"]).select("customer_id", "_row")
        persons = named.inner_join(accounts, named.customer_id == accounts._account)
        asked = chosen.filter(chosen.campaign.isin(of_channel)).select(person="customer_id").distinct()
        found = persons.semi_join(asked, "person")
        [told] = engine.rows(found.agg(people=found.person.nunique(), first=found._row.min()))
        if told["people"]:
            raise OptOutError(
                f"{column.file.name}: by column '{column.column}', which nothing reads, {told['people']} people who would be "
                f"contacted do not want it (the first in record {told['first']}). Say so in a source: map the column as 'status' "
                f"of consents, with 'values', or deliver these people in suppressions. Or, when you have made sure that it means "
                f"something else, set 'unread_opt_outs: warn' and 'unread_opt_outs_reason' in privacy.yaml."
            )


_SELECTION = {
    "campaign": "string",
    "customer_id": "string",
    "outcome": "string",
    "rank": "int64",
    "expected_value": "float64",
    "arm": "string",
    "stratum": "string",
    "gain": "float64",
    "lost_to": "string",
    "reason": "string",
}
