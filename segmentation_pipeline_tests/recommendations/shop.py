"""Purchases as inline rows: who, when, and what in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.recommendations.settings import NextProductConfig

AS_OF = date(2026, 6, 30)
Order = tuple[str, int, str]
"""customer, days before AS_OF, the products in one order, each one letter."""


def small(**keys: int) -> NextProductConfig:
    """Settings for shops of a few orders."""
    return NextProductConfig(**{"min_support": 1, "after_days": 30, **keys})


def bought(engine: Engine, orders: Sequence[Order]) -> ir.Table:
    """``purchases``: of an order the first product is the dearest."""
    rows = [
        (who, f"o{number}", AS_OF - timedelta(days=ago), product, Decimal(100 - place), None)
        for number, (who, ago, products) in enumerate(orders)
        for place, product in enumerate(products)
    ]
    names = {
        "customer_id": "string",
        "order_id": "string",
        "day": "date",
        "product_id": "string",
        "amount": "decimal(18, 2)",
        "category": "string",
    }
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    return engine.memtable(dict(zip(names, map(list, columns), strict=True)), names)


def products(engine: Engine, listed: Mapping[str, tuple[str, float | None]]) -> ir.Table:
    """A catalogue: by id category and price; names are the ids in words."""
    return engine.memtable(
        {
            "product_id": [*listed],
            "name": [f"Product {each}" for each in listed],
            "category": [category for category, _ in listed.values()],
            "price": [None if price is None else Decimal(str(price)) for _, price in listed.values()],
        },
        {"product_id": "string", "name": "string", "category": "string", "price": "decimal(18, 2)"},
    )
