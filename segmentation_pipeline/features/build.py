"""From clean tables to one row per customer: the single pass over orders, the join of families, the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.business_clock import business_time
from segmentation_pipeline.features.calendar import Calendar
from segmentation_pipeline.features.catalog import families, family_columns
from segmentation_pipeline.features.family import Family, Inputs, is_mapped, refunds_told


def standing_orders(orders: ir.Table, config: Config) -> ir.Table:
    """Orders that are not cancelled: by their status, or whole by an order of the same customer that ``cancels`` them."""
    standing = orders.filter(orders.status.fill_null("completed") != "cancelled")
    if not is_mapped(config, "orders.cancels"):
        return standing
    cancelled = orders.filter(orders.cancels.notnull()).select("customer_id", "cancels").distinct()
    # Orders of nobody cancel orders of nobody.
    same = [standing.order_id == cancelled.cancels, standing.customer_id.identical_to(cancelled.customer_id)]
    return standing.anti_join(cancelled, same)


def completed_orders(orders: ir.Table, config: Config) -> ir.Table:
    """Orders that count: what is cancelled, or only came back, is no order; no status means completed."""
    standing = standing_orders(orders, config)
    return standing.filter(standing.status.fill_null("completed") == "completed")


def sold_lines(items: ir.Table) -> ir.Table:
    """Lines that were sold and neither cancelled nor given back."""
    return items.filter(items.status.fill_null("completed") == "completed")


def refunds_of_orders(orders: ir.Table, config: Config) -> ir.Table | None:
    """Orders of which something was paid back by their own telling; None where no source tells.

    Beside a source ``returns`` only what the configuration says orders tell counts.
    """
    if not refunds_told(config) and (config.has("returns") or not is_mapped(config, "orders.returned_amount")):
        return None
    standing = standing_orders(orders, config)
    return standing.filter(standing.returned_amount > 0).select("customer_id", "event_date", amount=standing.returned_amount)


def order_events(orders: ir.Table, returns: ir.Table | None, refunds: ir.Table | None = None) -> ir.Table:
    """One row per completed order, per return of one and per refund an order tells of, told apart by ``is_order``.

    Columns: customer_id, event_date (day of the order or of the return), is_order, amount (paid,
    0 for returns), returned (refunded, 0 for orders), and of orders ordered_at, discount_amount, channel,
    store_id, category.
    """
    zero = ibis.literal(0).cast(Type.MONEY.ibis)
    bought = orders.select(
        "customer_id",
        "event_date",
        is_order=ibis.literal(True),
        ordered_at=orders.ordered_at,
        amount=orders.amount,
        returned=zero,
        discount_amount=orders.discount_amount,
        channel=orders.channel,
        store_id=orders.store_id,
        category=orders.category,
    )
    back = [refunds] if refunds is not None else []
    if returns is not None:
        of_orders = returns.select("order_id", "event_date", "amount").join(orders.select("order_id", "customer_id"), "order_id")
        back.append(of_orders.select("customer_id", "event_date", "amount"))
    sent_back = [
        some.select(
            "customer_id",
            "event_date",
            is_order=ibis.literal(False),
            ordered_at=ibis.null(orders.ordered_at.type()),
            amount=zero,
            returned=some.amount,
            discount_amount=ibis.null(Type.MONEY.ibis),
            **dict.fromkeys(("channel", "store_id", "category"), ibis.null("string")),
        )
        for some in back
    ]
    return bought.union(*sent_back) if sent_back else bought


def order_facts(inputs: Inputs, of: Sequence[Family] | None = None) -> ir.Table:
    """One row per customer with orders: the ``order_sums`` of every family, or those ``of`` some, in one pass."""
    events = _with_local_hour(inputs.order_events, inputs.day, inputs.config)
    sums: dict[str, ir.Value] = {}
    for family in families(inputs.config) if of is None else of:
        inside = partial(inputs.of(family).inside, rows=events)
        sums |= family.order_sums(events, inside, inputs.config)
    return events.group_by("customer_id").agg(**sums)


def _with_local_hour(events: ir.Table, as_of: date, config: Config) -> ir.Table:
    placed = business_time(events.ordered_at, config.pipeline.business.zone, config.pipeline.quality.earliest_date, as_of)
    day_only = placed == events.event_date.cast("timestamp")
    return events.mutate(local_hour=ibis.ifelse(day_only, ibis.null("int32"), placed.hour()))


def customer_base(orders: ir.Table, customers: ir.Table | None) -> ir.Table:
    """One row per customer known at as_of: listed in the customers source or with an order."""
    buyers = orders.select("customer_id").distinct()
    return buyers if customers is None else customers.select("customer_id").union(buyers, distinct=True)


@dataclass(frozen=True, slots=True)
class FamilyRows:
    """What a family makes: ``rows`` has customer_id, once, and ``columns``."""

    family: Family
    columns: tuple[Column, ...]
    rows: ir.Table


def family_rows(inputs: Inputs, of: Sequence[Family] | None = None) -> list[FamilyRows]:
    """The rows of every family that is on, or those ``of`` some, without the columns the calendar moves."""
    made = []
    for family in families(inputs.config) if of is None else of:
        built = family.build(inputs.of(family))
        columns = tuple(column for column in family_columns(family, inputs.config) if column.name in built.columns)
        made.append(FamilyRows(family, columns, built.select("customer_id", *(column.name for column in columns))))
    return made


def customer_state(base: ir.Table, made: Sequence[FamilyRows]) -> ir.Table:
    """One row per customer of ``base``: the columns of every family that is on, but those the calendar moves.

    A column that is never null by its declaration (counts and sums) is 0 for customers the family
    has no row for; all others are null.
    """
    # One chain of joins and one selection: a selection per family would nest as deep as there are families.
    rows = base
    for number, family in enumerate(made):
        key = f"customer_id_{number}"
        keyed = family.rows.select(**{key: family.rows.customer_id}, **{c.name: family.rows[c.name] for c in family.columns})
        rows = rows.left_join(keyed, base.customer_id == keyed[key])
    columns = [column for family in made for column in family.columns]
    return rows.select(
        "customer_id",
        **{column.name: _filled(rows, column) if column.null_means is None else rows[column.name] for column in columns},
    )


def customer_features(
    state: ir.Table, as_of: date, config: Config, calendar: Calendar | None = None, of: Sequence[Family] | None = None
) -> ir.Table:
    """``state`` with the columns that move with the calendar, as of the day; columns as declared by every family, or those
    ``of`` some, whose state it is."""
    wanted = families(config) if of is None else of
    columns: dict[str, ir.Value] = {}
    for family in wanted:
        columns |= family.as_of_columns(state, as_of)
    rows = state.mutate(**columns)
    for family in wanted:
        rows = family.as_of_join(rows, as_of, config, calendar)
    names = [column.name for family in wanted for column in family_columns(family, config)]
    return rows.select("customer_id", *names)


def _filled(table: ir.Table, column: Column) -> ir.Value:
    return table[column.name].fill_null(ibis.literal(0).cast(column.type.ibis))
