"""A shop whose customers answer the lists that were written: orders of each day by a generator that knows what it planted.

Everybody may order on any day by themselves; whoever got an arm of the voucher orders once more, with a chance of the arm.
Chance is a hash, so a world is the same whatever is sent, and what would have happened otherwise is known.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from segmentation_pipeline.settings import Settings

PEOPLE = [f"c{number:03}" for number in range(600)]
ANYWAY = 0.015
"""The chance of an order on a day, whatever is sent."""
CAUSED = {"plain": 0.12, "voucher": 0.4}
"""The chance of one more order by the arm somebody got."""
WITHIN = 4
"""It comes at most so many days later."""
FIRST = date(2026, 6, 1)


def chance(*of: object) -> float:
    return int.from_bytes(hashlib.sha256("|".join(map(str, of)).encode()).digest()[:6]) / 2**48


def orders_anyway(who: str, day: date) -> bool:
    return chance("anyway", who, day) < ANYWAY


def caused_on(who: str, arm: str, contacted: date) -> date | None:
    """The day of the order that the arm causes, were it sent on ``contacted``."""
    if chance("caused", who) >= CAUSED.get(arm, 0.0):
        return None
    return contacted + timedelta(days=1 + int(WITHIN * chance("caused on", who)))


def open_shop(root: Path) -> None:
    """Customers with an address each, and an order in spring."""
    (root / "orders").mkdir()
    known = "".join(f"{who},{who}@example.org,+49151{1000000 + n}\n" for n, who in enumerate(PEOPLE))
    (root / "customers.csv").write_text("customer_id,email,phone\n" + known)
    write_orders(
        root, FIRST - timedelta(days=1), [(who, date(2026, 3, 1) + timedelta(days=n % 60)) for n, who in enumerate(PEOPLE)]
    )


def write_orders(root: Path, day: date, orders: list[tuple[str, date]]) -> None:
    lines = [f"{who}-{on}-{number},{who},{on} 10:00,20\n" for number, (who, on) in enumerate(orders)]
    (root / "orders" / f"orders_{day}.csv").write_text("order_id,customer_id,ordered_at,amount\n" + "".join(lines))


def a_day_of_orders(settings: Settings, day: date) -> None:
    """The orders of ``day``, by customers on their own and by those who got the voucher by a list of an earlier night."""
    bought = [(who, day) for who in PEOPLE if orders_anyway(who, day)]
    answers = [(who, day) for night, who, arm in contacted(settings, "voucher") if caused_on(who, arm, night) == day]
    write_orders(settings.root, day, bought + answers)


def contacted(settings: Settings, campaign: str) -> Iterator[tuple[date, str, str]]:
    """Night, customer and arm of everybody in the files of the campaign, as a sender reads them."""
    for path in sorted(settings.audiences.glob(f"*/{campaign}/audience.csv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                yield date.fromisoformat(path.parts[-3]), row["customer_id"], row.get("arm") or "treatment"


def ordered(root: Path) -> set[tuple[str, date]]:
    """Who ordered when, as the files of orders tell it."""
    found = set()
    for path in sorted((root / "orders").glob("*.csv")):
        with path.open(newline="") as file:
            found |= {(row["customer_id"], date.fromisoformat(row["ordered_at"][:10])) for row in csv.DictReader(file)}
    return found
