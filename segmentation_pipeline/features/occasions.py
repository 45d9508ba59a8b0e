"""Who buys for an occasion, and who happens to buy then: order days inside the occasion's windows against all days.

A customer whose order days fall into the windows twice as often as days do has a lift of 2.  How easily
that happens to somebody who buys on any day alike is told by Hoeffding's bound of the binomial tail (1963,
theorem 1): of n order days k inside windows that are a share p of the days,
P(at least k) <= exp(-n KL(k/n, p)).  It holds for any n and is p^n, the chance itself, when all are inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import BirthdayOccasion, Config, Occasion
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.birthday import Birthday
from segmentation_pipeline.features.calendar import (
    NOWHERE,
    Calendar,
    common_occasions,
    days_upto,
    follows_customer,
    holiday_regions,
    since,
)
from segmentation_pipeline.features.culture import observance_column
from segmentation_pipeline.features.events import joined
from segmentation_pipeline.features.family import Family, Feature, Inputs
from segmentation_pipeline.features.purchase import NO_ORDERS

_BORN = "customers.birth_date"


def _features(config: Config) -> tuple[Feature, ...]:
    top = Column(
        "top_occasion",
        Type.TEXT,
        "Of the occasions the customer buys for by all evidence, the one with the highest lift; the first listed wins a tie.",
        null_means="buys for none, or too little is known",
        allowed=tuple(_allowed(config)),
    )
    return (Feature(top), *(feature for name, occasion in _allowed(config).items() for feature in _of(name, occasion)))


def _of(name: str, occasion: Occasion) -> Iterator[Feature]:
    needs: tuple[str, ...] = ()
    unknown = None
    if isinstance(occasion, BirthdayOccasion):
        needs, unknown = (_BORN,), f"{NO_ORDERS}, or no known birthday"
    elif follows_customer(occasion):
        needs, unknown = ("customers.country",), f"{NO_ORDERS}, or no country with known holidays"
    nothing = f"{unknown or NO_ORDERS}, or no such window since the first order"
    columns = (
        Column(
            f"{name}_window_days",
            Type.INTEGER,
            f"Days in windows of {name} from the first order to as_of.",
            "days",
            unknown or NO_ORDERS,
            minimum=0,
        ),
        Column(
            f"{name}_order_days", Type.INTEGER, f"Distinct days with an order in windows of {name}.", "days", unknown, minimum=0
        ),
        Column(f"{name}_occurrences", Type.INTEGER, f"Windows of {name} with an order.", "windows", unknown, minimum=0),
        Column(
            f"{name}_lift",
            Type.NUMBER,
            f"Share of order days in windows of {name}, divided by the share of all days since the first order in them.",
            "times",
            nothing,
            minimum=0,
        ),
        Column(
            f"{name}_chance",
            Type.NUMBER,
            f"At most so likely has somebody who buys on any day alike so many order days in windows of {name}.",
            "probability",
            nothing,
            minimum=0,
            maximum=1,
        ),
    )
    return (Feature(column, needs) for column in columns)


def _allowed(config: Config) -> dict[str, Occasion]:
    """The occasions, without birthdays where privacy.yaml does not allow them."""
    occasions = config.pipeline.features.occasions
    return occasions if "birthday" in config.privacy.attributes else common_occasions(config)


def _birthdays(config: Config) -> dict[str, BirthdayOccasion]:
    if not config.has("customers"):
        return {}
    return {name: occasion for name, occasion in _allowed(config).items() if isinstance(occasion, BirthdayOccasion)}


def _build(inputs: Inputs) -> ir.Table:
    events = inputs.order_events
    days = events.filter(events.is_order).select("customer_id", day=events.event_date).distinct()
    found = [days.select("customer_id").distinct()]
    if inputs.calendar is not None:
        found.append(_in_common_windows(days, inputs, inputs.calendar))
    if inputs.pii is not None and _birthdays(inputs.config):
        found.append(_in_birthday_windows(days, inputs, inputs.pii))
    return joined(*found)


def _in_common_windows(days: ir.Table, inputs: Inputs, calendar: Calendar) -> ir.Table:
    """Per customer the order days in the windows of where the customer lives."""
    place: ir.Value = ibis.literal(NOWHERE)
    if inputs.customers is not None:
        days = joined(days, holiday_regions(inputs.customers, calendar.regions))
        place = days.holiday_region.fill_null(NOWHERE)
    days = days.mutate(place=place).join(calendar.days, ["place", "day"])
    return days.group_by("customer_id").agg(
        **{
            column: value
            for name in common_occasions(inputs.config)
            for column, value in _counts(name, days[since(name)], days[days_upto(name)].notnull().any()).items()
        }
    )


def _in_birthday_windows(days: ir.Table, inputs: Inputs, pii: ir.Table) -> ir.Table:
    """Per customer the order days in windows around the birthday, and the days of those windows up to as_of.

    The latter are stored, since what they are made from does not leave schema ``pii``.
    """
    days = joined(days, pii.select("customer_id", "birth_date"))
    days = days.filter(days.birth_date.notnull())
    made: dict[str, ir.Value] = {}
    for name, occasion in _birthdays(inputs.config).items():
        windows = Birthday(days.birth_date, occasion)
        begun = windows.since(days.day)
        before_first = (windows.days_upto(days.day) - begun.notnull().cast("int64")).min()
        made |= _counts(name, begun, ibis.literal(True))
        made[f"{name}_window_days"] = windows.days_upto(ibis.literal(inputs.as_of)).max() - before_first
    return days.group_by("customer_id").agg(**made)


def _counts(name: str, begun: ir.DateColumn, known: ir.BooleanValue) -> dict[str, ir.Value]:
    """Order days inside windows and windows with an order, of the first day of each order day's window."""
    unknown = ibis.null("int64")
    return {
        f"{name}_order_days": ibis.ifelse(known, begun.count(), unknown),
        f"{name}_occurrences": ibis.ifelse(known, begun.nunique(), unknown),
    }


def _as_of_join(rows: ir.Table, as_of: date, config: Config, calendar: Calendar | None) -> ir.Table:
    names = [name for name in _allowed(config) if f"{name}_order_days" in rows.columns]  # others lack a source
    if calendar is not None:
        rows = _with_exposure(rows, as_of, [name for name in names if name in common_occasions(config)], calendar)
    rows = rows.mutate(**{column: value for name in names for column, value in lift_and_chance(rows, name).items()})
    lifts = {name: _proven_lift(rows, name, config) for name in names}
    highest = ibis.greatest(ibis.literal(0.0), *lifts.values())
    top = ibis.cases(*((lift == highest, name) for name, lift in lifts.items()), else_=ibis.null("string"))
    return rows.mutate(top_occasion=ibis.ifelse(highest > 0, top, ibis.null("string")))


def _with_exposure(rows: ir.Table, as_of: date, names: list[str], calendar: Calendar) -> ir.Table:
    """The days in windows from the first order to ``as_of``: up to as_of, less those before the first order."""
    days = calendar.days
    before = days.select(
        "place",
        "day",
        **{f"{name}__before": days[days_upto(name)] - days[since(name)].notnull().cast("int64") for name in names},
    )
    upto = days.filter(days.day == ibis.literal(as_of)).select(
        "place", **{f"{name}__upto": days[days_upto(name)] for name in names}
    )
    place = rows.holiday_region.fill_null(NOWHERE) if "holiday_region" in rows.columns else ibis.literal(NOWHERE)
    found = rows.mutate(place=place, day=rows.first_order_date).left_join(before, ["place", "day"])
    found = found.drop("place_right", "day_right", "day").left_join(upto, "place").drop("place_right", "place")
    return found.mutate(**{f"{name}_window_days": found[f"{name}__upto"] - found[f"{name}__before"] for name in names})


def lift_and_chance(rows: ir.Table, name: str) -> dict[str, ir.Value]:
    """The columns ``<name>_lift`` and ``<name>_chance``, of whole numbers: equal counts give equal digits on every engine.

    ``rows`` have ``order_days`` and ``tenure_days``, and of them ``<name>_order_days`` and ``<name>_window_days`` inside.
    """
    inside, all_order_days = rows[f"{name}_order_days"], rows.order_days
    window_days, all_days = rows[f"{name}_window_days"], rows.tenure_days + 1
    lift = (inside * all_days).cast("float64") / (window_days * all_order_days).nullif(0)
    outside = all_order_days - inside
    lift_outside = (outside * all_days).cast("float64") / ((all_days - window_days) * all_order_days).nullif(0)
    divergence = inside * lift.nullif(0).ln() + (outside * lift_outside.nullif(0).ln()).fill_null(0)
    chance = ibis.cases((lift > 1, (-divergence).exp()), (lift.notnull(), 1.0), else_=ibis.null("float64"))
    return {f"{name}_lift": lift.round(6), f"{name}_chance": chance.round(6)}


def _proven_lift(rows: ir.Table, name: str, config: Config) -> ir.Value:
    """The lift where there is evidence enough and the occasion concerns the customer, else 0."""
    evidence, lift = config.pipeline.features.occasion_evidence, rows[f"{name}_lift"]
    proven = (
        (rows[f"{name}_occurrences"] >= evidence.min_occurrences)
        & (lift >= evidence.min_lift)
        & (rows[f"{name}_chance"] <= evidence.max_chance)
    )
    for observance, meant in config.pipeline.features.observances.items():
        if meant.occasion == name:
            column = observance_column(observance)
            proven = proven & (rows[column] if column in rows.columns else ibis.literal(False))
    return ibis.ifelse(proven, lift, 0.0)


def _expired_between(inputs: Inputs, earlier: date, later: date) -> ir.Table:
    """Buyers with days in a window around their birthday between the two days: how many such days there were is stored."""
    pii = inputs.pii
    moved: ir.BooleanValue = ibis.literal(False)
    if pii is None:
        return inputs.order_events.filter(moved).select("customer_id")
    for occasion in _birthdays(inputs.config).values():
        windows = Birthday(pii.birth_date, occasion)
        moved = moved | (windows.days_upto(ibis.literal(later)) > windows.days_upto(ibis.literal(earlier)))
    return pii.filter(moved.fill_null(False)).semi_join(inputs.order_events, "customer_id").select("customer_id")


def _off(config: Config) -> str | None:
    return None if _allowed(config) else "features.occasions in pipeline.yaml lists no occasion"


OCCASIONS = Family(
    name="occasions",
    description="Who buys for an occasion: order days inside its windows against all days since the first order.",
    features=_features,
    build=_build,
    as_of_join=_as_of_join,
    expired_between=_expired_between,
    off=_off,
    is_behaviour=False,
)
