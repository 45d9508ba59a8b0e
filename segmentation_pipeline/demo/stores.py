"""Who comes into the stores.  A card or the app tells of a visit, so customers without either are never seen there.

The shop has kept visits for the last ``TRACKED_DAYS`` only.  Which store a customer goes to was drawn
with the orders, without regard to where the customer lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from segmentation_pipeline.demo.engagement import TRACKED_DAYS
from segmentation_pipeline.demo.orders import STORES
from segmentation_pipeline.demo.traits import values

ELSEWHERE = 0.15
"""Share of visits without a purchase that lead into another store than usual."""


@dataclass(frozen=True, slots=True)
class StoreTrait:
    """``visits`` per 30 days beside those that end in an order; nobody sees those who are not ``seen``."""

    name: str
    share: float
    seen: bool
    visits: float


STORE_TRAITS = (
    StoreTrait("unseen", 0.45, False, 0.0),
    StoreTrait("occasional", 0.33, True, 0.4),
    StoreTrait("frequent", 0.22, True, 4.0),
)


def create_store_visits(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Table ``shop_store_visits``: one row per visit, times local."""
    since = as_of - timedelta(days=TRACKED_DAYS - 1)
    traits = [(t.name, t.seen, t.visits) for t in STORE_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_store_visits AS
        WITH trait(store_trait, seen, visits) AS (VALUES {values(traits)}),
        present AS (
            SELECT c.i, greatest(c.event::DATE + 1, DATE '{since}') AS first_day,
                   visits / 30 * (0.6 + 0.8 * u(c.i, 0, 'strolls')) AS per_day
            FROM shop_customers c JOIN traits USING (i) JOIN trait t USING (store_trait) WHERE seen),
        slots AS (
            SELECT *, unnest(range(floor(per_day * (DATE '{as_of}' - first_day + 1) + u(i, 1, 'strolls'))::BIGINT)) AS k
            FROM present WHERE first_day <= DATE '{as_of}'),
        drawn AS (
            SELECT i, k, 0 AS orders,
                   at_daytime(first_day + floor((DATE '{as_of}' - first_day + 1) * u(i, k, 'stroll day'))::INTEGER,
                              u(i, k, 'stroll time')) AS entered,
                   format('S{{:02d}}', 1 + floor({STORES} * CASE WHEN u(i, k, 'elsewhere') < {ELSEWHERE}
                          THEN u(i, k, 'other store') ELSE u(i, 0, 'store') END)::BIGINT) AS store
            FROM slots
            UNION ALL
            -- Whoever buys in a store has come into it.
            SELECT i, 100000 + k, 1, event - to_seconds(120 + floor(1500 * u(i, k, 'looks around'))::BIGINT), store
            FROM shop_orders SEMI JOIN present USING (i) WHERE channel = 'Filiale' AND event >= DATE '{since}')
        SELECT entered AS event, format('V{{:07d}}{{:06d}}', i, k) AS visit, customer_no(i) AS customer, store, entered,
               (90 + floor(1800 * pow(u(i, k, 'stays'), 2)))::INTEGER AS seconds, orders
        FROM drawn""")
