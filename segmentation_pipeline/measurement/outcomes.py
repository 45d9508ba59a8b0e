"""What people did in a campaign's window, and in a window of the same length before it, as columns of a table of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.campaign_measurement import MONEY, OF_ORDERS, WINSORISED
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.identity.canonical import table_by_customer, tables_by_customer
from segmentation_pipeline.measurement.customer_orders import event_tables, persons_order_events
from segmentation_pipeline.measurement.definitions import Definition
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.rules.parse import parse_rule
from segmentation_pipeline.rules.windows import event_columns

PERSON = ("customer_id", "counts_from")
_UNITS = "decimal(18, 3)"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of people: its ``name``, whether it is money, 0 or 1, and whether more is better.

    ``before`` says whether there is the same from before, ``limit`` above which an amount counts as the limit.
    """

    name: str
    of: str
    is_money: bool = False
    is_share: bool = False
    lower_is_better: bool = False
    before: bool = True
    limit: Decimal | None = None

    @property
    def is_winsorised(self) -> bool:
        return self.name != self.of


def has_margin(config: Config) -> bool:
    """Whether what goods cost is known."""
    return "margin" in feature_columns(config)


def read_tables(config: Config) -> tuple[str, ...]:
    """The tables outcomes are made of, whichever campaigns there are."""
    asked = [each.measurement for each in config.campaigns.values()]
    asked += [each.measurement for each in config.experiments.values()]
    sources = {outcome.source for measurement in asked for outcome in measurement.outcomes.values()}
    named = [table_by_customer(config, source) for source in sorted(each for each in sources if each and config.has(each))]
    costs = (tables.clean("order_items"), tables.clean("products")) if has_margin(config) else ()
    return tuple(dict.fromkeys([*event_tables(config), *tables_by_customer(config, "orders"), *named, *costs]))


def metrics(definition: Definition, config: Config, limits: Mapping[str, Decimal | None]) -> tuple[Metric, ...]:
    """What is measured of a campaign, the metric that decides first; winsorised is what has a limit."""
    limited = [
        replace(each, limit=limits.get(each.of)) if each.is_winsorised else each for each in all_metrics(definition, config)
    ]
    found = [each for each in limited if each.limit is not None or not each.is_winsorised]
    return tuple(sorted(found, key=lambda each: each.name != definition.measurement.metric))


def all_metrics(definition: Definition, config: Config) -> list[Metric]:
    """Everything that can be measured of a campaign."""
    found = []
    if definition.from_orders:
        for name in OF_ORDERS:
            if name == "margin" and not has_margin(config):
                continue
            is_share, is_money = name in ("conversion", "first_orders"), name in MONEY
            found.append(Metric(name, name, is_money, is_share, before=name != "first_orders"))
            if is_money:
                found.append(Metric(name + WINSORISED, name, is_money=True))
    for name, outcome in definition.measurement.outcomes.items():
        if outcome.source is None or config.has(outcome.source):
            is_money, worse = outcome.column == "outcome_amount", outcome.better == "lower"
            found.append(Metric(name, name, is_money, not is_money, worse, before=outcome.source is not None))
    return found


def person_outcomes(inputs: Inputs, people: ir.Table, definition: Definition) -> ir.Table:
    """``people`` (customer_id, counts_from, and what the log reports) with columns ``y_<metric>`` and ``x_<metric>``, those
    of the window and of the one before, and ``known``: whether they had ordered before the window.

    A person is once in ``people`` for each day they count from.  Columns are never null.
    """
    units = people.select(*PERSON).distinct()
    days = definition.measurement.window_days
    parts: list[tuple[ir.Table, list[str]]] = []
    if definition.from_orders:
        parts.append(_from_orders(inputs, units, days))
        if has_margin(inputs.config):
            parts.append(_margins(inputs, units, days))
    for name, outcome in definition.measurement.outcomes.items():
        if outcome.source is not None and inputs.config.has(outcome.source):
            parts.append(_from_source(inputs, units, days, name, outcome.source, outcome.when))
    rows = people
    for number, (part, _) in enumerate(parts):
        keyed = part.rename({f"{key}_{number}": key for key in PERSON})
        rows = rows.left_join(keyed, [rows[key] == keyed[f"{key}_{number}"] for key in PERSON])
    made = {name: rows[name].fill_null(0) for _, names in parts for name in names}
    reported = {f"y_{name}": _reported(rows, o.column) for name, o in definition.measurement.outcomes.items() if o.column}
    known = {} if definition.from_orders else {"known": ibis.literal(0, "int64")}
    return rows.select(*people.columns, **made, **reported, **known)


def _windows(units: ir.Table, events: ir.Table, days: int) -> ir.Table:
    """Events of the units' people in the window or the one before; ``after`` tells which."""
    joined = units.inner_join(events, "customer_id")
    joined = joined.filter(
        joined.event_date >= joined.counts_from - ibis.interval(days=days),
        joined.event_date < joined.counts_from + ibis.interval(days=days),
    )
    return joined.mutate(after=joined.event_date >= joined.counts_from)


def _from_orders(inputs: Inputs, units: ir.Table, days: int) -> tuple[ir.Table, list[str]]:
    events = persons_order_events(inputs).semi_join(units, "customer_id")
    rows = _windows(units, events.select("customer_id", "event_date", "is_order", net=events.amount - events.returned), days)
    sums = {}
    for letter, inside in (("y", rows.after), ("x", ~rows.after)):
        sums[f"{letter}_orders"] = (inside & rows.is_order).cast("int64").sum()
        sums[f"{letter}_revenue"] = inside.ifelse(rows.net, rows.net * 0).sum().cast(Type.MONEY.ibis)
    figures = rows.group_by(*PERSON).agg(**sums)
    figures = figures.mutate(**{f"{at}_conversion": (figures[f"{at}_orders"] > 0).cast("int64") for at in "yx"})
    bought = events.filter(events.is_order)
    first = bought.group_by(buyer="customer_id").agg(first_order=bought.event_date.min())
    placed = units.inner_join(first, units.customer_id == first.buyer).select(*PERSON, "first_order")
    end = placed.counts_from + ibis.interval(days=days)
    is_first = (placed.first_order >= placed.counts_from) & (placed.first_order < end)
    placed = placed.mutate(y_first_orders=is_first.cast("int64"), known=(placed.first_order < placed.counts_from).cast("int64"))
    figures = figures.rename({f"{key}_of": key for key in PERSON})
    whole = placed.left_join(figures, [placed[key] == figures[f"{key}_of"] for key in PERSON])
    # A return may lie in a window without an order, so who has figures is among those with a first order.
    names = [name for name in figures.columns if name[:2] in ("y_", "x_")]
    columns = [*names, "y_first_orders", "known"]
    return whole.select(*PERSON, **{name: whole[name].fill_null(0) for name in columns}), columns


def order_margins(inputs: Inputs) -> ir.Table:
    """customer_id, event_date and ``margin`` of completed orders: paid for lines whose cost is known less that cost."""
    orders, excluded = (inputs.table(table) for table in tables_by_customer(inputs.config, "orders"))
    bought = completed_orders(orders.anti_join(excluded, "customer_id"), inputs.config)
    products = inputs.table(tables.clean("products")).select("product_id", "unit_cost")
    items = inputs.table(tables.clean("order_items"))
    lines = items.select("order_id", "product_id", "amount", quantity=items.quantity.cast(_UNITS))
    lines = lines.inner_join(products, "product_id")
    lines = lines.mutate(cost=(lines.quantity * lines.unit_cost).cast(Type.MONEY.ibis))
    earned = lines.filter(lines.cost.notnull()).group_by("order_id").agg(margin=(lines.amount - lines.cost).sum())
    return bought.select("order_id", "customer_id", "event_date").inner_join(earned, "order_id").drop("order_id")


def _margins(inputs: Inputs, units: ir.Table, days: int) -> tuple[ir.Table, list[str]]:
    rows = _windows(units, order_margins(inputs), days)
    sums = {
        "y_margin": rows.after.ifelse(rows.margin, rows.margin * 0).sum().cast(Type.MONEY.ibis),
        "x_margin": rows.after.ifelse(rows.margin * 0, rows.margin).sum().cast(Type.MONEY.ibis),
    }
    return rows.group_by(*PERSON).agg(**sums), list(sums)


def _from_source(
    inputs: Inputs, units: ir.Table, days: int, name: str, source: str, when: str | None
) -> tuple[ir.Table, list[str]]:
    known = event_columns(source)
    events = inputs.table(table_by_customer(inputs.config, source))
    if when is not None:
        # ``as_of`` cannot stand in it: the window alone moves with the day.
        events = events.filter(parse_rule(when, known).bind({each: events[each] for each in known}, date.min))
    rows = _windows(units, events.select("customer_id", "event_date"), days)
    found = {f"y_{name}": rows.after.any().cast("int64"), f"x_{name}": (~rows.after).any().cast("int64")}
    return rows.group_by(*PERSON).agg(**found), list(found)


def _reported(rows: ir.Table, column: str) -> ir.Value:
    value = rows[column]
    return value.fill_null(0).cast(Type.MONEY.ibis) if column == "outcome_amount" else value.fill_null(False).cast("int64")
