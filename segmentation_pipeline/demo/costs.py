"""What marketing costs: past campaigns by what they were printed and sent for, and advertising that runs always."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from segmentation_pipeline.demo.engagement import TRACKED_DAYS
from segmentation_pipeline.demo.traits import values

DESIGN_CENTS = 40_000
"""What the design of every campaign cost."""
CONTACT_CENTS = {"email": 0.4, "sms": 7.5, "post": 82.0}
"""What sending one contact cost, by channel."""
ALWAYS = (("SEARCH_ADS", "search", 6_000), ("SOCIAL_ADS", "social", 2_500))
"""Advertising that names no customer: campaign, channel and the cents of a usual day."""


def create_costs(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Table ``shop_marketing_costs``: one row per campaign, channel and moment of spending, amounts in EUR."""
    since = as_of - timedelta(days=TRACKED_DAYS - 1)
    con.execute(f"""
        CREATE TABLE shop_marketing_costs AS
        WITH prices(channel, cents) AS (VALUES {values(list(CONTACT_CENTS.items()))}),
        always(campaign, channel, cents) AS (VALUES {values(ALWAYS)}),
        sent AS (SELECT campaign, channel, contacted_at, count(*) AS contacts FROM contacts WHERE arm = 'treatment' GROUP BY ALL),
        spent AS (
            SELECT campaign, 'design' AS channel, contacted_at - INTERVAL 14 DAY AS moment, {DESIGN_CENTS}::BIGINT AS cents
            FROM sent
            UNION ALL
            SELECT campaign, channel, contacted_at, round(contacts * cents)::BIGINT FROM sent JOIN prices USING (channel)
            UNION ALL
            SELECT campaign, channel, DATE '{since}' + day::INTEGER + INTERVAL 9 HOUR,
                   floor(cents * (0.5 + row_draw(hash(campaign, day), 'spent')))::BIGINT
            FROM always, range({TRACKED_DAYS}) t(day))
        SELECT moment AS event, campaign, channel, moment AS spent, money(cents) AS cost FROM spent""")
