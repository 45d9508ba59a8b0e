"""A clerk who finds with a card per customer whom the triggers of the example with every source concern on its day.

Reads the accepted rows of persons, and nothing else of the pipeline.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median_high, median_low

import duckdb

AS_OF = date(2026, 6, 30)
Rows = Callable[[str], list[tuple]]


def ago(*days: int) -> set[date]:
    """The days so many days before the day of the run."""
    return {AS_OF - timedelta(days=number) for number in days}


def due(warehouse: Path) -> dict[str, set[str]]:
    """By campaign the customers whose day it is."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:

        def rows(sql: str) -> list[tuple]:
            return connection.execute(sql).fetchall()

        orders = defaultdict(list)
        sql = "FROM identity.orders WHERE coalesce(status, 'completed') = 'completed' ORDER BY ordered_at, order_id"
        for who, day, cents, order, at in rows(
            f"SELECT customer_id, event_date, (amount * 100)::BIGINT, order_id, ordered_at {sql}"
        ):
            orders[who].append((day, cents, order, at))
        return {
            "birthday_greeting": _birthdays(rows),
            "first_year": {who for who, days in orders.items() if _years_after(days[0][0], ago(0, 1, 2))},
            "third_order": {who for who, days in orders.items() if len(days) > 2 and days[2][0] in ago(*range(2, 8))},
            "big_spender": _big_spenders(rows, orders),
            "refill": _refills(rows, orders),
            "new_tier": _new_tiers(rows),
            **_visitors(rows, orders),
        }


def _birthdays(rows: Rows) -> set[str]:
    asked = {AS_OF + timedelta(days=number) for number in (5, 6, 7)}
    born = rows("SELECT customer_id, birth_date FROM pii.customers_by_customer WHERE birth_date IS NOT NULL")
    return {who for who, day in born if _years_after(day, asked)}


def _years_after(day: date, asked: set[date]) -> bool:
    return any((day.month, day.day) == (each.month, each.day) and each.year > day.year for each in asked)


def _big_spenders(rows: Rows, orders: dict) -> set[str]:
    customer_of = {order: who for who, theirs in orders.items() for _, _, order, _ in theirs}
    money = {who: [(day, cents) for day, cents, *_ in theirs] for who, theirs in orders.items()}
    for order, day, cents in rows("SELECT order_id, event_date, (amount * 100)::BIGINT FROM clean.returns"):
        if order in customer_of:
            money[customer_of[order]].append((day, -cents))

    def total(who: str, end: date) -> int:
        return sum(cents for day, cents in money[who] if end - timedelta(days=365) < day <= end)

    return {
        who
        for who, theirs in orders.items()
        for day in {day for day, *_ in theirs} & ago(*range(1, 8))
        if total(who, day) >= 50_000 > total(who, day - timedelta(days=1))
    }


def _refills(rows: Rows, orders: dict) -> set[str]:
    placed = {order: (who, day) for who, theirs in orders.items() for day, _, order, _ in theirs}
    bought = defaultdict(set)
    for order, category in rows(
        "SELECT order_id, p.category FROM clean.order_items LEFT JOIN clean.products p USING (product_id)"
    ):
        if order in placed and category is not None:
            who, day = placed[order]
            bought[who, category].add(day)
    found = set()
    for (who, _), days in bought.items():
        known = sorted(days)
        gaps = [(later - earlier).days for earlier, later in itertools.pairwise(known)]
        if len(gaps) > 1:
            next_day = known[-1] + timedelta(days=(median_low(gaps) + median_high(gaps) + 1) // 2)
            found |= {who} if AS_OF <= next_day <= AS_OF + timedelta(days=3) else set()
    return found


def _new_tiers(rows: Rows) -> set[str]:
    heights = {"bronze": 1, "silver": 2, "gold": 3}
    changes = defaultdict(list)
    for who, day, tier in rows(
        "SELECT customer_id, event_date, tier FROM identity.loyalty WHERE tier IS NOT NULL ORDER BY occurred_at, event_id"
    ):
        changes[who].append((day, heights.get(tier, 0)))

    def height(who: str, end: date) -> int:
        return ([0] + [height for day, height in changes[who] if day <= end])[-1]

    asked = ago(*range(1, 15))
    return {who for who in changes for day in asked if height(who, day) > height(who, day - timedelta(days=1))}


def _visitors(rows: Rows, orders: dict) -> dict[str, set[str]]:
    carts, pages = set(), defaultdict(list)
    for who, day, at, adds, bought, seen in rows(
        "SELECT customer_id, event_date, started_at, cart_adds, coalesce(orders, 0), coalesce(page_views, 0) FROM identity.web_sessions WHERE customer_id IS NOT NULL"
    ):
        pages[who].append((day, seen))
        if day in ago(1, 2, 3) and (adds or 0) > 0 and bought == 0:
            # In this example every order has its time of day.
            carts |= set() if any(ordered >= at for *_, ordered in orders.get(who, [])) else {who}

    def looked(who: str, end: date) -> int:
        return sum(seen for day, seen in pages[who] if end - timedelta(days=7) < day <= end)

    many = {
        who
        for who, days in pages.items()
        for day in {day for day, _ in days} & ago(*range(1, 8))
        if looked(who, day) >= 20 > looked(who, day - timedelta(days=1))
        and not any(bought > day - timedelta(days=7) for bought, *_ in orders.get(who, []))
    }
    return {"cart_reminder": carts, "looked_around": many}
