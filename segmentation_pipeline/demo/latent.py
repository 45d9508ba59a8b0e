"""Who the customers are behind the data, and when each of them buys (BG/NBD: Fader, Hardie and Lee 2005)."""

from __future__ import annotations

import duckdb

from segmentation_pipeline.demo.rhythm import TICKS_PER_DAY, history_days

PROSPECTS = 0.035
"""Share of registered customers who never order; with gift shoppers who wait for their first season about 4 %."""
MOST_ORDERS = 400
"""Nobody orders more often in the whole history; order numbers have room for 900."""
RATE_SHAPE = 5
"""Of the gamma distribution of purchase rates within a type; across types the rates spread far wider."""
DROPOUT_SPREAD = 0.6
"""A customer's own chance to leave differs from the type's mean by up to so much of it; never 0, never 1."""
HOURS = (("morning", 0.15), ("evening", 0.20), ("any_time", 0.65))
"""When in the day customers order, and the shares of them."""
LAST_JOINING_DAYS = 36
"""Nobody joins in the last days of the history."""
JOINING_POWER = 2.0
"""More customers joined early than late: day = 1060 * draw ** 2 in a history of three years."""


def create_latent(con: duckdb.DuckDBPyConnection, customers: int, years: int) -> None:
    """Table ``latent``: one row per customer ``i`` (1 to N) with type, rate, drop-out, tastes and usual ``hours``.

    ``rate`` is in orders per tick and gamma distributed (shape ``RATE_SHAPE``) around the type's mean;
    ``dropout`` is the customer's own chance to leave after an order, uniform around the type's
    mean; ``active_orders`` is the geometric number of orders until then; ``slots`` bounds how
    many can fall into the history.
    """
    days = history_days(years)
    (morning, mornings), (evening, evenings), (any_time, _) = HOURS
    rate = " * ".join(f"(1 - u(i, {n}, 'rate'))" for n in range(RATE_SHAPE))
    con.execute(f"""
        CREATE TABLE latent AS
        WITH drawn AS (
            SELECT t.i, s.*, floor({days - LAST_JOINING_DAYS} * pow(u(i, 0, 'joined'), {JOINING_POWER}))::BIGINT AS joined_day,
                   u(i, 0, 'prospect') < {PROSPECTS} AS is_prospect,
                   s.orders_per_year * -ln({rate}) / {RATE_SHAPE} AS own_orders_per_year,
                   s.dropout * (1 + (2 * u(i, 0, 'dropout') - 1) * least({DROPOUT_SPREAD}, 0.99 * (1 - s.dropout) / s.dropout))
                   AS own_dropout
            FROM range(1, {customers + 1}) t(i) JOIN shoppers s ON s.type = shopper_of(u(i, 0, 'type'))),
        bought AS (
            SELECT d.*, o.opens AS first_tick, o.day AS joined_on, {days * TICKS_PER_DAY} - o.opens AS ticks_left,
                   own_orders_per_year / (365.25 * {TICKS_PER_DAY}) AS rate,
                   least({MOST_ORDERS}, 1 + floor(ln(1 - u(i, 0, 'active')) / ln(1 - own_dropout)))::BIGINT AS active_orders
            FROM drawn d JOIN opening o ON o.rhythm = d.rhythm AND o.day_number = d.joined_day)
        SELECT i, b.type, b.rhythm, is_prospect, joined_on, first_tick,
               CASE WHEN NOT is_prospect THEN c.day END AS first_order_on,
               own_orders_per_year, own_dropout, rate, active_orders,
               CASE WHEN is_prospect OR c.day IS NULL THEN 0
                    ELSE least(active_orders, 7 + ceil(rate * ticks_left + 5 * sqrt(rate * ticks_left)))::BIGINT
               END AS slots,
               lines, percents, price_power * exp(0.5 * u(i, 0, 'price') - 0.25) AS price_power,
               least(0.95, discounted * (0.7 + 0.6 * u(i, 0, 'discounted'))) AS discounted,
               least(0.95, returned * (0.6 + 0.8 * u(i, 0, 'returned'))) AS returned,
               web, app, pick(favourites, u(i, 0, 'favourite')) AS favourite, focus, uplift,
               CASE WHEN u(i, 0, 'hours') < {mornings} THEN '{morning}'
                    WHEN u(i, 0, 'hours') < {mornings + evenings} THEN '{evening}' ELSE '{any_time}' END AS hours
        FROM bought b LEFT JOIN clock c ON c.rhythm = b.rhythm AND c.tick = b.first_tick""")


def create_purchases(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``purchases``: one row per order nobody had to be contacted for: ``i``, ``k`` (0 = first), ``day``.

    Gaps are exponential on the shop's clock and summed as whole thousandths of a tick: sums of
    floating numbers would depend on the number of threads.
    """
    con.execute("""
        CREATE TABLE purchases AS
        WITH slots AS (SELECT i, rhythm, first_tick, rate, unnest(range(slots)) AS k FROM latent WHERE slots > 0),
        gaps AS (SELECT i, k, rhythm, first_tick,
                        CASE WHEN k = 0 THEN 0 ELSE (-ln(1 - u(i, k, 'gap')) / rate * 1000)::BIGINT END AS gap FROM slots),
        ticks AS (SELECT i, k, rhythm, first_tick + (sum(gap) OVER (PARTITION BY i ORDER BY k))::BIGINT // 1000 AS tick FROM gaps)
        SELECT i, k, day FROM ticks JOIN clock USING (rhythm, tick)""")
