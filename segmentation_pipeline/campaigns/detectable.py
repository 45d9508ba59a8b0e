"""What a launch can show, said before it: the smallest effect on conversion that its arms would tell from chance.

Belongs here: what is known before an outcome.  Does not belong here: what came of it (``measurement``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine

FEWEST_HELD_OUT = 30
"""Fewer people than this are no group to compare with: one order more or less would be the result."""
DETECTED = 2.8015852
"""Standard errors between no effect and one found in 80 of 100 tests at a two-sided level of 5 %: 1.959964 + 0.841621."""
_DRAWN = ("campaign_key", "customer_id", "arm")


def minimum_detectable_effect(rate: float, contacted: int, held_out: int) -> float | None:
    """The smallest difference of two conversion rates that a comparison of two groups finds in four of five cases.

    ``rate`` is the conversion without the campaign, 0 to 1, as is the result; None where a group is empty.  Normal
    approximation with equal variances, ``DETECTED`` * sqrt(p (1 - p) (1/n + 1/m)); Lehr 1992, Cohen 1988.

    >>> round(minimum_detectable_effect(0.05, 9000, 1000), 4)
    0.0204
    >>> round(minimum_detectable_effect(0.05, 9000, 1000) / minimum_detectable_effect(0.05, 5000, 5000), 2)
    1.67
    """
    if contacted == 0 or held_out == 0:
        return None
    return DETECTED * math.sqrt(rate * (1.0 - rate) * (1.0 / contacted + 1.0 / held_out))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who was drawn for a campaign so far: people by ``arm``, and the conversion to expect of them without it.

    ``rate`` is the share that ordered in the days before their first list, as many as the campaign is measured for;
    ``of_everybody``: of these nobody did, so it is the share of all customers up to the day.
    """

    arms: Mapping[str, int]
    rate: float
    of_everybody: bool

    @property
    def held_out(self) -> int:
        return self.arms.get(Arm.HOLDOUT.value, 0)

    @property
    def contacted(self) -> int:
        return sum(people for arm, people in self.arms.items() if arm != Arm.HOLDOUT)

    @property
    def effect(self) -> float | None:
        """The minimum detectable effect of being contacted, in whatever arm."""
        return minimum_detectable_effect(self.rate, self.contacted, self.held_out)

    @property
    def told(self) -> str:
        """What the groups can show, in words."""
        groups = f"{self.contacted} contacted and {self.held_out} held out so far"
        if self.effect is None:
            return f"{groups}: no effect can be measured"
        whose = "of all customers" if self.of_everybody else "of these people"
        unseen = f"an effect on conversion below {_points(self.effect)} would go unseen"
        text = f"{groups}: {unseen} ({self.rate:.1%} {whose} ordered before)"
        named = {arm: people for arm, people in self.arms.items() if arm != Arm.HOLDOUT}
        smallest = minimum_detectable_effect(self.rate, min(named.values()), self.held_out)
        return f"{text}; of the smallest arm, below {_points(smallest)}" if len(named) > 1 and smallest is not None else text

    @property
    def too_small(self) -> str | None:
        """Why nothing can be measured; None where something can, or while nobody was drawn."""
        if not self.arms:
            return None
        if self.held_out < FEWEST_HELD_OUT:
            return f"fewer than {FEWEST_HELD_OUT} are held out"
        if self.effect is None or self.effect > self.rate:
            return "even an effect as large as the conversion itself would go unseen"
        return None


NOBODY = Drawn({}, 0.0, False)


def drawn_so_far(
    engine: Engine, lists: ir.Table, orders: ir.Table, customers: int, as_of: date, window_days: int
) -> dict[str, Drawn]:
    """To the key of each campaign who was drawn for it up to ``as_of``, over all its lists.

    ``lists`` are rows of ``campaigns.campaign_audiences`` under the keys of today; ``orders`` (``customer_id``,
    ``event_date``) are those that count, ``customers`` the number of customers there are, ``window_days``
    for how many days campaigns are measured.
    """
    until = lists.filter(lists.as_of <= as_of)
    people = until.group_by(*_DRAWN).agg(first=until.as_of.min())
    before = people.inner_join(orders.select("customer_id", "event_date"), "customer_id")
    age = before.first.delta(before.event_date, unit="day")
    inside = (age >= 0) & (age < window_days)
    ordered = before.filter(inside).select(*_DRAWN).distinct()
    buyers = {r["campaign_key"]: int(r["n"]) for r in engine.rows(ordered.group_by("campaign_key").agg(n=ordered.count()))}
    found: dict[str, dict[str, int]] = {}
    for row in engine.rows(people.group_by("campaign_key", "arm").agg(n=people.count()).order_by("campaign_key", "arm")):
        found.setdefault(str(row["campaign_key"]), {})[str(row["arm"])] = int(row["n"])
    recent = orders.filter(orders.event_date <= as_of, orders.event_date > as_of - timedelta(days=window_days))
    [every] = engine.rows(recent.agg(n=recent.customer_id.nunique()))
    everybody = min(int(every["n"]) / customers, 1.0) if customers else 0.0
    return {key: _drawn(arms, buyers.get(key, 0), everybody) for key, arms in found.items()}


def _drawn(arms: Mapping[str, int], buyers: int, everybody: float) -> Drawn:
    if buyers:
        return Drawn(arms, buyers / sum(arms.values()), False)
    return Drawn(arms, everybody, True)


def _points(share: float) -> str:
    return f"{share * 100:.1f} percentage points"
