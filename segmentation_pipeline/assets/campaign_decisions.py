"""The campaigns of a day decided together: who contends, what lists that stay take, and what was decided of each person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.audience_lists import campaigns_of_day, schema_of
from segmentation_pipeline.campaigns.caps import CapRules
from segmentation_pipeline.campaigns.contactable import coverage_purpose
from segmentation_pipeline.campaigns.contacts_of_day import ContactsOfDay
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.decision import Contender, Spent, Write, decide
from segmentation_pipeline.campaigns.decisions import audience_overlap, campaign_decisions
from segmentation_pipeline.campaigns.gate import BindCalculation, judge
from segmentation_pipeline.campaigns.lists import AudienceList
from segmentation_pipeline.campaigns.stored import bring_up_to_date
from segmentation_pipeline.config.schema import Campaign
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.campaign_tables import AUDIENCE_OVERLAP_COLUMNS, CAMPAIGN_DECISIONS_COLUMNS
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.run_context import RunContext, StepResult
from segmentation_pipeline.segmentations.rule_binding import bound_calculations, bound_rules


@dataclass(frozen=True, slots=True)
class CampaignsOfDay:
    """All campaigns of a run with what is known of people, ``known``, and for one campaign, ``known_for``."""

    run: RunContext
    held: ExitStack
    known: Ledgers
    known_for: Callable[[str, Campaign], Ledgers]

    def decide(self, write: Write) -> list[Spent]:
        """Write the selection of each campaign; what each came to."""
        engine, config = self.run.engine, self.run.config

        def places(channel: str) -> ir.Table:
            return self.known.standing(channel, coverage_purpose(channel), config.privacy).select("customer_id", "address")

        day = ContactsOfDay(engine, places, self.held)
        stay = lists_that_stay(self.run)
        positions = {name: at for at, name in enumerate(config.campaigns_by_priority)}
        for name, listed in stay.items():
            rows = _recorded(self.run, listed)
            contacted = rows.filter(rows.arm != Arm.HOLDOUT.value)
            position, key = ibis.literal(positions[name], "int32").cast("int64"), ibis.literal(config.campaign_key(name))
            day.add(contacted.mutate(position=position, campaign=key))
        return decide(engine, config.decision, self._contenders(set(stay)), self.known.past_contacts, day, write, self.held)

    def _contenders(self, stay: set[str]) -> list[Contender]:
        run, config = self.run, self.run.config
        profile = run.engine.table(tables.CUSTOMER_PROFILE)
        bind = bound_rules(config, run.as_of)
        caps, of_day = CapRules.of(config), campaigns_of_day(run)
        found = []
        for position, name in enumerate(config.campaigns_by_priority):
            campaign = of_day[name].campaign
            calculate = bound_calculations(config, run.as_of, of_day[name].response)
            context = CampaignContext(name, campaign, config.privacy, run.as_of, decision=config.decision, caps=caps)

            def judged(ledgers: Ledgers, context: CampaignContext = context, calculate: BindCalculation = calculate) -> ir.Table:
                return judge(context, profile, bind, ledgers, calculate)

            found.append(Contender(context, position, self.known_for(name, campaign), judged, made=name not in stay))
        return found


def lists_that_stay(run: RunContext) -> dict[str, AudienceList]:
    """The newest list of the day of each campaign whose list a run leaves as it is."""
    makes, keys = run.audiences_made, run.config.campaign_keys
    names = {run.config.campaign_key(name): name for name in run.config.campaigns}
    found: dict[str, AudienceList] = {}
    for each in sorted(makes.kept, key=lambda each: each.version):
        name = names.get(keys.get(each.campaign, each.campaign))
        if name is not None and name not in makes.versions:
            found[name] = each
    return found


def _recorded(run: RunContext, listed: AudienceList) -> ir.Table:
    """The rows of a list of the day: ``customer_id``, ``channel``, ``arm``."""
    columns = ("customer_id", "channel", "arm")
    if not run.engine.has(tables.CAMPAIGN_AUDIENCES):
        return run.engine.memtable({name: [] for name in columns}, dict.fromkeys(columns, "string"))
    bring_up_to_date(run.engine, tables.CAMPAIGN_AUDIENCES)
    stored = run.engine.table(tables.CAMPAIGN_AUDIENCES)
    mine = (stored.as_of == run.as_of, stored.campaign == listed.campaign, stored.version == listed.version)
    return stored.filter(*mine).select(*columns)


def _outcomes(run: RunContext) -> ir.Table:
    """Who ended where in each campaign; of lists that stay, who is on them."""
    columns = ("customer_id", "campaign", "outcome", "gain")
    selections = run.engine.table(tables.CAMPAIGN_SELECTIONS)
    stay = lists_that_stay(run)
    made = selections.filter(~selections.campaign.isin(sorted(stay))) if stay else selections
    parts = [made.select(*columns)]
    for name, listed in stay.items():
        rows = _recorded(run, listed)
        gains = selections.filter(selections.campaign == name).select("customer_id", "gain")
        of_list = rows.left_join(gains, "customer_id")
        parts.append(
            of_list.select("customer_id", "gain", campaign=ibis.literal(name), outcome=_outcome(of_list.arm)).select(*columns)
        )
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _outcome(arm: ir.StringValue) -> ir.StringValue:
    return cast(ir.StringValue, (arm == Arm.HOLDOUT.value).ifelse(Arm.HOLDOUT.value, Arm.TREATMENT.value))


def _rows_of_day(run: RunContext, table: str, fresh: ir.Table, columns: Sequence[str], concerned: ir.Table | None) -> StepResult:
    """Write the day's rows anew where its lists are made.  Where a list of a frozen day is made again, only the rows of
    those it is about (``concerned``, None = all); else the rows stay."""
    engine, as_of, makes = run.engine, run.as_of, run.audiences_made
    if not engine.has(table):
        engine.write(table, fresh.filter(False))
    stored = engine.table(table)
    today = stored.filter(stored.as_of == as_of)
    if run.audiences_left is None:
        engine.replace_slice(table, fresh.select(*columns), {"as_of": as_of})
    elif makes.versions and concerned is not None:
        rows = fresh.semi_join(concerned, "customer_id").select(*columns)
        engine.replace_slice(table, today.anti_join(concerned, "customer_id").select(*columns).union(rows), {"as_of": as_of})
    elif makes.versions:
        engine.replace_slice(table, fresh.select(*columns), {"as_of": as_of})
    stored = engine.table(table)
    return StepResult(engine.count(stored.filter(stored.as_of == as_of)))


def decision_rows(run: RunContext) -> StepResult:
    """``campaigns.campaign_decisions`` of the day."""
    config = run.config
    competing = [name for name in config.campaigns_by_priority if config.campaigns[name].competes]
    fresh = campaign_decisions(_outcomes(run), competing, run.as_of)
    schema = schema_of(CAMPAIGN_DECISIONS_COLUMNS)
    selections = run.engine.table(tables.CAMPAIGN_SELECTIONS)
    concerned = selections.filter(selections.campaign.isin(sorted(run.audiences_made.versions) or [""]))
    result = _rows_of_day(
        run, tables.CAMPAIGN_DECISIONS, fresh.cast(schema), [*schema], concerned.select("customer_id").distinct()
    )
    stored = run.engine.table(tables.CAMPAIGN_DECISIONS)
    today = stored.filter(stored.as_of == run.as_of)
    [counts] = run.engine.rows(today.agg(contacted=(today.contacts > 0).sum(), wanted=today.runner_up.notnull().sum()))
    numbers: dict[str, int | float | str] = {
        "contacted": int(counts["contacted"] or 0),
        "wanted by another too": int(counts["wanted"] or 0),
    }
    return replace(result, numbers=numbers)


def overlap_rows(run: RunContext) -> StepResult:
    """``campaigns.audience_overlap`` of the day."""
    schema = schema_of(AUDIENCE_OVERLAP_COLUMNS)
    fresh = audience_overlap(_outcomes(run), run.as_of).select(*schema).cast(schema)
    return _rows_of_day(run, tables.AUDIENCE_OVERLAP, fresh, [*schema], None)
