"""Customers who are probably nobody: one key for every guest, or for everything that is sold at a till.

Taken for one customer they are the best of the shop, in every segment and score.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, could_not_check
from segmentation_pipeline.values.states import CLEAN

GUESTS = "guests"
_WORDS = (
    *(
        "invite",
        "invité",
        "invitado",
        "ospite",
        "convidado",
        "gość",
        "anonym",
        "anonyme",
        "anonimo",
        "walk-in",
        "walkin",
        "walk_in",
    ),
    *("cash", "till", "pos", "customer", "kunde", "client", "cliente", "diverse", "barverkauf", "-1", "."),
)
"""Beside those that name no customer at all, which are refused (``contracts.text``)."""
_MANY, _SHARE = 20, 0.1
"""Of so many customers none has so large a share of the orders, and so many of them."""


def guests_rule(source: str) -> tuple[Check, ...]:
    if source != "orders":
        return ()
    return (
        Check(
            name="customers_are_somebody",
            table=tables.clean("orders"),
            expectation=GUESTS,
            arguments={"source": source},
            severity="warning",
            description="a key of customers should be that of one person",
            catches="Guests under one key, such as 0: they would be the best customer there is.",
        ),
    )


def guests(engine: Engine, rule: Check) -> RuleResult:
    """Whether some customer is called as nobody is, or has far too many of the orders.

    A key is told only where it is a word for nobody: any other may be an address."""
    if not engine.has(tables.validated("orders")):
        return could_not_check(rule, 0, "the source was not read; was the step before it run?")
    orders = engine.table(tables.validated("orders"))
    orders = orders.filter(orders._state == CLEAN, orders.customer_id.notnull())
    with engine.staged(orders.group_by("customer_id").agg(orders=orders.count(), first=_place(orders).min())) as customers:
        [seen] = engine.rows(customers.agg(customers=customers.count(), orders=customers.orders.sum().fill_null(0)))
        people, total = int(seen["customers"]), int(seen["orders"])
        key = customers.customer_id.lower()
        named = key.isin(_WORDS) | key.re_search("^0+$")
        too_many = ibis.literal(people >= _MANY) & (customers.orders >= max(_MANY, int(total * _SHARE) + 1))
        found = customers.filter(named | too_many).mutate(word=ibis.ifelse(named, customers.customer_id, ibis.null("string")))
        rows = engine.rows(found.order_by(found.orders.desc(), "customer_id").limit(3))
    if not rows:
        return RuleResult(rule, True, total, 0, 0.0, None, (), f"{rule.table}: {rule.description}: holds")
    told = [
        f"{row['orders']} of {total} orders are of "
        + (f"'{row['word']}'" if row["word"] else f"one customer, first in {row['first']}")
        for row in rows
    ]
    counted = sum(int(row["orders"]) for row in rows)
    words = [f'"{row["word"]}"' for row in rows if row["word"]] or ['"the key"']
    cure = f"If that is every guest, say 'anonymous: [{', '.join(words)}]' for orders; guests may be told apart by an address"
    message = f"{rule.table}: {rule.description}: {'; '.join(told)}. {cure}: 'customer_id: {{first_of: [id, email]}}'."
    return RuleResult(rule, False, total, counted, round(counted / total, 6), "; ".join(told), (), message)


def _place(orders: ir.Table) -> ir.StringValue:
    return orders._file + ibis.literal(" row ") + orders._row.cast("string")
