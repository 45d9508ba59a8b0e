"""Do segments differ in what customers do afterwards?  Those that do not are no ground for acting.

Belongs here: the segments of an earlier observed day against the orders since then.  What became of
campaigns is measured elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple, cast

import ibis
import ibis.expr.types as ir
from scipy.stats import f as f_distribution

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.segmentations.guards import Guard

LATER_DAYS = 28
"""So many days of orders, at least, must lie between the segments and the day they are judged on."""

LEAST_SHARE = 0.01
"""Shares of variance below this are less than what Cohen (1988) calls a small effect."""

LIKELY_CHANCE = 0.05
_EXACT = "decimal(18, 4)"
_DIGITS = 4
OUTCOMES = {"revenue": "revenue", "ordered": "whether they ordered"}
"""The outcomes by column, in words."""


class Group(NamedTuple):
    """Customers of a segment with the sum and the sum of squares of an outcome."""

    customers: int
    total: float
    squares: float


class Difference(NamedTuple):
    """``share``: of an outcome's variance that segments explain beyond chance; ``chance``: the p-value."""

    share: float
    chance: float


def guard_outcomes(
    engine: Engine,
    history: ir.Table,
    observed_days: ir.Table,
    orders: ir.Table,
    customers: ir.Table,
    as_of: date,
    names: Sequence[str],
) -> list[Guard]:
    """``later_outcome`` for every one of the exclusive segmentations ``names``.

    The segments ``customers`` (customer_id; a sample will do) were in on the latest observed day at
    least ``LATER_DAYS`` before ``as_of``, against their ``orders`` (completed) after it: net amount, as
    ln(1 + amount) because a few large orders would decide alone, and whether there was any.
    Known only once such a day was observed.
    """
    old_enough = observed_days.filter(
        observed_days.as_of <= as_of - timedelta(days=LATER_DAYS), observed_days.segmentation.isin(list(names))
    )
    days = {
        str(row["segmentation"]): cast(date, row["day"])
        for row in engine.rows(old_enough.group_by("segmentation").agg(day=old_enough.as_of.max()))
    }
    groups = _groups(engine, history, orders, customers, as_of, days) if days else {}
    return [_judged(name, days.get(name), as_of, groups.get(name, {})) for name in names]


def difference(groups: Sequence[Group]) -> Difference | None:
    """Epsilon squared (Kelley 1935: eta squared less what chance gives) and the p-value of the F test.

    None with fewer than two groups, or where nobody differs from anybody.

    >>> difference([Group(3, 3.0, 3.0), Group(3, 0.0, 0.0), Group(2, 1.0, 1.0)])
    Difference(share=0.65, chance=0.0312)
    """
    groups = [group for group in groups if group.customers]
    customers, total = sum(g.customers for g in groups), sum(g.total for g in groups)
    free = customers - len(groups)
    if len(groups) < 2 or free < 1:
        return None
    everything = sum(g.squares for g in groups) - total * total / customers
    between = sum(g.total * g.total / g.customers for g in groups) - total * total / customers
    if everything <= 1e-9:
        return None
    eta = min(max(between / everything, 0.0), 1.0)
    share = max(1 - (1 - eta) * (customers - 1) / free, 0.0)
    ratio = eta / (len(groups) - 1) / max((1 - eta) / free, 1e-300)
    return Difference(round(share, _DIGITS), round(float(f_distribution.sf(ratio, len(groups) - 1, free)), _DIGITS))


def _groups(
    engine: Engine, history: ir.Table, orders: ir.Table, customers: ir.Table, as_of: date, days: dict[str, date]
) -> dict[str, dict[str, list[Group]]]:
    """By segmentation and outcome, a group per segment."""
    asked = engine.memtable({"name": list(days), "day": list(days.values())}, {"name": "string", "day": "date"})
    sampled = history.semi_join(customers, "customer_id")
    covers = (sampled.valid_from <= asked.day) & (sampled.valid_to.isnull() | (sampled.valid_to > asked.day))
    members = sampled.join(asked, [sampled.segmentation == asked.name, covers])
    since = asked.select(since="day").distinct()
    later = orders.join(since, [orders.event_date > since.since, orders.event_date <= as_of])
    bought = later.group_by(buyer="customer_id", since="since").agg(amount=later.amount.sum())
    both = members.left_join(bought, [members.customer_id == bought.buyer, members.day == bought.since])
    spent = ibis.greatest(both.amount.fill_null(0).cast("float64"), 0.0)
    both = both.mutate(revenue=(spent + 1.0).ln().cast(_EXACT), ordered=both.buyer.notnull().cast("int64").cast(_EXACT))
    sums: dict[str, ir.Value] = {"customers": both.count()}
    for outcome in OUTCOMES:
        sums |= {f"{outcome}_total": both[outcome].sum(), f"{outcome}_squares": (both[outcome] * both[outcome]).sum()}
    found: dict[str, dict[str, list[Group]]] = defaultdict(lambda: {outcome: [] for outcome in OUTCOMES})
    for row in engine.rows(both.group_by("segmentation", "segment").agg(**sums).order_by("segmentation", "segment")):
        for outcome in OUTCOMES:
            total, squares = (float(row[f"{outcome}_{sum_}"]) for sum_ in ("total", "squares"))
            found[str(row["segmentation"])][outcome].append(Group(cast(int, row["customers"]), total, squares))
    return found


def _judged(name: str, day: date | None, as_of: date, groups: dict[str, list[Group]]) -> Guard:
    if day is None:
        told = f"not yet known: no day at least {LATER_DAYS} days before was observed"
        return Guard(name, "later_outcome", True, told, {"days_needed": LATER_DAYS})
    known = {outcome: found for outcome, each in groups.items() if (found := difference(each)) is not None}
    days = (as_of - day).days
    if not known:
        told = f"not yet known: since {day} nobody's orders, or nobody's segment, differ from anybody else's"
        return Guard(name, "later_outcome", True, told, {"days": days})
    customers = sum(group.customers for group in next(iter(groups.values())))
    passed = any(found.share >= LEAST_SHARE and found.chance < LIKELY_CHANCE for found in known.values())
    shares = " and ".join(f"{found.share:.1%} of the variance of {OUTCOMES[outcome]}" for outcome, found in known.items())
    message = f"the segments of {customers} customers on {day} explain {shares} in the {days} days since" + (
        "" if passed else f"; less than {LEAST_SHARE:.0%}, or what chance gives: they do not tell who will buy"
    )
    numbers: dict[str, float] = {"days": days, "customers": customers, "limit": LEAST_SHARE}
    for outcome, found in known.items():
        numbers |= {f"{outcome}_share": found.share, f"{outcome}_chance": found.chance}
    return Guard(name, "later_outcome", passed, message, numbers)
