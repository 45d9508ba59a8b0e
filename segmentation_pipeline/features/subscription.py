"""Subscriptions as they stand, how seats grow, and how much is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined, latest, total
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source
from segmentation_pipeline.features.trailing import Trailing

_SUBSCRIPTIONS, _USAGE = "subscriptions", "usage"
_YEAR = Trailing(_SUBSCRIPTIONS, 365)
_MONTH, _TWO_MONTHS, _RECENT = Trailing(_USAGE, 30), Trailing(_USAGE, 60), Trailing(_USAGE, 90)
_RUNNING = ("trial", "active")
_NONE = "no subscription known"


_STATUS, _PLAN, _SEATS, _PAID, _RENEWS = (
    f"{_SUBSCRIPTIONS}.{name}" for name in ("status", "plan", "seats", "monthly_amount", "renews_at")
)
_OF_SUBSCRIPTIONS = (
    Feature(
        Column("subscriptions_running", Type.INTEGER, "Subscriptions on trial or active.", "subscriptions", minimum=0),
        (_STATUS,),
    ),
    Feature(
        Column(
            "subscription_status",
            Type.TEXT,
            "Status of the subscription changed last.",
            null_means=_NONE,
            allowed=("trial", "active", "paused", "cancelled"),
        ),
        (_STATUS,),
    ),
    Feature(Column("subscription_plan", Type.TEXT, "Plan of the subscription changed last.", null_means=_NONE), (_PLAN,)),
    Feature(Column("subscribed_date", Type.DAY, "Day of the first subscription.", "day", _NONE), (_STATUS,)),
    Feature(
        Column("subscribed_days", Type.INTEGER, "Days from the first subscription to as_of.", "days", _NONE, minimum=0),
        (_STATUS,),
        is_behaviour=False,
    ),
    Feature(
        Column("subscription_cancelled_date", Type.DAY, "Day a subscription was last cancelled.", "day", "never cancelled one"),
        (_STATUS,),
    ),
    Feature(Column("seats", Type.INTEGER, "Seats of running subscriptions.", "seats", minimum=0), (_SEATS,)),
    Feature(
        Column(
            "seats_a_year_ago", Type.INTEGER, "Seats of the subscriptions that ran 365 days before as_of.", "seats", minimum=0
        ),
        (_SEATS,),
    ),
    Feature(
        Column("monthly_amount", Type.MONEY, "Paid per month for running subscriptions.", "base currency", minimum=0), (_PAID,)
    ),
    Feature(
        Column("renewal_date", Type.DAY, "Next renewal of a running subscription.", "day", "no renewal known", ahead=True),
        (_RENEWS,),
    ),
    Feature(
        Column(
            "days_to_renewal",
            Type.INTEGER,
            "Days from as_of to the next renewal; negative when it is overdue.",
            "days",
            "no renewal known",
        ),
        (_RENEWS,),
        is_behaviour=False,
    ),
)


def _subscription_features(config: Config) -> tuple[Feature, ...]:
    return _OF_SUBSCRIPTIONS


def _subscription_build(inputs: Inputs) -> ir.Table:
    changes = inputs.sources[_SUBSCRIPTIONS]
    # Whose a subscription is, its latest change says: it may have passed to another customer.
    whole = inputs.shared[_SUBSCRIPTIONS].semi_join(changes, "subscription_id")
    now = _standing(whole)
    running = now.status.isin(_RUNNING)
    zero = ibis.literal(0).cast(Type.MONEY.ibis)
    made = now.group_by("customer_id").agg(
        subscriptions_running=now.count(where=running),
        seats=total(now.seats, running),
        monthly_amount=now.monthly_amount.sum(where=running).cast(Type.MONEY.ibis).fill_null(zero),
        renewal_date=inputs.business_day(now.renews_at).min(where=running),
    )
    dates = changes.group_by("customer_id").agg(
        subscribed_date=changes.event_date.min(),
        subscription_cancelled_date=changes.event_date.max(where=changes.status == "cancelled"),
    )
    then = _standing(whole.filter(~inputs.inside(_YEAR, whole)))
    before = then.group_by("customer_id").agg(seats_a_year_ago=then.seats.sum(where=then.status.isin(_RUNNING)).cast("int64"))
    last_status = latest(changes, "changed_at", "status", "subscription_id").rename(subscription_status="status")
    last_plan = latest(changes.filter(changes.plan.notnull()), "changed_at", "plan", "subscription_id")
    # Who had one that has passed to another has none now, and had it all the same.
    return joined(dates, made, before, last_status, last_plan.rename(subscription_plan="plan"))


def _standing(changes: ir.Table) -> ir.Table:
    """Each subscription as its latest change left it."""
    order = ibis.window(group_by="subscription_id", order_by=changes.changed_at.desc())
    ranked = changes.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0)


def _subscription_changed_by_reference(inputs: Inputs, changed: Mapping[str, ir.Table]) -> ir.Table:
    """Everybody a changed subscription belongs to or ever did."""
    return inputs.shared[_SUBSCRIPTIONS].semi_join(changed[_SUBSCRIPTIONS], "subscription_id").select("customer_id")


def _subscription_as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    columns: dict[str, ir.Value] = {"subscribed_days": days_since(row.subscribed_date, as_of)}
    if "renewal_date" in row.columns:  # no source maps it
        columns["days_to_renewal"] = row.renewal_date.delta(ibis.literal(as_of), unit="day").cast("int64")
    return columns


def _usage_features(config: Config) -> tuple[Feature, ...]:
    used = (f"{_USAGE}.used_at",)

    def uses(name: str, description: str, unit: str = "uses") -> Feature:
        return Feature(Column(name, Type.INTEGER, description, unit, minimum=0), used)

    return (
        uses("usage_30d", "Uses in the last 30 days."),
        uses("usage_previous_30d", "Uses in the 30 days before the last 30."),
        uses("usage_days_30d", "Days of the last 30 with a use.", "days"),
        uses("usage_features_90d", "Different features used in the last 90 days.", "features"),
        Feature(Column("last_usage_date", Type.DAY, "Day of the latest use.", "day", "no use known"), used),
        Feature(
            Column("usage_recency_days", Type.INTEGER, "Days from the latest use to as_of.", "days", "no use known", minimum=0),
            used,
        ),
    )


def _usage_build(inputs: Inputs) -> ir.Table:
    uses = inputs.sources[_USAGE]
    month, two_months = inputs.inside(_MONTH, uses), inputs.inside(_TWO_MONTHS, uses)
    quantity = uses.quantity.fill_null(1)
    return uses.group_by("customer_id").agg(
        usage_30d=total(quantity, month),
        usage_previous_30d=total(quantity, two_months & ~month),
        usage_days_30d=uses.event_date.nunique(where=month),
        usage_features_90d=uses.feature.nunique(where=inputs.inside(_RECENT, uses)),
        last_usage_date=uses.event_date.max(),
    )


def _usage_as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"usage_recency_days": days_since(row.last_usage_date, as_of)}


SUBSCRIPTION = Family(
    name="subscription",
    description="Running subscriptions, plan, seats now and a year ago, and the next renewal.",
    features=_subscription_features,
    build=_subscription_build,
    reads=(_SUBSCRIPTIONS,),
    shared=(_SUBSCRIPTIONS,),
    as_of_columns=_subscription_as_of_columns,
    shared_windows=(_YEAR,),
    changed_by_reference=_subscription_changed_by_reference,
    off=needs_source(_SUBSCRIPTIONS),
)

USAGE = Family(
    name="usage",
    description="How much and how regularly a customer uses what they have.",
    features=_usage_features,
    build=_usage_build,
    reads=(_USAGE,),
    as_of_columns=_usage_as_of_columns,
    windows=(_MONTH, _TWO_MONTHS, _RECENT),
    off=needs_source(_USAGE),
)
