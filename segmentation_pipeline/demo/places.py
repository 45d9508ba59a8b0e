"""Where places and stores lie, and with them what is true about where each customer lives.

Six in ten postal codes of a city are the city itself, a quarter are towns around it and the rest villages
further out; the shop's address book calls them all by the city's name, as post offices do.
"""

from __future__ import annotations

from datetime import date
from itertools import accumulate, pairwise

import duckdb

from segmentation_pipeline.demo.traits import values

LIE = (
    # city, latitude, longitude, people, the shop's sales district, climate
    ("Berlin", 52.5200, 13.4050, 3_700_000, "east", "oceanic"),
    ("Hamburg", 53.5511, 9.9937, 1_850_000, "north", "oceanic"),
    ("München", 48.1351, 11.5820, 1_490_000, "south", "oceanic"),
    ("Köln", 50.9375, 6.9603, 1_080_000, "west", "oceanic"),
    ("Leipzig", 51.3397, 12.3731, 610_000, "east", "oceanic"),
    ("Wien", 48.2082, 16.3738, 1_980_000, "south", "oceanic"),
    ("Graz", 47.0707, 15.4395, 295_000, "south", "continental"),
    ("Paris", 48.8566, 2.3522, 2_100_000, "west", "oceanic"),
    ("Lyon", 45.7640, 4.8357, 520_000, "west", "oceanic"),
    ("Amsterdam", 52.3676, 4.9041, 920_000, "west", "oceanic"),
    ("Utrecht", 52.0907, 5.1214, 365_000, "west", "oceanic"),
    ("Gent", 51.0543, 3.7174, 265_000, "west", "oceanic"),
    ("Milano", 45.4642, 9.1900, 1_370_000, "south", "mediterranean"),
    ("Barcelona", 41.3874, 2.1686, 1_640_000, "south", "mediterranean"),
    ("Warszawa", 52.2297, 21.0122, 1_860_000, "east", "continental"),
    ("København", 55.6761, 12.5683, 650_000, "north", "oceanic"),
)
KINDS = (
    # kind, share of a city's postal codes, least and most kilometres from its middle, least and most people
    ("city", 0.60, 0.0, 9.0, 0, 0),
    ("town", 0.25, 10.0, 30.0, 6_000, 48_000),
    ("village", 0.15, 25.0, 70.0, 200, 4_500),
)
STORES_IN = {"Berlin": 5, "Hamburg": 3, "München": 3, "Köln": 3, "Leipzig": 1, "Wien": 3, "Graz": 1, "Paris": 2}
STORES_IN |= {"Amsterdam": 2, "Milano": 1}
"""How many of the stores S01 to S24, in which the orders are placed, each city has."""
CLOSED, COMING = ("S25", "Lyon"), ("S26", "Barcelona")
"""A store that closed two years before the last day of the data, and one that opens two months after it."""
KM_PER_DEGREE = 111.195


def create_places(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Tables ``shop_places`` (one row per postal code) and ``shop_stores``, and what is true: ``homes``, one row
    per customer: who they are (``home_country``, ``home_state``, ``home_language``, ``true_age``, ``true_household``,
    ``true_occupation``, ``true_education``, ``true_income``) and where they live (``home_kind``, ``district``,
    ``climate`` and ``store_km`` to the nearest store open at ``as_of``)."""
    _places(con)
    _stores(con, as_of)
    end = f"(DATE '{as_of}' + 1)"
    con.execute(f"""
        CREATE TABLE homes AS
        WITH stores AS (SELECT lat, lon FROM shop_stores WHERE opened < {end} AND (closed IS NULL OR closed >= {end})),
        nearest AS (
            SELECT p.place, min(2 * 6371.0088 * asin(sqrt(pow(sin(radians(s.lat - p.lat) / 2), 2)
                   + cos(radians(p.lat)) * cos(radians(s.lat)) * pow(sin(radians(s.lon - p.lon) / 2), 2)))) AS km
            FROM shop_places p, stores s GROUP BY 1)
        SELECT c.i, c.country AS home_country, c.state AS home_state, c.lang AS home_language,
               date_part('year', age(DATE '{as_of}', c.birthday))::INTEGER AS true_age, c.household AS true_household,
               c.occupation AS true_occupation, c.education AS true_education, c.income AS true_income,
               p.kind AS home_kind, p.district, p.climate, round(n.km, 3) AS store_km
        FROM shop_customers c JOIN shop_places p ON p.country = c.country AND p.zip = c.zip JOIN nearest n USING (place)""")


def _places(con: duckdb.DuckDBPyConnection) -> None:
    limits = pairwise([0.0, *accumulate(share for _, share, *_ in KINDS)])
    kinds = [(kind, above, below, *rest) for (above, below), (kind, _, *rest) in zip(limits, KINDS, strict=True)]
    con.execute(f"""
        CREATE TABLE shop_places AS
        WITH lie(city, lat, lon, people, district, climate) AS (VALUES {values(LIE)}),
        kinds(kind, above, below, least_km, most_km, least, most) AS (VALUES {values(kinds)}),
        codes AS (SELECT p.country, p.city, p.zip AS head, digits - 2 AS tail, lie.* EXCLUDE (city),
                         unnest(range(pow(10, digits - 2)::BIGINT)) AS number FROM places p JOIN lie USING (city)),
        drawn AS (
            SELECT c.*, k.*, format('P-{{}}-{{}}', country, head || lpad(number::VARCHAR, tail, '0')) AS place,
                   least_km + (most_km - least_km) * row_draw(place, 'away') AS km, 2 * pi() * row_draw(place, 'whither') AS angle
            FROM codes c JOIN kinds k ON number / pow(10, tail) >= above AND number / pow(10, tail) < below)
        SELECT TIMESTAMP '2020-01-01' AS event, place, country, city, head || lpad(number::VARCHAR, tail, '0') AS zip,
               round(lat + km * cos(angle) / {KM_PER_DEGREE}, 4) AS lat,
               round(lon + km * sin(angle) / {KM_PER_DEGREE} / cos(radians(lat)), 4) AS lon,
               CASE WHEN kind = 'city' THEN people
                    ELSE floor(least + (most - least) * row_draw(place, 'people')) END::BIGINT AS people,
               kind, district, climate
        FROM drawn""")


def _stores(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    cities = [city for city, stores in STORES_IN.items() for _ in range(stores)]
    named = [(f"S{number:02d}", city) for number, city in enumerate(cities, start=1)]
    con.execute(f"""
        CREATE TABLE shop_stores AS
        WITH named(store, city) AS (VALUES {values([*named, CLOSED, COMING])}),
        lie(city, lat, lon, people, district, climate) AS (VALUES {values(LIE)}),
        dated AS (
            SELECT *, CASE WHEN store = '{COMING[0]}' THEN at_daytime(DATE '{as_of}' + 60, 0.1)
                           ELSE at_daytime(DATE '2015-03-01' + (100 * row_draw(store, 'opens'))::INTEGER, 0.1) END AS opened,
                   CASE WHEN store = '{CLOSED[0]}' THEN at_daytime(DATE '{as_of}' - 730, 0.8) END AS closed
            FROM named)
        SELECT opened AS event, store, city || ' ' || store[2:] AS name, city, p.state, p.country,
               round(lat + 5 * (2 * row_draw(store, 'north') - 1) / {KM_PER_DEGREE}, 4) AS lat,
               round(lon + 5 * (2 * row_draw(store, 'east') - 1) / {KM_PER_DEGREE} / cos(radians(lat)), 4) AS lon, opened, closed
        FROM dated JOIN lie USING (city) JOIN places p USING (city)""")
