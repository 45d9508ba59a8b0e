"""Who is contacted by which campaign, where several want the same person, address or money.

Arms are drawn before anything is decided.  A campaign's holdout are those whom it would contact, by the same rule, were they
in its treatment; a person in it is free for others.  So both arms of every campaign meet the same other campaigns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.contacts_of_day import ContactsOfDay, without_taken
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import chosen_alone, in_arms, outcome_of, ranked, selection, within_limit
from segmentation_pipeline.campaigns.money import Purse
from segmentation_pipeline.campaigns.sharing import shared_by_value
from segmentation_pipeline.campaigns.within_limits import Share
from segmentation_pipeline.config.schema import Decision
from segmentation_pipeline.contracts.labels import Arm, FunnelStep
from segmentation_pipeline.engine.base import Engine

Write = Callable[[str, ir.Table], None]
"""Stores the selection of a campaign."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A campaign of the day; ``judge`` gives ``gate.judge`` of it when told what is known of people, ``ledgers``.

    ``position`` is its place in the order of priority; ``made``: False for one whose list of the day stays as it is: what
    it contacts is known beforehand.
    """

    context: CampaignContext
    position: int
    ledgers: Ledgers
    judge: Callable[[Ledgers], ir.Table]
    made: bool = True

    @property
    def name(self) -> str:
        return self.context.name

    def judged(self, counted: ir.Table | None) -> ir.Table:
        """Whom its gate lets pass when caps count these contacts, with the arm of each."""
        return in_arms(self.judge(replace(self.ledgers, counted=counted)), self.context, self.ledgers)

    def selection(self, decided: ir.Table) -> ir.Table:
        """What is stored of the people it was decided about."""
        return selection(decided, self.context, has_ledger=self.ledgers.consents is not None)

    @property
    def competes(self) -> bool:
        return self.context.campaign.competes


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign of the day came to; ``price``: what one more unit of money would earn, None = not known.

    ``campaign`` None is all of them together.
    """

    campaign: str | None
    contacts: int
    spent: float
    budget: float | None
    price: float | None = None


SPENT = {"campaign": "string", "contacts": "int64", "spent": "float64", "budget": "float64", "price": "float64"}
"""The rows of ``campaigns.campaign_spending``: of ``Spent``."""


def decide(
    engine: Engine,
    decision: Decision,
    contenders: Sequence[Contender],
    past: ir.Table | None,
    day: ContactsOfDay,
    write: Write,
    held: ExitStack,
) -> list[Spent]:
    """Write the selection of every campaign and tell what was spent.

    ``contenders`` are in the order of priority; ``past`` are the contacts of other days; ``day`` holds the contacts of lists
    of the day that stay.  ``by: each`` and ``priority`` go through the campaigns in that order: what one contacts, the next
    ones count; ``value`` shares people out at once.
    """
    apart = decision.by == "each" and not decision.caps and decision.budget is None
    apart = apart and all(each.context.campaign.budget is None for each in contenders)
    for each in contenders:
        if apart or not each.competes:
            _write_alone(each, write)
    competing = [each for each in contenders if each.competes]
    if apart or not competing:
        return []
    purse = Purse(decision.budget)
    for each in competing:
        if not each.made:
            today = day.table
            mine = today.filter(today.position == each.position)
            purse.pay(each.name, each.context.campaign, engine.count(mine))
    if decision.by == "value":
        return _by_value(engine, competing, past, day, purse, write, held)
    for each in competing:
        _in_turn(engine, decision, each, competing, past, day, purse, write)
    return told(competing, purse, day, engine)


def _write_alone(each: Contender, write: Write) -> None:
    write(each.name, each.selection(chosen_alone(each.judge(each.ledgers), each.context, each.ledgers)))


def _in_turn(
    engine: Engine,
    decision: Decision,
    each: Contender,
    competing: Sequence[Contender],
    past: ir.Table | None,
    day: ContactsOfDay,
    purse: Purse,
    write: Write,
) -> None:
    context = each.context
    # Where they compete, whom another campaign contacts today is lost to it; where they do not, the caps count it.
    judged = each.judged(past if decision.by == "priority" else day.with_those_before(past, context.as_of))
    if decision.by == "priority":
        taken = day.taken(context, each.position, each.ledgers.households)
        judged = without_taken(judged, taken, names_of(competing))
    else:
        judged = judged.mutate(lost_to=ibis.null("string"))
    validated = within_limit(ranked(judged, context), context)
    outcome = outcome_of(validated)
    most = purse.contacts(each.name, context.campaign)
    with engine.staged(validated.mutate(outcome=_paid(validated, outcome, most))) as decided:
        write(each.name, each.selection(decided))
        if each.made:
            contacted = decided.filter(is_contacted(decided.outcome)).select("customer_id")
            day.add(contacts_of(each, contacted))
            if context.campaign.cost_per_contact:
                purse.pay(each.name, context.campaign, engine.count(contacted))


def is_contacted(outcome: ir.StringValue) -> ir.BooleanValue:
    """Whether an outcome is to be contacted, in whatever arm."""
    return cast(ir.BooleanValue, outcome == Arm.TREATMENT.value)


def contacts_of(each: Contender, people: ir.Table) -> ir.Table:
    """``people`` (customer_id) as contacts of the day by a campaign."""
    return people.select(
        "customer_id",
        position=ibis.literal(each.position, "int32").cast("int64"),
        campaign=ibis.literal(each.context.key),
        channel=ibis.literal(each.context.campaign.channel),
    )


def names_of(contenders: Sequence[Contender]) -> Mapping[int, str]:
    """What a campaign is called, by position."""
    return {each.position: each.name for each in contenders}


def _paid(validated: ir.Table, outcome: ir.StringValue, most: int | None) -> ir.StringValue:
    """``outcome`` with those beyond the money stopped: in the order of rank so many are contacted; who is in the holdout is
    in it where they would have been paid for in the treatment."""
    if most is None:
        return outcome
    costs = is_contacted(outcome).cast("int64")
    before = (
        costs.sum().over(ibis.window(group_by=validated["rank"].notnull(), order_by=validated["rank"], rows=(None, 0))) - costs
    )
    chosen = is_contacted(outcome) | (outcome == Arm.HOLDOUT.value)
    return (chosen & (before >= most)).ifelse(FunnelStep.BUDGET.value, outcome)


def _by_value(
    engine: Engine,
    competing: Sequence[Contender],
    past: ir.Table | None,
    day: ContactsOfDay,
    purse: Purse,
    write: Write,
    held: ExitStack,
) -> list[Spent]:
    judged = {each.name: held.enter_context(engine.staged(each.judged(past))) for each in competing}
    made = [each for each in competing if each.made]
    shares = [Share(each.context, each.position, judged[each.name], each.ledgers.households) for each in made]
    found = shared_by_value(engine, shares, day, purse, held)
    for each in competing:
        context, table = each.context, judged[each.name]
        mine = found.assigned.filter(found.assigned.position == each.position).select("customer_id", assigned=ibis.literal(True))
        joined = table.left_join(mine, "customer_id").drop("customer_id_right")
        left = without_taken(joined, day.taken(context, each.position, each.ledgers.households), names_of(competing))
        won = left.assigned.fill_null(False)
        left = left.mutate(
            stopped=won.ifelse(ibis.null("string"), left.stopped), lost_to=won.ifelse(ibis.null("string"), left.lost_to)
        )
        validated = ranked(left, context)
        beyond = FunnelStep.BUDGET if each.name in found.out_of_money else FunnelStep.LIMIT
        outcome = ibis.cases(
            (validated.stopped.notnull(), validated.stopped),
            (~validated.assigned.fill_null(False), beyond.value),
            else_=outcome_of(validated),
        )
        decided = validated.mutate(outcome=outcome)
        write(each.name, each.selection(decided))
    return told(competing, purse, day, engine, found.prices)


def told(
    competing: Sequence[Contender],
    purse: Purse,
    day: ContactsOfDay,
    engine: Engine,
    prices: Mapping[str | None, float] | None = None,
) -> list[Spent]:
    """What each campaign and all of them came to."""
    today = day.table
    counts = {int(row["position"]): int(row["n"]) for row in engine.rows(today.group_by("position").agg(n=today.count()))}
    prices = prices or {}
    rows = [
        Spent(
            each.name,
            counts.get(each.position, 0),
            float(purse.spent.get(each.name, 0)),
            None if (budget := each.context.campaign.budget) is None else float(budget),
            prices.get(each.name),
        )
        for each in competing
    ]
    total = None if purse.total is None else float(purse.total)
    return [*rows, Spent(None, sum(counts.values()), float(sum(purse.spent.values())), total, prices.get(None))]
