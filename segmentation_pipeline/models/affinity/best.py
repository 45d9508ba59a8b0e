"""The value at which a customer is most likely to respond, and the published rates of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.model_tables import SEND_AFFINITY_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.affinity.judge import OWN
from segmentation_pipeline.models.affinity.rates import Rates, clipped, counted, evenness, grouped
from segmentation_pipeline.models.affinity.settings import AffinityConfig
from segmentation_pipeline.models.intervals import wilson

RATE_DIGITS = 6
Candidates = Mapping[str, Sequence[str]]
"""By group the values with enough sends to it."""


def candidates_of(cells: Sequence[Mapping[str, object]], least: int) -> dict[str, list[str]]:
    """From counts by ``group`` and ``value``; of a group without two values to choose from there are none."""
    found: dict[str, list[str]] = {}
    for cell in cells:
        if int(str(cell["sends"])) >= least:
            found.setdefault(str(cell["group"]), []).append(str(cell["value"]))
    return {group: sorted(values) for group, values in found.items() if len(values) > 1}


def best_values(
    engine: Engine,
    customers: ir.Table,
    trials: ir.Table,
    rates: Rates,
    candidates: Candidates,
    kind: str,
    settings: AffinityConfig,
) -> ir.Table:
    """One row per customer of a group with candidates: customer_id, ``best`` and ``rate``, the one expected there.

    ``customers`` has customer_id and ``group``.  The customer's own rates decide where they are credible (``kind``) and there are
    enough sends; else the group's do.
    """
    cells = counted(trials, grouped(customers, rates))
    totals = cells.group_by("customer_id").agg(all_sends=cells.sends.sum(), all_responses=cells.responses.sum())
    people = grouped(customers, rates).left_join(totals, "customer_id").drop("customer_id_right")
    people = people.mutate(all_sends=people.all_sends.fill_null(0), all_responses=people.all_responses.fill_null(0))
    options = _options(engine, rates, candidates)
    has_own = people.all_sends >= settings.min_sends if kind == OWN else ibis.literal(False)
    # Whoever has too few sends has the group's best, which is one row.
    by_group = people.filter(~has_own).inner_join(options.filter(options.is_best), [("group", "in_group")])
    plain = _expected(rates, by_group).select("customer_id", best="of_value", rate="expected")
    if kind != OWN:
        return plain.mutate(rate=plain.rate.round(RATE_DIGITS))
    each = people.filter(has_own).inner_join(options, [("group", "in_group")])
    each = each.left_join(
        cells.select("customer_id", "value", "sends", "responses"),
        ["customer_id", ("of_value", "value")],
    ).drop("customer_id_right")
    told = _expected(rates, each.inner_join(evenness(engine, cells, rates), "customer_id"))
    rate = rates.own_value_rate(told.sends.fill_null(0), told.responses.fill_null(0), told.expected) * told.even
    rated = told.select("customer_id", best="of_value", rate=clipped(rate).round(RATE_DIGITS))
    order = ibis.window(group_by="customer_id", order_by=[rated.rate.desc(), rated.best])
    ranked = rated.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).drop("place").union(plain.mutate(rate=plain.rate.round(RATE_DIGITS)))


def _expected(rates: Rates, rows: ir.Table) -> ir.Table:
    own = rates.own_rate(rows.all_sends, rows.all_responses, rows.group_rate)
    return rows.mutate(expected=clipped(rates.expected(own, rows.value_rate, rows.group_rate)))


def _options(engine: Engine, rates: Rates, candidates: Candidates) -> ir.Table:
    """A row per group and candidate: the first of the highest rate ``is_best``."""
    rows = []
    for group, values in candidates.items():
        best = max(sorted(values), key=lambda value: round(rates.of_values[group][value], RATE_DIGITS))
        rows += [(group, value, rates.of_groups[group], rates.of_values[group][value], value == best) for value in values]
    kinds = {"in_group": "string", "of_value": "string", "group_rate": "float64", "value_rate": "float64", "is_best": "boolean"}
    return engine.memtable({name: [row[i] for row in rows] for i, name in enumerate(kinds)}, kinds)


def affinity_rows(
    as_of: date, dimension: str, cells: Sequence[Mapping[str, object]], rates: Rates | None, candidates: Candidates, kind: str
) -> list[tuple[object, ...]]:
    """Rows of the published ``send_affinity``: of candidates alone, so that no row tells of a few people."""
    found: list[tuple[object, ...]] = []
    for cell in cells:
        group, value, sends, responses = (cell[name] for name in ("group", "value", "sends", "responses"))
        if rates is None or value not in candidates.get(str(group), ()):
            continue
        sent, answered = int(str(sends)), int(str(responses))
        low, high = wilson(answered, sent)
        interval = (round(answered / sent, RATE_DIGITS), round(low, RATE_DIGITS), round(high, RATE_DIGITS))
        drawn = round(rates.of_values[str(group)][str(value)], RATE_DIGITS)
        found.append((as_of, dimension, group, value, sent, answered, *interval, drawn, kind))
    return found


def affinity_table(engine: Engine, rows: Sequence[tuple[object, ...]]) -> ir.Table:
    return engine.memtable(
        {column.name: [row[i] for row in rows] for i, column in enumerate(SEND_AFFINITY_COLUMNS)},
        {column.name: column.type.ibis for column in SEND_AFFINITY_COLUMNS},
    )
