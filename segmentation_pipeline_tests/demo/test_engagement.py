"""Visits, newsletters and social events tell of the trait each customer was given."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segmentation_pipeline.demo.engagement import TRACKED_DAYS
from segmentation_pipeline.demo.generate import AS_OF, TRAITS
from segmentation_pipeline_tests.demo.conftest import CUSTOMERS, Shop


@pytest.mark.parametrize("channel", TRAITS)
def test_traits_occur_at_their_share(shop: Shop, channel: str) -> None:
    traits = TRAITS[channel]
    assert sum(trait.share for trait in traits) == pytest.approx(1)
    query = f"SELECT {channel}_trait, count(*) FROM {shop.truth('customer_truth')} GROUP BY 1"
    found = dict(shop.con.execute(query).fetchall())
    for trait in traits:
        expected = CUSTOMERS * trait.share
        assert abs(found[trait.name] - expected) <= 5 * expected**0.5


@pytest.mark.parametrize("pattern", ["web_sessions.csv.gz", "email_events.csv.gz", "social_events.csv"])
def test_events_are_kept_for_the_tracked_days_only(shop: Shop, pattern: str) -> None:
    column = "started" if pattern.startswith("web") else '"at"'
    days = f"min({column}::TIMESTAMP)::DATE, max({column}::TIMESTAMP)::DATE"
    first, last = shop.one(f"SELECT {days} FROM {shop.read(pattern)}")
    assert first >= AS_OF - timedelta(days=TRACKED_DAYS) and last <= AS_OF


def test_every_order_placed_online_was_placed_in_a_visit(shop: Shop) -> None:
    orders = f"""
        SELECT count(DISTINCT order_no) FROM {shop.read("orders_*.csv")}
        WHERE channel <> 'Filiale' AND try_cast(order_date AS TIMESTAMP) BETWEEN DATE '{AS_OF}' - 300 AND DATE '{AS_OF}' - 1
          AND order_no = trim(order_no) AND order_no NOT LIKE 'OX%'"""
    visits = f"""
        SELECT count(DISTINCT session) FROM {shop.read("web_sessions.csv.gz")}
        WHERE orders = '1' AND started::TIMESTAMP BETWEEN DATE '{AS_OF}' - 300 AND DATE '{AS_OF}' - 1"""
    (ordered,), (visited,) = shop.one(orders), shop.one(visits)
    assert visited == pytest.approx(ordered, rel=0.02)  # some orders of either side are lost to faults


def test_abandoners_leave_carts_and_browsers_fill_none(shop: Shop) -> None:
    query = f"""
        SELECT t.web_trait, avg((cart_adds::INTEGER > 0)::INTEGER)
        FROM {shop.read("web_sessions.csv.gz")} w JOIN {shop.truth("customer_truth")} t ON t.customer_id = w.cust_no
        WHERE w.orders = '0' AND t.research_trait = 'decides_in_store' GROUP BY 1"""
    found = dict(shop.con.execute(query).fetchall())
    assert found["abandoner"] > 0.7 and found["browser"] < 0.06
    assert "absent" not in found


def test_newsletters_go_to_those_with_consent_only(shop: Shop) -> None:
    query = f"""
        SELECT count(*) FROM {shop.read("email_events.csv.gz")} e
        WHERE e.customer LIKE 'C0%' AND NOT EXISTS (
            FROM read_json('{shop.report.folder}/consents.jsonl', columns = {{customer: 'VARCHAR', channel: 'VARCHAR',
                 event: 'VARCHAR', "at": 'TIMESTAMP'}}, ignore_errors = true) c
            WHERE upper(trim(c.customer)) = e.customer AND channel = 'email' AND c."at" < e."at"::TIMESTAMP)"""
    assert shop.one(query) == (0,)


def test_clickers_click_and_dead_addresses_bounce(shop: Shop) -> None:
    query = f"""
        SELECT t.email_trait, avg((event = 'bounce')::INTEGER), avg((event = 'click')::INTEGER)
        FROM {shop.read("email_events.csv.gz")} e JOIN {shop.truth("customer_truth")} t ON t.customer_id = e.customer
        GROUP BY 1"""
    found = {trait: (bounces, clicks) for trait, bounces, clicks in shop.con.execute(query).fetchall()}
    assert found["dead_address"][0] > 0.9 and found["opener"][0] == 0
    assert found["clicker"][1] > 0.15 > 0.05 > found["opener"][1]
