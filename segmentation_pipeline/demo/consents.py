"""Who may be contacted: the consent ledger and the list of those who must not be."""

from __future__ import annotations

from datetime import date

import duckdb

GRANTED = {"email": 0.72, "sms": 0.34, "post": 0.45}
"""Share of customers who ever agree, per channel."""
WITHDRAWN = 0.25
"""Of those, the share who take it back, some after the last day of the data."""
GRANTED_AGAIN = 0.3
SUPPRESSED = 0.008


def create_consents(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Table ``consent_state``: one row per customer and channel with its moments, null = did not happen.
    Table ``shop_consents``: the same as a ledger, one row per event.  Table ``shop_suppressions``."""
    end = f"TIMESTAMP '{as_of} 23:00:00'"
    channels = ", ".join(f"({number}, '{channel}', {share})" for number, (channel, share) in enumerate(GRANTED.items()))
    con.execute(f"""
        CREATE TABLE consent_state AS
        WITH granted AS (
            SELECT c.i, n, channel, CASE WHEN u(c.i, n, 'later') < 0.6 THEN event + INTERVAL 1 MINUTE
                 ELSE at_daytime(event::DATE + 1 + floor(30 * u(c.i, n, 'days'))::INTEGER, u(c.i, n, 'granted')) END AS granted_at
            FROM shop_customers c, (VALUES {channels}) t(n, channel, share) WHERE u(c.i, n, 'consent') < share),
        withdrawn AS (
            SELECT *, CASE WHEN u(i, n, 'withdraws') < {WITHDRAWN}
                 THEN at_daytime(granted_at::DATE + 5 + floor(900 * u(i, n, 'stays'))::INTEGER, u(i, n, 'withdrawn'))
                 END AS withdrawn_at FROM granted),
        again AS (
            SELECT *, CASE WHEN u(i, n, 'returns') < {GRANTED_AGAIN}
                 THEN at_daytime(withdrawn_at::DATE + 5 + floor(300 * u(i, n, 'away'))::INTEGER, u(i, n, 'again'))
                 END AS again_at FROM withdrawn)
        SELECT i, channel, granted_at, CASE WHEN withdrawn_at < {end} THEN withdrawn_at END AS withdrawn_at,
               CASE WHEN again_at < {end} THEN again_at END AS again_at FROM again WHERE granted_at < {end}""")
    con.execute("""
        CREATE TABLE shop_consents AS
        SELECT event, customer_no(i) AS customer, channel, 'marketing' AS purpose, what AS action, event AS occurred FROM (
            SELECT i, channel, granted_at AS event, 'opt_in' AS what FROM consent_state
            UNION ALL SELECT i, channel, withdrawn_at, 'opt_out' FROM consent_state WHERE withdrawn_at IS NOT NULL
            UNION ALL SELECT i, channel, again_at, 'opt_in' FROM consent_state WHERE again_at IS NOT NULL)""")
    con.execute(f"""
        CREATE TABLE shop_suppressions AS
        WITH drawn AS (
            SELECT i, at_daytime(event::DATE + 1 + floor(700 * u(i, 0, 'suppressed on'))::INTEGER, u(i, 0, 'suppressed at'))
                   AS event
            FROM shop_customers WHERE u(i, 0, 'suppressed') < {SUPPRESSED})
        SELECT event, customer_no(i) AS customer_id,
               pick(['complaint', 'complaint', 'bounced', 'legal', 'deceased'], u(i, 0, 'why')) AS reason,
               event AS suppressed_at FROM drawn WHERE event < {end}""")
