"""What the shop sells: ten categories of twelve products, from cheap to dear."""

from __future__ import annotations

import duckdb

CATEGORIES: dict[str, tuple[str, int]] = {
    "apparel": ("Shirt", 990),
    "shoes": ("Shoe", 1990),
    "beauty": ("Cream", 390),
    "home": ("Lamp", 790),
    "kitchen": ("Pan", 690),
    "toys": ("Game", 590),
    "books": ("Book", 490),
    "electronics": ("Speaker", 2490),
    "garden": ("Planter", 690),
    "sports": ("Ball", 890),
}
"""Category: the word in its product names and the price of its cheapest product, in cents."""
TIERS = 12
BRANDS = ("Nordlicht", "Sample & Co", "Exemplar", "Mustermarke")
ONE_BRAND = {"shoes": "Nordlicht"}
"""Categories of which the shop sells one brand alone: who buys hardly anything else is loyal to it."""
PRICE_STEP = 1.24
"""A product costs this much more than the next cheaper one of its category."""


def price_list() -> list[int]:
    """Prices in cents, category by category.  Multiples of 10, so a discount of 10, 20 or 30 % is whole cents."""
    return [round(cheapest * PRICE_STEP**tier / 100) * 100 - 10 for _, cheapest in CATEGORIES.values() for tier in range(TIERS)]


def create_products(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``shop_products``: one row per product.  Also the macros that make order lines out of hashes."""
    con.execute(
        "CREATE TABLE shop_products (event INTEGER, product_id VARCHAR, name VARCHAR, category VARCHAR, brand VARCHAR, "
        "unit_cost DECIMAL(18,2))"
    )
    prices = price_list()
    for number, (category, (word, _)) in enumerate(CATEGORIES.items()):
        for tier in range(TIERS):
            brand = ONE_BRAND.get(category, BRANDS[tier % len(BRANDS)])
            cost = prices[number * TIERS + tier] * (45 + 7 * (tier % 3)) // 100
            con.execute(
                "INSERT INTO shop_products VALUES (0, ?, ?, ?, ?, money(?))",
                [f"P{number * TIERS + tier + 1:03d}", f"{word} {tier + 1}", category, brand, cost],
            )
    con.execute(f"""
        CREATE MACRO line_product(h, favourite, focus, price_power) AS (
            1 + {TIERS} * CASE WHEN bits(h, 0) < focus THEN favourite
                               ELSE floor(10 * (bits(h, 0) - focus) / (1 - focus))::BIGINT END
            + floor({TIERS} * pow(bits(h, 1), price_power))::BIGINT)""")
    con.execute("CREATE MACRO line_quantity(h) AS (CASE WHEN bits(h, 2) < 0.86 THEN 1 WHEN bits(h, 2) < 0.97 THEN 2 ELSE 3 END)")
    con.execute(
        f"CREATE MACRO line_cents(h, favourite, focus, price_power) AS "
        f"(list_extract({prices}::BIGINT[], line_product(h, favourite, focus, price_power)) * line_quantity(h))"
    )
