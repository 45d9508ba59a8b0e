"""What customers do besides buying: visits to the web shop, newsletters, social networks.

The shop has kept such events for the last ``TRACKED_DAYS`` only.  How a customer behaves is one
trait per channel, drawn apart from the type of shopper and listed in the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from segmentation_pipeline.demo.products import CATEGORIES
from segmentation_pipeline.demo.traits import values

TRACKED_DAYS = 400
NEWSLETTER_DAYS = 14
"""Days from one newsletter to the next."""
RESEARCH_DAYS = 6
"""Purchases in a store are prepared on one of so many days before."""
LOGGED_OUT = 0.1
"""Share of visits nobody logged in to."""


@dataclass(frozen=True, slots=True)
class WebTrait:
    """``visits`` per 30 days beside those that end in an order; ``cart`` is the share with something put into the cart."""

    name: str
    share: float
    visits: float
    cart: float


@dataclass(frozen=True, slots=True)
class ResearchTrait:
    """``prepares`` is the chance that a purchase in a store was prepared by a visit to the web shop."""

    name: str
    share: float
    prepares: float


@dataclass(frozen=True, slots=True)
class EmailTrait:
    """Chances per newsletter: to open it, to click in one opened, to bounce; ``complains`` once in the whole time."""

    name: str
    share: float
    opens: float
    clicks: float
    bounces: float
    complains: float


@dataclass(frozen=True, slots=True)
class SocialTrait:
    """Events per year; ``friendly`` is the mean sentiment of a text."""

    name: str
    share: float
    follows: bool
    likes: float
    shares: float
    reviews: float
    friendly: float


WEB_TRAITS = (
    WebTrait("absent", 0.30, 0.0, 0.0),
    # Comes when there is something to buy.
    WebTrait("purposeful", 0.27, 0.2, 0.05),
    # Looks and looks and puts nothing into the cart.
    WebTrait("browser", 0.18, 2.6, 0.02),
    # Fills carts and leaves them.
    WebTrait("abandoner", 0.13, 2.2, 0.80),
    # On the site every week.
    WebTrait("heavy", 0.12, 5.0, 0.15),
)
RESEARCH_TRAITS = (
    ResearchTrait("decides_in_store", 0.75, 0.0),
    ResearchTrait("researcher", 0.25, 0.9),
)
EMAIL_TRAITS = (
    EmailTrait("dormant", 0.42, 0.01, 0.02, 0.0, 0.0),
    EmailTrait("opener", 0.30, 0.65, 0.02, 0.0, 0.0),
    EmailTrait("clicker", 0.20, 0.75, 0.55, 0.0, 0.0),
    EmailTrait("complainer", 0.03, 0.20, 0.02, 0.0, 1.0),
    EmailTrait("dead_address", 0.05, 0.0, 0.0, 0.97, 0.0),
)
SOCIAL_TRAITS = (
    SocialTrait("absent", 0.74, False, 0.0, 0.0, 0.0, 0.0),
    SocialTrait("follower", 0.12, True, 3.0, 0.0, 0.0, 0.0),
    SocialTrait("sharer", 0.08, True, 4.0, 8.0, 0.3, 0.5),
    SocialTrait("reviewer", 0.06, False, 1.0, 0.3, 6.0, 0.2),
)


def create_engagement(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Tables ``shop_web_sessions``, ``shop_email_events`` and ``shop_social_events``: one row per event, times local."""
    since = as_of - timedelta(days=TRACKED_DAYS - 1)
    _web(con, since, as_of)
    _email(con, since, as_of)
    _social(con, since, as_of)


def _web(con: duckdb.DuckDBPyConnection, since: date, as_of: date) -> None:
    categories = list(CATEGORIES)
    con.execute(f"""
        CREATE TABLE shop_web_sessions AS
        WITH trait(web_trait, visits, cart) AS (VALUES {values([(t.name, t.visits, t.cart) for t in WEB_TRAITS])}),
        research(research_trait, prepares) AS (VALUES {values([(t.name, t.prepares) for t in RESEARCH_TRAITS])}),
        present AS (
            SELECT c.i, l.favourite, l.focus, t.cart, greatest(c.event::DATE + 1, DATE '{since}') AS first_day,
                   t.visits / 30 * (0.6 + 0.8 * u(c.i, 0, 'visits')) AS per_day
            FROM shop_customers c JOIN latent l USING (i) JOIN traits USING (i) JOIN trait t USING (web_trait)),
        slots AS (
            SELECT *, unnest(range(floor(per_day * (DATE '{as_of}' - first_day + 1) + u(i, 1, 'visits'))::BIGINT)) AS k
            FROM present WHERE first_day <= DATE '{as_of}'),
        drawn AS (
            SELECT i, k, favourite, focus, false AS ordered,
                   at_daytime(first_day + floor((DATE '{as_of}' - first_day + 1) * u(i, k, 'visit day'))::INTEGER,
                              u(i, k, 'visit time')) AS started,
                   u(i, k, 'visit cart') < cart AS has_cart
            FROM slots
            UNION ALL
            -- Every order placed online was placed in a visit.
            SELECT i, 100000 + k, favourite, focus, true, event - to_seconds(60 + floor(1140 * u(i, k, 'before order'))::BIGINT),
                   true
            FROM shop_orders WHERE channel <> 'Filiale' AND event >= DATE '{since}'
            UNION ALL
            -- Some look the goods up before they buy them in a store.
            SELECT i, 200000 + k, favourite, focus, false, looked, false FROM (
                SELECT *, at_daytime(event::DATE - 1 - floor({RESEARCH_DAYS} * u(i, k, 'looks up'))::INTEGER,
                                     u(i, k, 'looked up')) AS looked
                FROM shop_orders JOIN traits USING (i) JOIN research USING (research_trait)
                WHERE channel = 'Filiale' AND u(i, k, 'prepares') < prepares)
            WHERE looked >= DATE '{since}')
        SELECT started AS event, format('W{{:07d}}{{:06d}}', i, k) AS session,
               CASE WHEN u(i, k, 'logged out') >= {LOGGED_OUT} OR ordered THEN customer_no(i) END AS cust_no, started,
               (20 + floor(600 * pow(u(i, k, 'seconds'), 2)) + CASE WHEN has_cart THEN 120 ELSE 0 END)::INTEGER AS seconds,
               (1 + floor(12 * pow(u(i, k, 'pages'), 2)) + CASE WHEN has_cart THEN 3 ELSE 0 END)::INTEGER AS pages,
               CASE WHEN has_cart THEN 1 + floor(2 * u(i, k, 'cart adds'))::INTEGER ELSE 0 END AS cart_adds,
               ordered::INTEGER AS orders,
               CASE WHEN u(i, k, 'looks moment favourite') < focus THEN list_extract({categories}, favourite + 1)
                    ELSE pick({categories}, u(i, k, 'looks moment')) END AS category,
               pick(['phone', 'phone', 'desktop', 'tablet'], u(i, CASE WHEN u(i, k, 'other device') < 0.2 THEN k ELSE -1 END,
                                                             'device')) AS device,
               pick(['search', 'search', 'direct', 'email', 'social', 'ad'], u(i, k, 'traffic')) AS source
        FROM drawn""")


def _email(con: duckdb.DuckDBPyConnection, since: date, as_of: date) -> None:
    traits = [(t.name, t.opens, t.clicks, t.bounces, t.complains) for t in EMAIL_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_email_events AS
        WITH trait(email_trait, opens, clicks, bounces, complains) AS (VALUES {values(traits)}),
        letters AS (SELECT n, 'NEWS' || strftime(sent_at, '%Y%m%d') AS message, sent_at
                    FROM (SELECT n, DATE '{since}' + n::INTEGER * {NEWSLETTER_DAYS} + INTERVAL 8 HOUR AS sent_at
                          FROM range({TRACKED_DAYS // NEWSLETTER_DAYS}) t(n))),
        sent AS (
            SELECT s.i, n, message, sent_at, t.*,
                   -- A complaint comes once, after one of the newsletters.
                   complains > 0 AND n = floor({TRACKED_DAYS // NEWSLETTER_DAYS} * u(s.i, 0, 'complains'))::BIGINT AS complained
            FROM consent_state s JOIN traits USING (i) JOIN trait t USING (email_trait) JOIN letters g
              ON s.granted_at < g.sent_at
             AND (s.withdrawn_at IS NULL OR s.withdrawn_at > g.sent_at OR s.again_at < g.sent_at)
            WHERE s.channel = 'email'),
        fate AS (SELECT *, u(i, n, 'bounces') < bounces AS bounced FROM sent),
        read AS (SELECT *, NOT bounced AND u(i, n, 'opens') < opens AS opened,
                        sent_at + to_seconds(600 + floor(40000 * u(i, n, 'opened'))::BIGINT) AS opened_at FROM fate),
        events AS (
            SELECT i, message, CASE WHEN bounced THEN 'bounce' ELSE 'delivered' END AS event_name,
                   sent_at + INTERVAL 1 MINUTE AS moment FROM read
            UNION ALL SELECT i, message, 'open', opened_at FROM read WHERE opened
            UNION ALL SELECT i, message, 'click', opened_at + INTERVAL 40 SECOND FROM read
                      WHERE opened AND u(i, n, 'clicks') < clicks
            UNION ALL SELECT i, message, 'complaint', opened_at + INTERVAL 90 SECOND FROM read WHERE complained AND NOT bounced)
        SELECT moment AS event, message, customer_no(i) AS customer, event_name AS what, moment FROM events
        WHERE moment::DATE <= DATE '{as_of}'""")


def _social(con: duckdb.DuckDBPyConnection, since: date, as_of: date) -> None:
    rates = [(t.name, t.follows, t.likes, t.shares, t.reviews, t.friendly) for t in SOCIAL_TRAITS]
    con.execute(f"""
        CREATE TABLE shop_social_events AS
        WITH trait(social_trait, follows, likes, shares, reviews, friendly) AS (VALUES {values(rates)}),
        present AS (
            SELECT c.i, t.*, greatest(c.event::DATE + 1, DATE '{since}') AS first_day
            FROM shop_customers c JOIN traits USING (i) JOIN trait t USING (social_trait)),
        measured AS (SELECT *, (DATE '{as_of}' - first_day + 1) AS days FROM present WHERE first_day <= DATE '{as_of}'),
        kinds AS (
            SELECT i, first_day, days, friendly, 'like' AS action, 0 AS base, likes AS per_year FROM measured
            UNION ALL SELECT i, first_day, days, friendly, 'share', 1000, shares FROM measured
            UNION ALL SELECT i, first_day, days, friendly, 'review', 2000, reviews FROM measured),
        slots AS (SELECT *, base + unnest(range(floor(per_year * days / 365.25 + u(i, base, 'social'))::BIGINT)) AS k
                  FROM kinds WHERE per_year > 0),
        drawn AS (
            SELECT i, k, action, friendly,
                   at_daytime(first_day + floor(days * u(i, k, 'social day'))::INTEGER, u(i, k, 'social time')) AS moment
            FROM slots
            UNION ALL
            SELECT i, 9000, 'follow', friendly, at_daytime(first_day, u(i, 0, 'follows')) FROM measured WHERE follows)
        SELECT moment AS event, format('E{{:07d}}{{:04d}}', i, k) AS event_no, customer_no(i) AS customer, moment,
               pick(['Pictogram', 'Facepage', 'Clipshow'], u(i, 0, 'network')) AS network, action,
               CASE WHEN action = 'review'
                    THEN greatest(-1, least(1, round(friendly + 0.6 * (2 * u(i, k, 'friendly') - 1), 2))) END AS sentiment
        FROM drawn""")
