"""The shop's loyalty programme, and its club with a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from segmentation_pipeline.demo.traits import values

POINTS_LAST_DAYS = 365
TIERS = (("bronze", 1), ("silver", 500), ("gold", 2000))
"""Reached with so many points ever earned."""
REDEEM_EVERY = 3
"""A redeemer spends all points with every third order."""


@dataclass(frozen=True, slots=True)
class LoyaltyTrait:
    name: str
    share: float
    member: bool
    redeems: bool
    refers: bool
    leaves: bool


@dataclass(frozen=True, slots=True)
class ClubTrait:
    """``seat_step`` is added every 120 days; ``churns`` ends with a cancellation."""

    name: str
    share: float
    member: bool
    seats: int
    seat_step: int
    churns: bool


@dataclass(frozen=True, slots=True)
class UsageTrait:
    """Uses per 30 days, now and until two months ago."""

    name: str
    share: float
    now: float
    before: float


LOYALTY_TRAITS = (
    LoyaltyTrait("outsider", 0.45, False, False, False, False),
    LoyaltyTrait("collector", 0.26, True, False, False, False),
    LoyaltyTrait("redeemer", 0.20, True, True, False, False),
    LoyaltyTrait("referrer", 0.06, True, True, True, False),
    LoyaltyTrait("leaver", 0.03, True, False, False, True),
)
CLUB_TRAITS = (
    ClubTrait("outsider", 0.80, False, 0, 0, False),
    ClubTrait("steady", 0.09, True, 3, 0, False),
    ClubTrait("growing", 0.05, True, 1, 2, False),
    ClubTrait("shrinking", 0.03, True, 14, -2, False),
    ClubTrait("churned", 0.03, True, 3, 0, True),
)
USAGE_TRAITS = (
    UsageTrait("heavy", 0.30, 14.0, 14.0),
    UsageTrait("light", 0.45, 2.5, 2.5),
    UsageTrait("fading", 0.25, 0.0, 9.0),
)


def create_membership(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Tables ``shop_loyalty``, ``shop_subscriptions`` and ``shop_usage``: one row per event, times local."""
    _loyalty(con, as_of)
    _subscriptions(con, as_of)
    _usage(con, as_of)


def _loyalty(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    rows = [(t.name, t.member, t.redeems, t.refers, t.leaves) for t in LOYALTY_TRAITS]
    end = f"TIMESTAMP '{as_of} 23:00:00'"
    con.execute(f"""
        CREATE TABLE shop_loyalty AS
        WITH trait(loyalty_trait, member, redeems, refers, leaves) AS (VALUES {values(rows)}),
        members AS (
            SELECT c.i, t.*, c.event + INTERVAL 2 MINUTE AS joined_at,
                   CASE WHEN leaves THEN at_daytime(DATE '{as_of}' - 200 + floor(190 * u(c.i, 0, 'leaves'))::INTEGER, 0.5) END
                   AS left_at
            FROM shop_customers c JOIN traits USING (i) JOIN trait t USING (loyalty_trait) WHERE member),
        earned AS (
            SELECT m.i, o.k, m.redeems, o.event + INTERVAL 1 MINUTE AS moment, floor(o.total)::BIGINT AS points,
                   row_number() OVER (PARTITION BY m.i ORDER BY o.event, o.k) - 1 AS n,
                   count(*) OVER (PARTITION BY m.i) AS orders,
                   sum(floor(o.total)) OVER (PARTITION BY m.i ORDER BY o.event, o.k) AS up_to
            FROM shop_orders o JOIN members m USING (i)
            WHERE o.status <> 'cancelled' AND o.total >= 1 AND o.event > m.joined_at
              AND (m.left_at IS NULL OR o.event < m.left_at)),
        blocks AS (
            SELECT i, n // {REDEEM_EVERY} AS block, max(moment) AS moment, sum(points) AS points
            FROM earned WHERE redeems GROUP BY ALL HAVING count(*) = {REDEEM_EVERY}),
        levels AS (
            SELECT i, tier, min(moment) AS moment FROM earned JOIN (VALUES {values(TIERS)}) l(tier, least)
            ON up_to >= least GROUP BY ALL),
        events AS (
            SELECT i, 0 AS k, joined_at AS moment, 'joined' AS what, NULL::BIGINT AS points, NULL::TIMESTAMP AS lapses,
                   NULL::VARCHAR AS tier FROM members
            UNION ALL SELECT i, 1, left_at, 'left', NULL, NULL, NULL FROM members WHERE left_at IS NOT NULL
            UNION ALL SELECT i, 1000 + k, moment, 'earned', points, moment + INTERVAL {POINTS_LAST_DAYS} DAY, NULL FROM earned
            UNION ALL SELECT i, 3000 + block, moment + INTERVAL 1 MINUTE, 'redeemed', points, NULL, NULL FROM blocks
            UNION ALL
            SELECT i, 5000 + k, moment + INTERVAL {POINTS_LAST_DAYS} DAY, 'expired', points, NULL, NULL FROM earned
            WHERE NOT (redeems AND n // {REDEEM_EVERY} < orders // {REDEEM_EVERY})
            UNION ALL SELECT i, 10 + ascii(tier), moment + INTERVAL 2 MINUTE, 'tier_changed', NULL, NULL, tier FROM levels
            UNION ALL
            SELECT i, 200 + f, at_daytime(joined_at::DATE + 20 + floor(300 * u(i, f, 'refers'))::INTEGER, 0.4), 'referred',
                   NULL, NULL, NULL
            FROM (SELECT *, unnest(range(1 + floor(3 * u(i, 0, 'friends'))::BIGINT)) AS f FROM members WHERE refers))
        SELECT moment AS event, format('L{{:07d}}{{:05d}}', i, k) AS event_no, customer_no(i) AS customer, moment, what,
               points, lapses, tier
        FROM events WHERE moment < {end}""")


def _subscriptions(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    rows = [(t.name, t.member, t.seats, t.seat_step, t.churns) for t in CLUB_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_subscriptions AS
        WITH trait(club_trait, member, seats, seat_step, churns) AS (VALUES {values(rows)}),
        members AS (
            SELECT c.i, t.*, greatest(c.event::DATE + 1, DATE '{as_of}' - 720 + floor(200 * u(c.i, 0, 'subscribes'))::INTEGER)
                   AS start
            FROM shop_customers c JOIN traits USING (i) JOIN trait t USING (club_trait) WHERE member),
        steps AS (SELECT *, unnest(range(6)) AS step FROM members),
        changes AS (
            SELECT i, step, start + 120 * step::INTEGER AS day, start, churns,
                   greatest(1, seats + seat_step * step)::INTEGER AS seats, churns AND step = 3 AS ends
            FROM steps WHERE (step = 0 OR seat_step <> 0 OR (churns AND step = 3)))
        SELECT at_daytime(day, 0.3) AS event, format('S{{:07d}}', i) AS subscription, customer_no(i) AS customer,
               at_daytime(day, 0.3) AS changed, CASE WHEN ends THEN 'cancelled' ELSE 'active' END AS status,
               CASE WHEN seats >= 5 THEN 'club_plus' ELSE 'club' END AS plan, seats, money(490 * seats) AS per_month,
               -- Renewed every year on the day it began.
               CASE WHEN NOT ends THEN at_daytime(start + 365 * (1 + (day - start) // 365)::INTEGER, 0) END AS renews
        FROM changes WHERE day <= DATE '{as_of}'""")


def _usage(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    rows = [(t.name, t.now, t.before) for t in USAGE_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_usage AS
        WITH trait(usage_trait, now, before) AS (VALUES {values(rows)}),
        members AS (
            SELECT i, t.*, min(event)::DATE + 1 AS start
            FROM shop_subscriptions s JOIN traits ON customer_no(traits.i) = s.customer JOIN trait t USING (usage_trait)
            GROUP BY ALL),
        spans AS (
            SELECT i, 0 AS base, greatest(start, DATE '{as_of}' - 59) AS first_day, DATE '{as_of}' AS last_day, now AS rate
            FROM members
            UNION ALL
            SELECT i, 500, greatest(start, DATE '{as_of}' - 179), DATE '{as_of}' - 60, before FROM members),
        slots AS (SELECT *, base + unnest(range(floor(rate * (last_day - first_day + 1) / 30 + u(i, base, 'uses'))::BIGINT)) AS k
                  FROM spans WHERE first_day <= last_day)
        SELECT moment AS event, customer_no(i) AS customer, moment, feature, quantity FROM (
            SELECT i, at_daytime(first_day + floor((last_day - first_day + 1) * u(i, k, 'use day'))::INTEGER,
                                 u(i, k, 'use time')) AS moment,
                   pick(['lounge', 'delivery', 'tastings'], u(i, k, 'feature')) AS feature,
                   1 + floor(2 * u(i, k, 'quantity'))::INTEGER AS quantity FROM slots)""")
