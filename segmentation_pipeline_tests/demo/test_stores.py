"""Stores, places, visits and costs tell of what each customer was given."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segmentation_pipeline.demo.costs import CONTACT_CENTS, DESIGN_CENTS
from segmentation_pipeline.demo.engagement import TRACKED_DAYS
from segmentation_pipeline.demo.generate import AS_OF
from segmentation_pipeline.demo.places import CLOSED, COMING, KINDS
from segmentation_pipeline_tests.demo.conftest import CUSTOMERS, Shop


def test_homes_occur_at_their_share_and_every_customer_has_one(shop: Shop) -> None:
    found = dict(shop.con.execute(f"SELECT home_kind, count(*) FROM {shop.truth('customer_truth')} GROUP BY 1").fetchall())
    assert set(found) == {kind for kind, *_ in KINDS}
    for kind, share, *_ in KINDS:
        assert abs(found[kind] - CUSTOMERS * share) <= 5 * (CUSTOMERS * share) ** 0.5


def test_the_gazetteer_has_every_postal_code_of_a_customer_once(shop: Shop) -> None:
    places = f"(SELECT DISTINCT * FROM {shop.read('places.csv')} WHERE lat IS NOT NULL)"
    query = f"""
        SELECT count(*), count(p.place) FROM (SELECT DISTINCT cust_no, country, zip FROM {shop.read("customers.csv")}) c
        LEFT JOIN {places} p ON p.country = c.country AND p.zip = c.zip"""
    customers, placed = shop.one(query)
    assert customers == placed >= CUSTOMERS


def test_towns_and_villages_lie_around_their_city(shop: Shop) -> None:
    """Measured flat, as far from the formula of the pipeline as it gets."""
    query = f"""
        SELECT max(sqrt(pow(111.195 * (p.lat::DOUBLE - c.lat), 2) + pow(111.195 * cos(radians(c.lat)) * (p.lon::DOUBLE - c.lon), 2)))
        FROM {shop.read("places.csv")} p JOIN (VALUES ('Berlin', 52.52, 13.405), ('Wien', 48.2082, 16.3738)) c(city, lat, lon)
        USING (city) WHERE p.lat IS NOT NULL"""
    (furthest,) = shop.one(query)
    assert 60 < furthest < 71


def test_a_store_that_closed_or_is_still_to_open_is_no_store(shop: Shop) -> None:
    """Nobody in Lyon or Barcelona has a store within fifty kilometres, though the list has one there."""
    listed = f"SELECT count(DISTINCT store) FROM {shop.read('stores.csv')} WHERE store IN ('{CLOSED[0]}', '{COMING[0]}')"
    assert shop.one(listed) == (2,)
    query = f"""
        SELECT min(t.store_km) FROM {shop.truth("customer_truth")} t JOIN {shop.read("customers.csv")} c ON c.cust_no = t.customer_id
        WHERE c.city IN ('{CLOSED[1]}', '{COMING[1]}')"""
    (nearest,) = shop.one(query)
    assert nearest > 50


def test_visits_are_kept_for_the_tracked_days_and_come_from_those_who_are_seen(shop: Shop) -> None:
    visits = shop.read("store_visits.csv.gz")
    first, last = shop.one(f"SELECT min(entered::TIMESTAMP)::DATE, max(entered::TIMESTAMP)::DATE FROM {visits}")
    assert first >= AS_OF - timedelta(days=TRACKED_DAYS) and last <= AS_OF
    query = f"""
        SELECT t.store_trait, count(*) FILTER (v.orders = '0') / (SELECT count(*) FROM {shop.truth("customer_truth")} a
               WHERE a.store_trait = t.store_trait)
        FROM {visits} v JOIN {shop.truth("customer_truth")} t ON t.customer_id = v.customer GROUP BY 1"""
    found = dict(shop.con.execute(query).fetchall())
    assert set(found) == {"occasional", "frequent"}
    assert found["frequent"] > 5 * found["occasional"] > 0


def test_researchers_looked_online_before_they_bought_in_a_store(shop: Shop) -> None:
    query = f"""
        WITH bought AS (SELECT DISTINCT cust_no, order_date::TIMESTAMP::DATE AS day FROM {shop.read("orders_*.csv")}
                        WHERE channel = 'Filiale' AND try_cast(order_date AS TIMESTAMP) BETWEEN DATE '{AS_OF}' - 365 AND DATE '{AS_OF}'),
        looked AS (SELECT DISTINCT cust_no, started::TIMESTAMP::DATE AS day FROM {shop.read("web_sessions.csv.gz")})
        SELECT t.research_trait, avg((EXISTS (FROM looked l WHERE l.cust_no = b.cust_no AND b.day - l.day BETWEEN 0 AND 7))::INTEGER)
        FROM bought b JOIN {shop.truth("customer_truth")} t ON t.customer_id = b.cust_no
        WHERE t.web_trait IN ('absent', 'purposeful') GROUP BY 1"""
    found = dict(shop.con.execute(query).fetchall())
    assert found["researcher"] > 0.7 > 0.3 > found["decides_in_store"]


def test_a_campaign_costs_its_design_and_its_contacts(shop: Shop) -> None:
    query = f"""
        WITH cost AS (SELECT campaign, sum(cost::DECIMAL(18,2)) AS cost FROM (SELECT DISTINCT * FROM {shop.read("marketing_costs.csv")})
                      WHERE cost NOT LIKE '-%' GROUP BY 1),
        sent AS (SELECT campaign, channel, count(*) AS contacts
                 FROM (SELECT DISTINCT campaign, channel, arm, upper(trim(customer_id)) AS customer
                       FROM {shop.read("campaign_contacts.csv")})
                 WHERE arm = 'treatment' AND customer NOT LIKE 'CX%' GROUP BY ALL)
        SELECT channel, contacts, cost FROM cost JOIN sent USING (campaign)"""
    rows = shop.con.execute(query).fetchall()
    assert len(rows) == 5
    for channel, contacts, cost in rows:
        assert float(cost) == pytest.approx((DESIGN_CENTS + contacts * CONTACT_CENTS[channel]) / 100, abs=0.011)
