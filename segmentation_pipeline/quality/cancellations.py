"""Cancellations that cancel nothing: the order they name is not there, or is another customer's.

What was cancelled then still counts as bought.  Some are usual where files do not go back far enough; that none of many finds
its order is a wrong column, or keys written in two ways.
"""

from __future__ import annotations

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import MAX_EXAMPLES, RuleResult, could_not_check
from segmentation_pipeline.values.states import ACCEPTED, SOUND

CANCELLATIONS = "cancellations"
MANY = 20
"""That none of so many finds its order is no accident."""


def cancellation_rules(config: Config, source: str) -> tuple[Check, ...]:
    """The rules of orders, where their files may tell what they cancel."""
    if source != "orders":
        return ()
    told_by = config.sources["orders"].derive_from or "orders"
    columns = config.sources[told_by].columns
    if columns and "cancels" not in columns:
        return ()
    return (
        Check(
            table=tables.clean("orders"),
            expectation=CANCELLATIONS,
            name="cancellations_find_their_order",
            arguments={"told_by": told_by, "at_least": 1},
            severity="warning",
            description="a cancellation should name an order of the same customer",
            catches="Cancellations of orders that are not there: nothing is taken off for them.",
        ),
        Check(
            table=tables.clean("orders"),
            expectation=CANCELLATIONS,
            name="some_cancellations_find_their_order",
            arguments={"told_by": told_by, "at_least": MANY},
            severity="error",
            description=f"of {MANY} and more cancellations some must name an order of the same customer",
            catches="A column that holds other numbers than those of orders: everything cancelled would count as bought.",
        ),
    )


def cancellations(engine: Engine, rule: Check) -> RuleResult:
    """Whether the rows that name an order they cancel, accepted ones, take one off."""
    told_by, at_least = str(rule.arguments["told_by"]), int(str(rule.arguments["at_least"]))
    if not (engine.has(tables.validated("orders")) and engine.has(tables.validated(told_by))):
        return could_not_check(rule, 0, "the source was not read; was the step before it run?")
    cancelling = _cancelling(engine, told_by)
    with engine.staged(cancelling.anti_join(_taken_off(engine), ["order_id", "cancels"])) as lost:
        [all_of_them] = engine.rows(cancelling.agg(rows=cancelling.count()))
        [found] = engine.rows(lost.agg(rows=lost.count(), amount=lost.amount.abs().sum()))
        rows, unmatched = int(all_of_them["rows"]), int(found["rows"])
        examples = engine.rows(lost.order_by("_file", "_row").limit(MAX_EXAMPLES).select("_file", "_row")) if unmatched else []
    passed = not unmatched if at_least == 1 else rows < at_least or unmatched < rows
    if not unmatched:
        return RuleResult(rule, passed, rows, 0, 0.0, None, (), f"{rule.table}: {rule.description}: all {rows} do")
    places = ", ".join(f"{row['_file']} row {row['_row']}" for row in examples[:3])
    seen = f"{unmatched} of {rows} do not, such as {places}: nothing is taken off for their {found['amount']}"
    cure = (
        f"Is sources.{told_by}.columns.cancels the number of an order, and are the files there that hold these orders? "
        f"Goods that came back without an order are 'negative: return'."
    )
    message = f"{rule.table}: {rule.description}: {seen}. {cure}"
    return RuleResult(rule, passed, rows, unmatched, round(unmatched / rows, 6), seen, tuple(examples), message)


def _cancelling(engine: Engine, told_by: str) -> ir.Table:
    """The rows that name an order they cancel; lines with the order they are part of, if that counts."""
    told = engine.table(tables.validated(told_by))
    told = told.filter(told._state.isin(ACCEPTED), told.cancels.notnull())
    if told_by != "orders":
        told = told.semi_join(_accepted(engine), "order_id")
    if engine.has(tables.EXPIRED_ORDERS):
        # What is older than orders are kept was taken off with them.
        gone = engine.table(tables.EXPIRED_ORDERS).select(cancels="order_id").distinct()
        told = told.anti_join(gone, "cancels")
    return told.select("_file", "_row", "order_id", "cancels", "amount")


def _accepted(engine: Engine) -> ir.Table:
    orders = engine.table(tables.validated("orders"))
    return orders.filter(orders._state.isin(ACCEPTED))


def _taken_off(engine: Engine) -> ir.Table:
    """Orders and what they cancel, where that is there and of the same customer, or both are nobody's."""
    validated = engine.table(tables.validated("orders"))
    there = validated.filter(validated._state.isin(SOUND)).select(number="order_id", whose="customer_id").distinct()
    orders = _accepted(engine)
    orders = orders.filter(orders.cancels.notnull()).select("order_id", "cancels", "customer_id")
    same = [orders.cancels == there.number, orders.customer_id.identical_to(there.whose)]
    return orders.semi_join(there, same).select("order_id", "cancels").distinct()
