"""Do rates foretell later responses?  A customer's own against the group's, the group's against one rate for all values.

Belongs here: the judgement and what follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from typing import Any

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.affinity.rates import (
    Rates,
    clipped,
    counted,
    evenness,
    fit_rates,
    grouped,
    large_groups,
    with_rates,
)
from segmentation_pipeline.models.intervals import Z

OWN, GROUP, NONE = "own", "group", "none"
"""What is published: the customer's own rates, those of the group, or nothing."""
MIN_CUSTOMERS = 50
_NAMES = (OWN, GROUP)
Cells = Sequence[Mapping[str, Any]]
_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """``kind`` is published, of the ``rates`` of all sends; ``note`` says why nothing better is.
    ``cells`` are sends and responses by group and value."""

    kind: str
    rates: Rates | None = None
    customers: int = 0
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    note: str = ""
    cells: Cells = ()


def fit_affinity(
    engine: Engine, trials: ir.Table, groups: ir.Table, as_of: date, wait_days: int, holdout_days: int, least: int
) -> Judged:
    """``trials`` of one dimension, with the responses of ``wait_days``.

    Rates of the sends whose responses were known when the last ``holdout_days`` of them began are held against what was responded
    in these.  Sparse data never raises: then nothing is published and the note says so.
    """
    last = as_of - timedelta(days=wait_days)
    cut = last - timedelta(days=holdout_days)
    with engine.staged(trials) as known:
        groups = large_groups(engine, known, groups, least)
        before = known.filter(known.day <= cut - timedelta(days=wait_days))
        with engine.staged(counted(before, groups)) as cells:
            earlier = fit_rates(engine, cells, least)
            gains = _gains(engine, cells, known.filter(known.day > cut), groups, earlier) if earlier else None
        with engine.staged(counted(known, groups)) as everything:
            rates = fit_rates(engine, everything, least)
            [found] = engine.rows(everything.agg(customers=everything.customer_id.nunique()))
            totals = everything.group_by("group", "value").agg(sends=everything.sends.sum(), responses=everything.responses.sum())
            cells_of_groups = engine.rows(totals.order_by("group", "value"))
    return _judged(rates, gains, int(found["customers"]), cells_of_groups, holdout_days)


def _judged(rates: Rates | None, gains: Mapping[str, Any] | None, customers: int, cells: Cells, holdout_days: int) -> Judged:
    if rates is None or gains is None or gains["customers"] < MIN_CUSTOMERS:
        judged = 0 if gains is None else int(gains["customers"])
        return Judged(
            NONE,
            rates,
            customers,
            {},
            f"nothing is published: {judged} customers were sent something before and in the "
            f"last {holdout_days} days whose responses are known, at least {MIN_CUSTOMERS} needed",
        )
    metrics = {"judged_customers": float(gains["customers"])}
    for name in _NAMES:
        mean, low, high = _interval(gains, name)
        metrics |= {f"{name}_gain": mean, f"{name}_gain_low": low, f"{name}_gain_high": high}
    kind, note = _decided(metrics)
    return Judged(kind, rates, customers, metrics, note, cells)


def _decided(metrics: Mapping[str, float]) -> tuple[str, str]:
    """What is published, and why nothing better."""
    of = {
        name: f"{metrics[f'{name}_gain']:.6f} [{metrics[f'{name}_gain_low']:.6f}, {metrics[f'{name}_gain_high']:.6f}]"
        for name in _NAMES
    }
    if metrics["own_gain_low"] > 0:
        return OWN, ""
    if metrics["group_gain_low"] > 0:
        return GROUP, f"the group's rates are published: own rates gain {of['own']} over them"
    return (
        NONE,
        f"nothing is published: own rates gain {of['own']} over the group's, and those {of['group']} over one rate for all",
    )


def _gains(engine: Engine, cells: ir.Table, after: ir.Table, groups: ir.Table, rates: Rates) -> dict[str, Any]:
    """Sums over customers with sends before and after, of what each gains in log-likelihood per later send, in millionths."""
    known = cells.select("customer_id", "value", own_sends="sends", own_responses="responses")
    of_customer = cells.group_by("customer_id").agg(sends_before=cells.sends.sum(), responses_before=cells.responses.sum())
    later = counted(after, grouped(groups, rates))
    rows = with_rates(engine, later, rates).inner_join(of_customer, "customer_id")
    rows = rows.left_join(known, ["customer_id", "value"]).drop("customer_id_right", "value_right")
    rows = rows.inner_join(evenness(engine, cells, rates), "customer_id")
    own_rate = clipped(rates.own_rate(rows.sends_before, rows.responses_before, rows.group_rate))
    with ExitStack() as held:
        rows = held.enter_context(engine.staged(rows.mutate(flat=own_rate)))
        expected = clipped(rates.expected(rows.flat, rows.value_rate, rows.group_rate))
        rows = held.enter_context(engine.staged(rows.mutate(of_group=expected)))
        own_sends, own_responses = rows.own_sends.fill_null(0), rows.own_responses.fill_null(0)
        own = clipped(rates.own_value_rate(own_sends, own_responses, rows.of_group) * rows.even)
        gained = rows.mutate(own=_log_ratio(rows, own, rows.of_group), group=_log_ratio(rows, rows.of_group, rows.flat))
        each = gained.group_by("customer_id").agg(n=gained.sends.sum(), **{name: gained[name].sum() for name in _NAMES})
        of_customer = each.select(**{name: (each[name] / each.n).round().cast("int64") for name in _NAMES})
        sums = {name: of_customer[name].sum() for name in _NAMES}
        squares = {f"{name}_squares": (of_customer[name] * of_customer[name]).sum() for name in _NAMES}
        [found] = engine.rows(of_customer.agg(customers=of_customer.count(), **sums, **squares))
    return found


def _log_ratio(rows: ir.Table, rate: ir.FloatingValue, other: ir.FloatingValue) -> ir.IntegerValue:
    failures = rows.sends - rows.responses
    ratio = rows.responses * (rate / other).ln() + failures * ((1.0 - rate) / (1.0 - other)).ln()
    return (ratio * _PARTS).round().cast("int64")


def _interval(sums: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    """The mean over customers and its 95 % interval."""
    n, total, squares = (float(sums[key] or 0) for key in ("customers", name, f"{name}_squares"))
    mean = total / n
    error = sqrt(max(squares - n * mean * mean, 0.0) / (n - 1.0) / n)
    return tuple(round(value / _PARTS, 9) for value in (mean, mean - Z * error, mean + Z * error))  # type: ignore[return-value]
