"""Rates of response: everybody's, the group's and the customer's, each drawn towards the one before.

Belongs here: what is fitted, and a customer's rates.  Which of them is published is decided in ``judge.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.parameters import Parameters

STRENGTHS = (1.0, 10_000.0)
"""Between these lies the number of sends that what is known beforehand is worth."""
EVERYBODY = "everybody"
_MOST_GROUPS = 100
_PARTS = 1_000_000
_LEAST, _MOST = 1e-4, 1.0 - 1e-4


@dataclass(frozen=True, slots=True)
class Rates(Parameters):
    """By group, and by group and value (an hour, a channel), the rate of response.

    ``strength``: so many sends is the group's rate worth against the customer's own; ``value_strength``: so many sends at a value
    is worth what is expected there of the customer.
    """

    of_groups: Mapping[str, float]
    of_values: Mapping[str, Mapping[str, float]]
    strength: float = STRENGTHS[1]
    value_strength: float = STRENGTHS[1]

    def own_rate(self, sends: Any, responses: Any, group_rate: Any) -> Any:
        """A customer's rate over all values."""
        return (responses + group_rate * self.strength) / (sends + self.strength)

    def expected(self, own_rate: Any, value_rate: Any, group_rate: Any) -> Any:
        """A customer's rate at a value as far as the group's habits tell."""
        return own_rate * value_rate / group_rate

    def own_value_rate(self, sends: Any, responses: Any, expected: Any) -> Any:
        """A customer's rate at a value, by own sends at it."""
        return (responses + expected * self.value_strength) / (sends + self.value_strength)


def group_rates(cells: Iterable[Mapping[str, Any]], least: int) -> Rates | None:
    """From counts by ``group`` and ``value`` (``sends``, ``responses``); everybody's rates stand for all groups
    that no cell names.  A rate of a group is drawn towards everybody's as by ``least`` sends.  None where all sends were
    responded to, or none.
    """
    rows = list(cells)
    total = _summed(rows, lambda row: ())
    if not rows or not 0 < total[()][1] < total[()][0]:
        return None
    rate = total[()][1] / total[()][0]
    by_value = {key[0]: _drawn(*counts, rate, least) for key, counts in _summed(rows, lambda row: (row["value"],)).items()}
    by_group = {key[0]: _drawn(*counts, rate, least) for key, counts in _summed(rows, lambda row: (row["group"],)).items()}
    of_values = {EVERYBODY: by_value}
    cell = _summed(rows, lambda row: (row["group"], row["value"]))
    for group, own in by_group.items():
        if group == EVERYBODY:
            continue
        towards = {value: min(each * own / rate, _MOST) for value, each in by_value.items()}
        of_values[group] = {value: _drawn(*cell.get((group, value), (0, 0)), towards[value], least) for value in by_value}
    return Rates({**by_group, EVERYBODY: rate}, of_values)


def _summed(rows: Iterable[Mapping[str, Any]], key: Any) -> dict[tuple[str, ...], tuple[int, int]]:
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in rows:
        sends, responses = found.get(key(row), (0, 0))
        found[key(row)] = (sends + int(row["sends"]), responses + int(row["responses"]))
    return found


def _drawn(sends: int, responses: int, towards: float, strength: float) -> float:
    return min(max((responses + towards * strength) / (sends + strength), _LEAST), _MOST)


def strength_of(excess: float, pairs: float) -> float:
    """How many sends a rate known beforehand is worth, by moments of the beta-binomial distribution: over customers, ``excess``
    is the sum of (responses - expected)² less what chance makes of it, ``pairs`` of n (n - 1) rate (1 - rate).  Their ratio
    is 1 / (strength + 1)."""
    low, high = STRENGTHS
    if excess <= 0 or pairs <= 0:
        return high
    return min(max(pairs / excess - 1.0, low), high)


def counted(trials: ir.Table, groups: ir.Table) -> ir.Table:
    """One row per customer and value: ``sends``, ``responses`` and the ``group`` that ``groups`` (customer_id, group) say."""
    each = trials.group_by("customer_id", "value").agg(sends=trials.count(), responses=trials.responded.sum())
    known = each.left_join(groups, "customer_id").select("customer_id", "value", "sends", "responses", "group")
    return known.mutate(group=known.group.fill_null(EVERYBODY))


def large_groups(engine: Engine, trials: ir.Table, groups: ir.Table, least: int) -> ir.Table:
    """``groups`` in which groups with fewer sends, and all beyond the largest ``_MOST_GROUPS``, are part of everybody."""
    sizes = trials.inner_join(groups, "customer_id").group_by("group").agg(sends=ibis._.count())
    sizes = sizes.filter(sizes.sends >= least).order_by(sizes.sends.desc(), "group").limit(_MOST_GROUPS)
    return _named(groups, [str(row["group"]) for row in engine.rows(sizes.select("group"))])


def grouped(customers: ir.Table, rates: Rates) -> ir.Table:
    """customer_id and ``group``, one that has rates of its own."""
    return _named(customers, [*rates.of_groups])


def _named(customers: ir.Table, names: Sequence[str]) -> ir.Table:
    is_named = customers.group.isin(names) if names else ibis.literal(False)
    return customers.select("customer_id", group=ibis.ifelse(is_named, customers.group, EVERYBODY))


def rates_table(engine: Engine, rates: Rates) -> ir.Table:
    """A row per group and value: ``in_group``, ``of_value``, ``group_rate``, ``value_rate``."""
    rows = [(group, value, rates.of_groups[group], rate) for group, of in rates.of_values.items() for value, rate in of.items()]
    names = {"in_group": "string", "of_value": "string", "group_rate": "float64", "value_rate": "float64"}
    return engine.memtable({name: [row[i] for row in rows] for i, name in enumerate(names)}, names)


def with_rates(engine: Engine, cells: ir.Table, rates: Rates) -> ir.Table:
    """Rows of ``counted`` with the rates of their group, and all sends and responses of the customer."""
    keyed = rates_table(engine, rates)
    rows = cells.inner_join(keyed, [("group", "in_group"), ("value", "of_value")])
    of_customer = cells.group_by("customer_id").agg(all_sends=cells.sends.sum(), all_responses=cells.responses.sum())
    return rows.drop("in_group", "of_value").inner_join(of_customer, "customer_id")


def fit_rates(engine: Engine, cells: ir.Table, least: int) -> Rates | None:
    """The rates of ``counted`` rows; the two strengths are moments over customers, in whole millionths."""
    totals = cells.group_by("group", "value").agg(sends=cells.sends.sum(), responses=cells.responses.sum())
    rates = group_rates(engine.rows(totals.order_by("group", "value")), least)
    if rates is None:
        return None
    rows = with_rates(engine, cells, rates)
    customers = rows.select("customer_id", "all_sends", "all_responses", "group_rate").distinct()
    strength = _strength(engine, customers, customers.all_sends, customers.all_responses, customers.group_rate)
    rates = Rates(rates.of_groups, rates.of_values, strength)
    own = rates.own_rate(rows.all_sends, rows.all_responses, rows.group_rate)
    expected = ibis.least(rates.expected(own, rows.value_rate, rows.group_rate), _MOST)
    with engine.staged(rows.mutate(expected=expected)) as told:
        value_strength = _strength(engine, told, told.sends, told.responses, told.expected)
    return Rates(rates.of_groups, rates.of_values, strength, value_strength)


def evenness(engine: Engine, cells: ir.Table, rates: Rates) -> ir.Table:
    """customer_id and ``even``, by which a customer's own rates at values are multiplied: over the sends of ``counted`` rows they
    then come to what was expected.  Otherwise they would say once more that the customer responds more than others, whatever
    the value."""
    rows = with_rates(engine, cells, rates)
    own_rate = rates.own_rate(rows.all_sends, rows.all_responses, rows.group_rate)
    rows = rows.mutate(expected=clipped(rates.expected(own_rate, rows.value_rate, rows.group_rate)))
    own = rates.own_value_rate(rows.sends, rows.responses, rows.expected)
    told = rows.mutate(own=(own * rows.sends * _PARTS).round().cast("int64"))
    told = told.mutate(expected=(told.expected * told.sends * _PARTS).round().cast("int64"))
    sums = told.group_by("customer_id").agg(own=told.own.sum(), expected=told.expected.sum())
    return sums.select("customer_id", even=sums.expected.cast("float64") / sums.own.cast("float64").nullif(0.0))


def _strength(engine: Engine, rows: ir.Table, sends: ir.Value, responses: ir.Value, rate: ir.Value) -> float:
    n, chance = sends.cast("float64"), rate * (1.0 - rate)
    off = responses.cast("float64") - n * rate
    excess, pairs = off * off - n * chance, n * (n - 1.0) * chance
    sums = {"excess": (excess * _PARTS).round().cast("int64").sum(), "pairs": (pairs * _PARTS).round().cast("int64").sum()}
    [found] = engine.rows(rows.agg(**sums))
    return strength_of(float(found["excess"] or 0), float(found["pairs"] or 0))


def clipped(rate: ir.FloatingValue) -> ir.FloatingValue:
    """Neither impossible nor certain."""
    return ibis.greatest(ibis.least(rate, _MOST), _LEAST)
