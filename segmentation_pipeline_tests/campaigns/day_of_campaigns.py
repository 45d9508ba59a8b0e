"""Several campaigns decided on one day: a small world in Python rows, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.campaigns.arms import first_drawn
from segmentation_pipeline.campaigns.caps import CapRules
from segmentation_pipeline.campaigns.contacts_of_day import ContactsOfDay
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.decision import Contender, Spent, decide
from segmentation_pipeline.campaigns.gate import judge
from segmentation_pipeline.campaigns.pressure import contacts, own_contacts
from segmentation_pipeline.config.schema import Campaign, Config, Decision, PipelineConfig, PrivacyConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.accounts import ADDRESS, compared_address
from segmentation_pipeline_tests.campaigns import shop

PRIVACY = PrivacyConfig(salt="test-salt-1", consent="not_required", consent_not_required_reason="test")
ENGINE = DuckDBEngine(None)


@dataclass(frozen=True)
class Shop:
    """``people``: a row per customer with columns that rules, ranks and values name; ``addresses``: who shares which mailbox;
    ``sent``: rows of earlier lists (campaign, customer, arm, day, channel); ``drawn``: of those of campaigns with strata
    (campaign, customer, arm, stratum, day)."""

    people: Sequence[Mapping[str, Any]]
    campaigns: Mapping[str, Campaign]
    decision: Decision = field(default_factory=Decision)
    addresses: Mapping[str, str] = field(default_factory=dict)
    sent: Sequence[tuple[str, str, str, date, str]] = ()
    drawn: Sequence[tuple[str, str, str, str, date]] = ()
    as_of: date = shop.AS_OF

    @property
    def config(self) -> Config:
        return Config(
            sources={},
            pipeline=PipelineConfig(),
            privacy=PRIVACY,
            segmentations={},
            campaigns=dict(self.campaigns),
            decision=self.decision,
        )

    def accounts(self) -> ir.Table:
        rows = []
        for person in self.people:
            name = person["customer_id"]
            mailbox = self.addresses.get(name, name)
            rows.append((name, name, True, f"{mailbox}@example.com", f"+49{mailbox}", f"street|{mailbox}", None, None))
        return shop.table(shop.ACCOUNT, rows)

    def past(self) -> ir.Table | None:
        if not self.sent:
            return None
        columns = ("campaign", "campaign_key", "kind", "customer_id", "channel", "arm")
        listed = [(day, name, name, "message", customer, channel, arm) for name, customer, arm, day, channel in self.sent]
        lists = shop.table({"as_of": "date"} | dict.fromkeys(columns, "string"), listed)
        return contacts(None, own_contacts(lists, self.accounts(), {}), {})

    def drawn_before(self, name: str, accounts: ir.Table) -> ir.Table | None:
        """Whom the campaign drew on earlier days, as it asks for them."""
        if not self.campaigns[name].stratify_by:
            return None
        rows = [(who, who, arm, stratum, day) for label, who, arm, stratum, day in self.drawn if label == name]
        columns = dict.fromkeys(("customer_id", "account", "arm", "stratum"), "string") | {"as_of": "date"}
        return first_drawn(shop.table(columns, rows), accounts, None, self.campaigns[name].channel)


def calculate(text: str, table: ir.Table) -> ir.FloatingValue:
    """The language of calculations is tested elsewhere: here a value is the name of a column."""
    return table[text].cast("float64")


def profile(world: Shop, engine: Engine) -> ir.Table:
    names = list(dict.fromkeys(name for person in world.people for name in person))
    kinds = {name: "boolean" if name.startswith("in_") else "float64" for name in names}
    kinds |= {"customer_id": "string", "tier": "string"}
    return shop.table(
        {name: kinds[name] for name in names}, [tuple(person.get(name) for name in names) for person in world.people]
    )


@dataclass(frozen=True)
class Outcome:
    """By campaign the row of each customer, and what was spent."""

    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]
    spent: Sequence[Spent]

    def contacted(self, campaign: str) -> set[str]:
        return {name for name, row in self.rows[campaign].items() if row["outcome"] == "treatment"}

    def listed(self, campaign: str) -> set[str]:
        return {name for name, row in self.rows[campaign].items() if row["outcome"] in ("treatment", "holdout")}

    def outcomes(self, campaign: str) -> dict[str, str]:
        return {name: row["outcome"] for name, row in self.rows[campaign].items()}


def decided(world: Shop, engine: Engine = ENGINE) -> Outcome:
    """The day's decision, computed by the engine."""
    config, rows = world.config, {}
    caps = CapRules.of(config)
    with ExitStack() as held:
        everybody = held.enter_context(engine.staged(world.accounts()))
        people = held.enter_context(engine.staged(profile(world, engine)))
        past = world.past()

        @cache
        def places(channel: str) -> ir.Table:
            own = everybody.filter(everybody[ADDRESS[channel]].notnull())
            return held.enter_context(engine.staged(own.select("customer_id", address=compared_address(own, channel))))

        day = ContactsOfDay(engine, places, held)
        contenders = []
        for position, name in enumerate(config.campaigns_by_priority):
            campaign = config.campaigns[name]
            context = CampaignContext(name, campaign, PRIVACY, world.as_of, decision=config.decision, caps=caps)

            def judged(ledgers: Ledgers, context: CampaignContext = context) -> ir.Table:
                return judge(context, people, shop.bind, ledgers, calculate)

            ledgers = Ledgers(everybody, None, None, past, drawn=world.drawn_before(name, everybody))
            contenders.append(Contender(context, position, ledgers, judged))

        def write(name: str, selection: ir.Table) -> None:
            rows[name] = {str(row["customer_id"]): row for row in engine.rows(selection)}

        spent = decide(engine, config.decision, contenders, past, day, write, held)
    return Outcome(rows, spent)


def campaign(name: str, **changes: Any) -> Campaign:
    """One that wants whom column ``in_<name>`` names and ranks by ``rank_<name>``."""
    settings = {"audience": f"in_{name}", "rank_by": f"rank_{name}", "cost_per_contact": Decimal("0.50")}
    return shop.campaign(**(settings | changes))
