"""The latent customer types: seven ways of shopping that a good segmentation should find again."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from itertools import accumulate
from typing import Literal

import duckdb


@dataclass(frozen=True, slots=True)
class Shopper:
    """One type of customer.

    ``share`` of customers; ``orders_per_year`` is the mean rate while active; ``dropout`` the mean
    chance to leave for good after an order; ``lines`` the mean number of order lines;
    ``price_power`` above 1 prefers the cheap end of the shelf; ``discounted`` and ``returned`` are
    chances per order, ``percents`` the usual discounts; ``web`` and ``app`` are shares of orders, the rest is bought in a store;
    ``favourites`` are 0-based category numbers of which each customer has one, ``focus`` the share
    of lines from it; ``uplift`` the chance that a campaign contact causes an order.
    """

    name: str
    share: float
    orders_per_year: float
    dropout: float
    lines: float
    price_power: float
    discounted: float
    returned: float
    web: float
    app: float
    rhythm: Literal["all_year", "gift_season"]
    percents: tuple[int, ...]
    favourites: tuple[int, ...]
    focus: float
    uplift: float


ANY = tuple(range(10))
MILD = (10, 10, 20, 20)
DEEP = (20, 30, 30, 40)

SHOPPERS: tuple[Shopper, ...] = (
    # Buys often, much and at full price, mostly in the app.
    Shopper("champion", 0.10, 16.0, 0.004, 3.3, 0.65, 0.08, 0.04, 0.25, 0.65, "all_year", MILD, ANY, 0.30, 0.01),
    # The store customer who comes every other month.
    Shopper("regular", 0.24, 6.5, 0.015, 2.2, 1.05, 0.15, 0.03, 0.20, 0.10, "all_year", MILD, ANY, 0.30, 0.04),
    # Waits for a discount and buys the cheap end of the shelf on the web.
    Shopper("bargain_hunter", 0.18, 6.5, 0.015, 2.4, 2.60, 0.85, 0.04, 0.85, 0.10, "all_year", DEEP, ANY, 0.20, 0.12),
    # Clothes and shoes, tried on at home and often sent back.
    Shopper("category_specialist", 0.13, 5.0, 0.02, 2.4, 0.70, 0.20, 0.60, 0.75, 0.20, "all_year", MILD, (0, 1), 0.85, 0.05),
    # Comes for presents before Christmas.
    Shopper("seasonal_gifter", 0.12, 2.2, 0.02, 2.4, 0.45, 0.05, 0.05, 0.55, 0.05, "gift_season", MILD, (5, 6, 7), 0.70, 0.06),
    # One order, perhaps two, then nothing.
    Shopper("one_timer", 0.13, 2.0, 0.93, 1.5, 1.30, 0.30, 0.08, 0.70, 0.05, "all_year", MILD, ANY, 0.30, 0.02),
    # Was a busy customer for some months and left.
    Shopper("lapsed", 0.10, 16.0, 0.14, 2.2, 1.00, 0.15, 0.08, 0.45, 0.15, "all_year", MILD, ANY, 0.30, 0.03),
)


def create_shoppers(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``shoppers``: one row per type.  Macro ``shopper_of(draw)``: the type's name for a uniform draw."""
    con.execute(
        "CREATE TABLE shoppers (type VARCHAR, share DOUBLE, orders_per_year DOUBLE, dropout DOUBLE, lines DOUBLE, "
        "price_power DOUBLE, discounted DOUBLE, returned DOUBLE, web DOUBLE, app DOUBLE, rhythm VARCHAR, "
        "percents INTEGER[], favourites INTEGER[], focus DOUBLE, uplift DOUBLE)"
    )
    marks = ", ".join("?" for _ in fields(Shopper))
    for shopper in SHOPPERS:
        values = [list(value) if isinstance(value, tuple) else value for value in astuple(shopper)]
        con.execute(f"INSERT INTO shoppers VALUES ({marks})", values)
    # A chain of comparisons, not a range join: that takes minutes at a million customers.
    upto = accumulate(shopper.share for shopper in SHOPPERS)
    branches = " ".join(f"WHEN draw < {limit:.2f} THEN '{shopper.name}'" for shopper, limit in zip(SHOPPERS, upto, strict=True))
    con.execute(f"CREATE MACRO shopper_of(draw) AS (CASE {branches} END)")
