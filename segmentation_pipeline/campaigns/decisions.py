"""What was decided about a person on a day, and how much the audiences of a day have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.campaigns.decision import is_contacted
from segmentation_pipeline.contracts.labels import Arm, FunnelStep

DECIDED = (FunnelStep.LOST_TO, FunnelStep.ADDRESS_SHARED, FunnelStep.LIMIT, FunnelStep.BUDGET, FunnelStep.HOLDOUT)
"""Where people end who passed the gate of a campaign."""


def campaign_decisions(outcomes: ir.Table, campaigns: Sequence[str], as_of: date) -> ir.Table:
    """The rows of ``campaigns.campaign_decisions`` of a day.

    ``outcomes`` has a row per person and campaign whose rule names them: ``customer_id``, ``campaign``, ``outcome`` and
    ``gain`` as the gate returns them; ``campaigns`` are those it is about, in the order of priority.
    """
    named = [(outcomes.campaign == name, at) for at, name in enumerate(campaigns)]
    place = ibis.cases(*named, else_=ibis.null("int64")) if named else ibis.null("int64")  # nothing may compete
    known = outcomes.mutate(place=place.cast("int64"), contacted=is_contacted(outcomes.outcome))
    known = known.filter(known.place.notnull()).mutate(lost=known.outcome == FunnelStep.LOST_TO.value)
    left = {f"left_{at}": known.outcome.max(where=(known.place == at) & ~known.contacted) for at in range(len(campaigns))}
    # Who lost to the winner would have been contacted by the one that earns most, else by the first by priority.
    people = known.group_by("customer_id").agg(
        first=known.place.min(where=known.contacted),
        contacts=known.count(where=known.contacted),
        best=known.gain.max(where=known.lost),
        first_lost=known.place.min(where=known.lost),
        **left,
    )
    second = known.filter(known.lost).inner_join(people.select("customer_id", "best"), "customer_id")
    runner = second.group_by("customer_id").agg(best_lost=second.place.min(where=second.gain == second.best))
    won = known.filter(known.contacted).select("customer_id", first="place", gain="gain")
    joined = people.left_join(runner, "customer_id").drop("customer_id_right")
    joined = joined.left_join(won, ["customer_id", "first"]).drop("customer_id_right", "first_right")
    return joined.select(
        as_of=ibis.literal(as_of),
        customer_id=joined.customer_id,
        campaign=_named(joined["first"], campaigns),
        gain=joined.gain,
        runner_up=_named(ibis.coalesce(joined.best_lost, joined.first_lost), campaigns),
        runner_up_gain=joined.best,
        contacts=joined.contacts,
        stopped=_told(joined, campaigns),
    )


def _named(place: ir.IntegerValue, campaigns: Sequence[str]) -> ir.StringValue:
    if not campaigns:
        return ibis.null("string")
    return ibis.cases(*((place == at, ibis.literal(name)) for at, name in enumerate(campaigns)), else_=ibis.null("string"))


def _told(joined: ir.Table, campaigns: Sequence[str]) -> ir.StringValue:
    text: ir.StringValue = ibis.literal("")
    for at, name in enumerate(campaigns):
        step = joined[f"left_{at}"]
        text = text + ibis.ifelse(step.notnull(), ibis.literal(f"; {name}: ") + step, "")
    return text.substr(2).nullif("")


def audience_overlap(outcomes: ir.Table, as_of: date) -> ir.Table:
    """The rows of ``campaigns.audience_overlap`` of a day: every two campaigns that let somebody pass.

    ``outcomes`` as of ``campaign_decisions``, of all campaigns.
    """
    passed = is_contacted(outcomes.outcome) | outcomes.outcome.isin([step.value for step in DECIDED])
    known = outcomes.filter(passed).select(
        "customer_id",
        "campaign",
        contacted=is_contacted(outcomes.outcome),
        listed=is_contacted(outcomes.outcome) | (outcomes.outcome == Arm.HOLDOUT.value),
    )
    sizes = known.group_by("campaign").agg(passed=known.count(), listed=known.count(where=known.listed))
    other = known.rename(other_campaign="campaign", other_contacted="contacted", other_listed="listed")
    pairs = known.inner_join(other, "customer_id")
    pairs = pairs.filter(pairs.campaign < pairs.other_campaign)
    both = pairs.group_by("campaign", "other_campaign").agg(
        passed_both=pairs.count(),
        listed_both=pairs.count(where=pairs.listed & pairs.other_listed),
        contacted_by_both=pairs.count(where=pairs.contacted & pairs.other_contacted),
    )
    others = sizes.rename(other_campaign="campaign", other_passed="passed", other_listed="listed")
    every = sizes.cross_join(others)
    every = every.filter(every.campaign < every.other_campaign)
    joined = every.left_join(both, ["campaign", "other_campaign"])
    return joined.select(
        "campaign",
        "other_campaign",
        "passed",
        "other_passed",
        "listed",
        "other_listed",
        as_of=ibis.literal(as_of),
        **{name: joined[name].fill_null(0).cast("int64") for name in ("passed_both", "listed_both", "contacted_by_both")},
    )
