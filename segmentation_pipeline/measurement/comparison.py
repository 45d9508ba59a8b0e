"""One arm against its control, metric by metric: from sums to the figures of a row of ``campaign_results``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from segmentation_pipeline.measurement.campaign_result_columns import (
    BROKEN,
    FEW,
    MEASURED,
    NO_CONTROL,
    NOT_ALONE,
    OBSERVATIONAL,
    RUNNING,
    SAME,
    UNPLANNED,
)
from segmentation_pipeline.measurement.campaign_starts import Start
from segmentation_pipeline.measurement.contact_costs import in_cents
from segmentation_pipeline.measurement.definitions import Definition
from segmentation_pipeline.measurement.effects import Adjusted, Effect, Interval, cuped, detectable, effect, ratio_p
from segmentation_pipeline.measurement.moments import Moments, moments
from segmentation_pipeline.measurement.outcomes import Metric
from segmentation_pipeline.measurement.verdicts import LEAST_CONVERTED, LEAST_PEOPLE, verdict

ALARM = 0.001
"""Below this probability people were not divided as planned, and what differs may be who they are."""
MOST_BY_OTHERS = 0.01
"""More than this share of an arm contacted by other campaigns, and a control that no campaign reaches shows what all did."""
_OF_EFFECT = ("effect", "standard_error", "fixed_low", "fixed_high", "anytime_low", "anytime_high")
_RELATIVE = ("relative_effect", "relative_low", "relative_high")
_CUPED = ("cuped_effect", "cuped_low", "cuped_high", "cuped_anytime_low", "cuped_anytime_high", "variance_removed")
_LIFT = ("interval", "lift", "lift_low", "lift_high", "lift_error")
_MONEY = ("incremental", "incremental_low", "incremental_high", "return_on_investment", "return_low", "return_high")

Cell = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a campaign: the metrics, the day, and the cost of a contact by wave."""

    definition: Definition
    start: Start | None
    metrics: Sequence[Metric]
    as_of: date
    cost: Mapping[int, Fraction]

    @property
    def shares(self) -> Mapping[str, float]:
        """The planned shares, as they were when people began to be assigned."""
        return self.start.definition.shares if self.start else self.definition.shares


@dataclass(frozen=True, slots=True)
class Arms:
    """The sums by arm of a segment, and of everybody in the wave."""

    of_cell: Mapping[str, Cell]
    whole: Mapping[str, Cell]
    wave: int


def compared(asked: Asked, arms: Arms, end: date | None) -> Iterator[dict[str, Any]]:
    """The figures of every arm but the control, a row per metric."""
    control = arms.of_cell.get(asked.definition.control)
    for arm, treatment in arms.of_cell.items():
        if arm == asked.definition.control:
            continue
        ratio, holds = _ratio(asked, arms, arm)
        for metric in asked.metrics:
            if metric.name == "first_orders" and not _has_newcomers(metric, treatment, control):
                continue
            row = _people(metric, asked, treatment, control)
            row |= {"arm": arm, "metric": metric.name, "decides": metric.name == asked.definition.measurement.metric}
            row |= {"sample_ratio_p": ratio, "sample_ratio_holds": holds}
            row |= {"in_both_arms": sum(int(cell["several"]) for cell in arms.of_cell.values())}
            row |= {"started_on": min(cell["started_on"] for cell in arms.of_cell.values())}
            row |= _figures(asked, metric, treatment, control, _status(asked, arm, treatment, control, holds), end)
            yield row | _earned(asked, metric, row, treatment, asked.cost.get(arms.wave))


def _ratio(asked: Asked, arms: Arms, arm: str) -> tuple[float | None, bool | None]:
    """The p of the division within the segment, and whether it holds there and in the whole wave."""
    control, shares = asked.definition.control, asked.shares
    if not asked.definition.randomised or arm not in shares or control not in shares:
        return None, None

    def p(cells: Mapping[str, Cell]) -> float | None:
        counts = [int(cells[name]["assigned"]) if name in cells else 0 for name in (arm, control)]
        return ratio_p(counts[0], counts[1], (shares[arm], shares[control]))

    own, whole = p(arms.of_cell), p(arms.whole)
    return own, all(found is None or found >= ALARM for found in (own, whole))


def _status(asked: Asked, arm: str, treatment: Cell, control: Cell | None, holds: bool | None) -> str | None:
    """What stands in the way of a comparison, whatever the metric; None where nothing does."""
    if not asked.definition.randomised:
        return OBSERVATIONAL
    if asked.definition.control not in asked.shares and control is None:
        return NO_CONTROL
    if arm not in asked.shares or asked.definition.control not in asked.shares:
        return UNPLANNED
    if holds is False:
        return BROKEN
    by_others = int(treatment["by_others"]) > MOST_BY_OTHERS * int(treatment["people"])
    return NOT_ALONE if asked.definition.gets_nothing and by_others else None


def _has_newcomers(metric: Metric, *cells: Cell | None) -> bool:
    """Whether anybody could order for the first time."""
    return any(int(cell[f"{metric.name}__h"] or 0) < int(cell["people"]) for cell in cells if cell is not None)


def _people(metric: Metric, asked: Asked, treatment: Cell, control: Cell | None) -> dict[str, Any]:
    """Who there is and what they did, of both arms."""
    row: dict[str, Any] = {
        "control": None if control is None else asked.definition.control,
        "not_over_yet": sum(int(cell["assigned"]) - int(cell["people"]) for cell in (treatment, control) if cell is not None),
        "contacted": int(treatment["contacted"]),
        "winsorised_at": None if metric.limit is None else float(metric.limit),
    }
    for suffix, cell in (("", treatment), ("_control", control)):
        values = _of_arm(metric, cell, counts_orders=asked.definition.from_orders)
        row |= {f"{name}{suffix}": value for name, value in values.items()}
    return row


def _of_arm(metric: Metric, cell: Cell | None, *, counts_orders: bool) -> dict[str, Any]:
    names = ("assigned", "people", "contacted_by_others", "converted", "orders", "mean", "sd", "total")
    if cell is None:
        return dict.fromkeys(names)
    count = int(cell["people"])
    known = moments(cell, metric.name, count)
    orders = int(cell["orders__y"] or 0) if counts_orders else None
    values = (
        int(cell["assigned"]),
        count,
        int(cell["by_others"]),
        int(cell[f"{metric.name}__some"] or 0),
        orders,
        known.mean if count else None,
        known.variance() ** 0.5 if count > 1 else None,
        float(cell[f"{metric.name}__y"] or 0),
    )
    return dict(zip(names, values, strict=True))


def _figures(
    asked: Asked, metric: Metric, treatment: Cell, control: Cell | None, status: str | None, end: date | None
) -> dict[str, Any]:
    """Effects, intervals, status and verdict; effects are None where they would not be a lift."""
    is_over = end is not None and asked.as_of >= end
    row: dict[str, Any] = dict.fromkeys((*_OF_EFFECT, *_RELATIVE, *_CUPED, *_LIFT, "detectable_effect"))
    if status is None and control is None:
        status = RUNNING if int(treatment["people"]) == 0 else FEW
    found: Effect | None = None
    known: Adjusted | None = None
    if status is None:
        assert control is not None
        one, other = (moments(cell, metric.name, int(cell["people"])) for cell in (treatment, control))
        found = effect(one, other)
        known = cuped(one, other)
        status = _how_measured(metric, one, other, treatment, control, found)
        if status in (MEASURED, FEW):
            row["detectable_effect"] = detectable(one, other, known.variance_removed if known else 0.0)
    lift: Interval | None = None
    if status == MEASURED and found is not None:
        best = known.effect if known else found
        lift = best.fixed if is_over else best.anytime
        row |= _of_effects(found, known)
        row |= dict(
            zip(_LIFT, ("fixed" if is_over else "anytime", best.value, lift.low, lift.high, best.standard_error), strict=True)
        )
    return row | {"status": status, "verdict": verdict(str(status), lift, metric, is_over=is_over)}


def _how_measured(metric: Metric, one: Moments, other: Moments, treatment: Cell, control: Cell, found: Effect | None) -> str:
    if min(one.count, other.count) == 0:
        return RUNNING
    if min(one.count, other.count) < LEAST_PEOPLE:
        return FEW
    if found is None:
        return SAME
    some = sum(int(cell[f"{metric.name}__some"] or 0) for cell in (treatment, control))
    return MEASURED if some >= LEAST_CONVERTED else FEW


def _of_effects(found: Effect, known: Adjusted | None) -> dict[str, Any]:
    fixed, anytime = found.fixed, found.anytime
    values: list[Any] = [found.value, found.standard_error, fixed.low, fixed.high, anytime.low, anytime.high]
    row = dict(zip(_OF_EFFECT, values, strict=True))
    if found.relative is not None and found.relative_fixed is not None:
        values = [found.relative, found.relative_fixed.low, found.relative_fixed.high]
        row |= dict(zip(_RELATIVE, values, strict=True))
    if known is not None:
        fixed, anytime = known.effect.fixed, known.effect.anytime
        values = [known.effect.value, fixed.low, fixed.high, anytime.low, anytime.high, known.variance_removed]
        row |= dict(zip(_CUPED, values, strict=True))
    return row


def _earned(
    asked: Asked, metric: Metric, row: Mapping[str, Any], treatment: Cell, per_contact: Fraction | None
) -> dict[str, Any]:
    """What the arm brought beyond the control, what contacting it cost, and the one in proportion to the other."""
    found: dict[str, Any] = dict.fromkeys(_MONEY)
    cost = None if per_contact is None else in_cents(per_contact * int(treatment["contacts"]))
    found["cost"] = cost
    if row["lift"] is None:
        return found
    brought = [row[name] * int(treatment["people"]) for name in ("lift", "lift_low", "lift_high")]
    found |= dict(zip(_MONEY[:3], brought, strict=True))
    if metric.is_money and cost:
        found |= dict(zip(_MONEY[3:], [(amount - float(cost)) / float(cost) for amount in brought], strict=True))
    return found
