"""The loyalty programme: who is a member, with how many points, and who brings friends."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined, latest, total
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SOURCE = "loyalty"
_YEAR = Trailing(_SOURCE, 365)
EXPIRY_DAYS = 60
"""Points that lapse within so many days are about to lapse."""
_NOT_LAPSED, _NOT_LAPSING = Trailing(_SOURCE, 0, "expires_at"), Trailing(_SOURCE, -EXPIRY_DAYS, "expires_at")
_LAPSE = (
    "Points lapse at their expires_at, whether or not an event 'expired' says so as well; what is redeemed is taken from those "
    "that lapse first."
)


def _features(config: Config) -> tuple[Feature, ...]:
    event, points, expires = f"{_SOURCE}.event", f"{_SOURCE}.points", f"{_SOURCE}.expires_at"

    def amount(name: str, description: str, *needs: str) -> Feature:
        return Feature(Column(name, Type.INTEGER, description, "points", minimum=0), (event, *needs))

    never = "never joined"
    return (
        Feature(Column("loyalty_member", Type.BOOLEAN, "Whether the customer is in the loyalty programme."), (event,)),
        Feature(Column("loyalty_joined_date", Type.DAY, "Day of the first joining.", "day", never), (event,)),
        Feature(
            Column("loyalty_days", Type.INTEGER, "Days from the first joining to as_of.", "days", never, minimum=0),
            (event,),
            is_behaviour=False,
        ),
        Feature(
            Column("loyalty_tier", Type.TEXT, "Tier last reached.", null_means="no tier reached"), (event, f"{_SOURCE}.tier")
        ),
        amount(
            "points_balance", f"Points earned that were not redeemed and have not lapsed by the end of as_of. {_LAPSE}", points
        ),
        amount("points_earned_365d", "Points earned in the last 365 days.", points),
        amount("points_redeemed_365d", "Points redeemed in the last 365 days.", points),
        amount(
            "points_expiring_60d",
            f"Points of the balance that lapse within {EXPIRY_DAYS} days if nothing is redeemed. {_LAPSE}",
            points,
            expires,
        ),
        Feature(
            Column("last_redemption_date", Type.DAY, "Day points were last redeemed.", "day", "never redeemed any"), (event,)
        ),
        Feature(Column("referrals", Type.INTEGER, "Friends the customer brought.", "referrals", minimum=0), (event,)),
        Feature(
            Column("referrals_365d", Type.INTEGER, "Friends brought in the last 365 days.", "referrals", minimum=0), (event,)
        ),
    )


def _build(inputs: Inputs) -> ir.Table:
    events = inputs.sources[_SOURCE]
    year = inputs.inside(_YEAR, events)
    points = events.points.fill_null(0)
    made = events.group_by("customer_id").agg(
        loyalty_joined_date=events.event_date.min(where=events.event == "joined"),
        earned=total(points, events.event == "earned"),
        redeemed=total(points, events.event == "redeemed"),
        told_lapsed=total(points, events.event == "expired"),
        points_earned_365d=total(points, (events.event == "earned") & year),
        points_redeemed_365d=total(points, year & (events.event == "redeemed")),
        last_redemption_date=events.event_date.max(where=events.event == "redeemed"),
        referrals=events.count(where=events.event == "referred"),
        referrals_365d=events.count(where=year & (events.event == "referred")),
    )
    standing = latest(events.filter(events.event.isin(("joined", "left"))), "occurred_at", "event", "event_id")
    tiers = latest(events.filter(events.tier.notnull()), "occurred_at", "tier", "event_id")
    made = joined(made, standing, tiers, _lapses(inputs))
    zero = ibis.literal(0, "int64")
    # An event may tell of points whose day has passed, or of some that had none.
    lapsed = ibis.greatest(made.lapsed.fill_null(0), made.told_lapsed)
    lapsing = ibis.greatest(made.lapsing.fill_null(0), made.told_lapsed)
    return made.mutate(
        loyalty_member=(made.event == "joined").fill_null(False),
        loyalty_tier=made.tier,
        points_balance=ibis.greatest(made.earned - made.redeemed - lapsed, zero),
        points_expiring_60d=lapsing - lapsed,
    ).drop("earned", "redeemed", "told_lapsed", "lapsed", "lapsing", "event", "tier")


def _lapses(inputs: Inputs) -> ir.Table:
    """customer_id, the points ``lapsed`` by the end of as_of, and those ``lapsing`` by then or within the days to come.

    Up to a moment as many points have lapsed as, at some moment before, those due to lapse by then exceeded those redeemed by
    then: that is what a queue that is served from its head loses.
    """
    every = points_due(inputs.sources[_SOURCE])
    due = every.filter(~inputs.inside(_NOT_LAPSING, every))
    lapsed = ~inputs.inside(_NOT_LAPSED, due)
    at_most = due.group_by("customer_id").agg(lapsed=due.excess.max(where=lapsed), lapsing=due.excess.max())
    return at_most.select(
        "customer_id", **{name: ibis.greatest(at_most[name].fill_null(0), 0).cast("int64") for name in ("lapsed", "lapsing")}
    )


def points_due(events: ir.Table) -> ir.Table:
    """customer_id, ``expires_at`` and ``excess`` of points that are due to lapse: by how many, when these lapse, all points
    due by then exceed those redeemed by then."""
    points, earned = events.points.fill_null(0), events.event == "earned"
    counted = events.filter((earned & events.expires_at.notnull()) | (events.event == "redeemed"))
    counted = counted.select(
        "customer_id",
        "expires_at",
        at=ibis.ifelse(earned, events.expires_at, events.occurred_at),
        due=earned,
        change=ibis.ifelse(earned, points, -points),
    )
    so_far = ibis.window(group_by="customer_id", order_by=[counted["at"], counted.due], rows=(None, 0))
    running = counted.mutate(excess=counted.change.sum().over(so_far))
    return running.filter(running.due).select("customer_id", "expires_at", "excess")


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"loyalty_days": days_since(row.loyalty_joined_date, as_of)}


LOYALTY = Family(
    name="loyalty",
    description="Membership of the loyalty programme, tier, points and referrals.",
    features=_features,
    build=_build,
    reads=(_SOURCE,),
    as_of_columns=_as_of_columns,
    windows=(_YEAR, _NOT_LAPSED, _NOT_LAPSING),
    off=needs_source(_SOURCE),
)
