"""Five past campaigns with a holdout group and a true effect that is known per type of customer.

An effect is real: it is an order that would not have been placed otherwise, and it is in the orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

WINDOW_DAYS = 14
"""An order counts as an outcome on so many days, the day of the campaign included."""
HOLDOUT = 0.2
CAUSED_FROM = 900
"""``k`` of the order that campaign number n caused is 900 + n."""


@dataclass(frozen=True, slots=True)
class PastCampaign:
    """``days_ago`` before the last day of the data; ``share`` of those with consent were drawn."""

    name: str
    days_ago: int
    channel: str
    share: float


CAMPAIGNS: tuple[PastCampaign, ...] = (
    PastCampaign("SPRING_NEWS", 466, "email", 0.5),
    PastCampaign("SUMMER_CATALOGUE", 372, "post", 0.4),
    PastCampaign("AUTUMN_CODE", 262, "email", 0.5),
    PastCampaign("WINTER_TEXT", 147, "sms", 0.6),
    PastCampaign("MAY_VOUCHER", 55, "email", 0.6),
)


def create_contacts(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Table ``contacts``: one row per campaign and customer drawn: arm, and whether a contact would cause an order."""
    con.execute(
        "CREATE TABLE campaigns (number INTEGER, campaign VARCHAR, contacted_at TIMESTAMP, channel VARCHAR, share DOUBLE)"
    )
    for number, campaign in enumerate(CAMPAIGNS):
        sent = as_of - timedelta(days=campaign.days_ago)
        con.execute(
            "INSERT INTO campaigns VALUES (?, ?, ?::DATE + INTERVAL 10 HOUR, ?, ?)",
            [number, campaign.name, sent, campaign.channel, campaign.share],
        )
    con.execute(f"""
        CREATE TABLE contacts AS
        SELECT s.i, g.number, g.campaign, g.contacted_at, g.channel,
               CASE WHEN u(s.i, g.number, 'arm') < {HOLDOUT} THEN 'holdout' ELSE 'treatment' END AS arm,
               u(s.i, g.number, 'caused') < l.uplift AS would_cause,
               g.contacted_at::DATE + 1 + floor({WINDOW_DAYS - 2} * u(s.i, g.number, 'caused on'))::INTEGER AS caused_on
        FROM consent_state s JOIN campaigns g USING (channel) JOIN latent l USING (i)
        WHERE u(s.i, g.number, 'drawn') < g.share AND s.granted_at < g.contacted_at
          AND (s.withdrawn_at IS NULL OR s.withdrawn_at > g.contacted_at OR s.again_at < g.contacted_at)""")


def create_all_purchases(con: duckdb.DuckDBPyConnection) -> None:
    """View ``all_purchases``: the purchases of ``latent.py`` and those the campaigns caused."""
    con.execute(f"""
        CREATE VIEW all_purchases AS
        SELECT i, k, day FROM purchases
        UNION ALL SELECT i, {CAUSED_FROM} + number, caused_on FROM contacts WHERE arm = 'treatment' AND would_cause""")


def create_outcomes(con: duckdb.DuckDBPyConnection) -> None:
    """Table ``shop_campaign_contacts``: one row per campaign and customer drawn, with what followed.
    Table ``uplift``: one row per campaign and type with the conversion if all, and if none, were contacted."""
    con.execute(
        "CREATE TABLE campaign_days AS "
        f"SELECT number, contacted_at, contacted_at::DATE + unnest(range({WINDOW_DAYS}))::INTEGER AS day FROM campaigns"
    )
    con.execute(f"""
        CREATE TABLE outcomes AS
        SELECT g.number, o.i, min(o.event) AS converted_at, sum(o.total)::DECIMAL(18,2) AS amount,
               bool_or(o.k < {CAUSED_FROM}) AS anyway
        FROM shop_orders o JOIN campaign_days g ON g.day = o.event::DATE
        WHERE o.status <> 'cancelled' AND o.event > g.contacted_at GROUP BY g.number, o.i""")
    con.execute("""
        CREATE TABLE shop_campaign_contacts AS
        SELECT c.contacted_at AS event, c.campaign, customer_no(c.i) AS customer_id, c.contacted_at, c.channel, c.arm,
               o.converted_at, coalesce(o.amount, 0)::DECIMAL(18,2) AS outcome_amount
        FROM contacts c LEFT JOIN outcomes o USING (number, i)""")
    con.execute("""
        CREATE TABLE uplift AS
        WITH potential AS (SELECT c.campaign, l.type, c.arm, c.would_cause, coalesce(o.anyway, false) AS anyway
                           FROM contacts c JOIN latent l USING (i) LEFT JOIN outcomes o USING (number, i))
        SELECT campaign, type, count(*) AS customers, count(*) FILTER (arm = 'treatment') AS treated,
               round(avg((anyway OR would_cause)::INTEGER), 6) AS conversion_treatment,
               round(avg(anyway::INTEGER), 6) AS conversion_holdout,
               round(avg((would_cause AND NOT anyway)::INTEGER), 6) AS uplift
        FROM potential GROUP BY ALL ORDER BY ALL""")
