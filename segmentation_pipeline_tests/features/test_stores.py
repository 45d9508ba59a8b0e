"""Stores, places, channels and costs of contacts, on rows few enough to work out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.catalog import feature_columns, unavailable_columns
from segmentation_pipeline.features.great_circle import EARTH_RADIUS_KM, kilometres
from segmentation_pipeline_tests.clean.project import AS_OF, clean, clean_all, config, reasons, write
from segmentation_pipeline_tests.features.project import Features, features, features_of_files

# As of 2025-03-31 the last 30 days begin on 2025-03-02, the last 90 on 2025-01-01, the last 365 on 2024-04-01
# and the 365 before them on 2023-04-02.
FILES = {
    "customers": (
        "customer_id,country,region,city,postal_code",
        "anna,DE,Bayern,Dorf,80001",
        "bert,DE,Bayern,münchen,99999",  # no such postal code: the town counts
        "carl,AT,Wien,Wien,80001",  # the postal code is another country's, and no place has the town
        "dora,AT,Tirol,,",
        "emil,,,,",
    ),
    "orders": (
        "order_id,customer_id,ordered_at,amount,channel,status",
        "o1,anna,2023-04-01,10.00,store,",  # a day too early
        "o2,anna,2023-04-02,10.00,Store,",
        "o3,anna,2024-03-31,10.00,web,",
        "o4,anna,2024-04-01,10.00,store,",  # looked up the week before
        "o5,anna,2024-05-01,10.00,kiosk,",  # a visit the same day
        "o6,anna,2024-06-01,10.00,store,",  # the visit was eight days before
        "o7,anna,2024-07-01,10.00,store,cancelled",
        "o8,anna,2025-01-01,10.00,web,",
        "o9,anna,2025-02-01,10.00,,",  # nobody knows where
        "p1,bert,2025-03-01,10.00,web,",
        "p2,dora,2025-03-01,10.00,store,",
    ),
    "web_sessions": (
        "session_id,customer_id,started_at",
        "w1,anna,2024-03-25",
        "w2,anna,2024-05-01 18:00",
        "w3,anna,2024-05-24",
        "w4,anna,2024-06-02",  # after the order
        "w5,bert,2025-03-01",
    ),
    "stores": (
        "store_id,name,city,latitude,longitude,opened_at,closed_at",
        "s1,Marienplatz,München,48.137,11.575,,",
        "s2,Dorfladen,Dorf,48.00,11.90,2020-01-01,2025-04-02",
        "s3,Neubau,Dorf,48.00,11.99,2025-04-20,",
        "s4,Garching,Garching,148.2,11.65,,",  # no such latitude
    ),
    "places": (
        "place_id,country,city,postal_code,latitude,longitude,population",
        "p1,de,München,80331,48.137,11.575,1500000",
        "p2,DE,München,80999,48.20,11.42,1500000",  # as many people: the first by name counts
        "p3,DE,Dorf,80001,48.00,12.00,4999",
        "p4,FR,Paris,,48.8566,2.3522,2100000",
    ),
    "store_visits": (
        "visit_id,customer_id,store_id,visited_at,duration_seconds,orders",
        "v1,anna,s2,2024-03-31,60,1",  # a day too early for every window
        "v2,anna,s2,2024-04-01,60,0",
        "v3,anna,s1,2024-12-31,60,1",
        "v4,anna,s1,2025-01-01,60,1",
        "v5,anna,s2,2025-03-01,,",  # nothing said of orders: there was none
        "v6,anna,s1,2025-03-02,120,0",
        "v7,bert,s1,2024-03-31,60,0",
        "v8,,s1,2025-03-02,60,0",  # not recognised
        "v9,anna,s9,2025-03-02,60,0",  # no such store
        "va,dora,s1,2025-03-02,60,0",
        "vb,dora,s2,2025-03-03,60,0",  # as often: the first by name
        "vc,dora,s3,2025-03-03,60,0",  # of a store that is not open yet: waits for it
        "vd,dora,s1,2025-04-01,60,0",  # not yet known
    ),
    "campaign_contacts": (
        "campaign,customer_id,contacted_at,arm",
        "SPRING,anna,2024-03-31,treatment",  # left the window; still one of the three who share the cost
        "SPRING,bert,2024-04-01,treatment",
        "SPRING,dora,2024-04-01,treatment",
        "SPRING,carl,2024-04-01,holdout",
        "NEWS,anna,2025-01-01,treatment",
        "NEWS,anna,2025-02-01,treatment",
        "NEWS,bert,2025-01-01,treatment",
        "NEWS,dora,2025-04-01,treatment",  # not yet known
        "GIFT,anna,2025-01-15,treatment",  # what it cost is not known
    ),
    "marketing_costs": (
        "campaign,channel,spent_at,amount,updated_at",
        "SPRING,print,2024-03-01,90.00,",
        "SPRING,print,2024-03-01,100.00,2024-03-05",  # the corrected bill
        "NEWS,email,2025-01-01,0.01,",
        "NEWS,email,2025-04-01,3.00,",  # not yet known
        "brand,search,2025-01-01,50.00,",
        "brand,search,2025-01-02,-5.00,",
    ),
}
MAPS = {
    "sales_region": [
        {"name": "munich", "cities": ["MÜNCHEN"]},
        {"name": "alps", "countries": ["AT"], "regions": ["Tirol", "Salzburg"]},
        {"name": "germany", "countries": ["de"]},
        {"name": "alps", "regions": ["Kärnten"]},
    ],
    "alpine": [{"name": "alpine", "regions": ["Bayern", "Tirol"]}],
}
CONFIG = config(
    {name: {} for name in FILES}, features={"store_channels": ["store", "Kiosk"], "channels": ["web"], "region_maps": MAPS}
)
EXPECTED: dict[str, dict[str, object]] = {
    "anna": {
        "last_store_visit_date": date(2025, 3, 2),
        "store_visit_recency_days": 29,
        "store_visits_30d": 1,
        "store_visits_90d": 3,
        "store_seconds_90d": 180,
        "store_order_visits_90d": 1,
        "favourite_store": "s1",
        "store_orders_365d": 3,
        "online_orders_365d": 1,
        "store_orders_previous_365d": 1,
        "online_orders_previous_365d": 1,
        "store_share_365d": 0.75,
        "store_share_previous_365d": 0.5,
        "researched_online_365d": 2,
        "sales_region": "germany",
        "alpine": "alpine",
        "urbanity": "rural",
        # A tenth of a degree of longitude on the 48th parallel: 0.1 * 111.195 km * cos 48 degrees = 7.44 km.
        "nearest_store": "s2",
        "store_distance_km": 7,
        "store_distance_band": "5_to_20_km",
        # Her two newsletters cost a third of a cent each; 0.67 cents are 0.01.
        "marketing_cost_365d": Decimal("0.01"),
    },
    "bert": {
        "last_store_visit_date": date(2024, 3, 31),
        "store_visit_recency_days": 365,
        "store_visits_30d": 0,
        "store_visits_90d": 0,
        "store_seconds_90d": 0,
        "store_order_visits_90d": 0,
        "favourite_store": None,
        "store_orders_365d": 0,
        "online_orders_365d": 1,
        "store_orders_previous_365d": 0,
        "online_orders_previous_365d": 0,
        "store_share_365d": 0.0,
        "store_share_previous_365d": None,
        "researched_online_365d": 0,
        "sales_region": "munich",
        "alpine": "alpine",
        "urbanity": "city",
        "nearest_store": "s1",
        "store_distance_km": 0,
        "store_distance_band": "under_5_km",
        "marketing_cost_365d": Decimal("33.34"),  # 100 / 3 for the catalogue and a third of a cent for the newsletter
    },
    "carl": {
        "last_store_visit_date": None,
        "store_visit_recency_days": None,
        "store_visits_30d": 0,
        "store_visits_90d": 0,
        "store_seconds_90d": 0,
        "store_order_visits_90d": 0,
        "favourite_store": None,
        "store_orders_365d": 0,
        "online_orders_365d": 0,
        "store_orders_previous_365d": 0,
        "online_orders_previous_365d": 0,
        "store_share_365d": None,
        "store_share_previous_365d": None,
        "researched_online_365d": 0,
        "sales_region": None,
        "alpine": None,
        "urbanity": None,
        "nearest_store": None,
        "store_distance_km": None,
        "store_distance_band": None,
        "marketing_cost_365d": Decimal("0.00"),
    },
    "dora": {
        "store_visits_30d": 2,
        "favourite_store": "s1",
        "store_orders_365d": 1,
        "researched_online_365d": 0,
        "sales_region": "alps",
        "alpine": "alpine",
        "urbanity": None,
        "marketing_cost_365d": Decimal("33.33"),
    },
}


def _write(folder: Path) -> Path:
    for name, lines in FILES.items():
        write(folder, name, *lines)
    return folder


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DuckDBEngine, Features]]:
    engine = DuckDBEngine(None)
    yield engine, features_of_files(engine, _write(tmp_path_factory.mktemp("stores")), CONFIG)
    engine.close()


@pytest.mark.parametrize("customer", EXPECTED)
def test_every_column(cleaned: tuple[DuckDBEngine, Features], customer: str) -> None:
    _, found = cleaned
    expected = EXPECTED[customer]
    assert {name: found[customer][name] for name in expected} == expected


def test_what_is_refused_or_waits(cleaned: tuple[DuckDBEngine, Features]) -> None:
    engine, _ = cleaned
    assert reasons(engine, "store_visits") == {9: "unknown:store_id"}
    assert reasons(engine, "marketing_costs") == {6: "below_minimum:amount"}
    assert ("s4", None) in clean(engine, "store_id", "latitude", source="stores")  # without a position, but a store
    assert [row["store_id"] for row in engine.rows(engine.table(tables.future_dated("stores")))] == ["s3"]
    assert reasons(engine, "places") == {}


@pytest.mark.long
def test_days_go_by_stores_open_and_close_and_bills_come_in(tmp_path: Path) -> None:
    """Runs that each build on the day before see what a run from nothing sees."""
    files, building, full_refresh = _write(tmp_path), DuckDBEngine(None), DuckDBEngine(None)
    found, before = features_of_files(building, files, CONFIG), AS_OF
    nearest = [found["anna"]["nearest_store"]]
    for days in (2, 366):
        later, changes = AS_OF + timedelta(days=days), ChangeSet(before)
        clean_all(building, files, CONFIG, later, changes)
        found, before = features(building, CONFIG, later, changes), later
        nearest.append(found["anna"]["nearest_store"])
    # s2 closes on the second of April, s3 opens on the twentieth.
    assert nearest == ["s2", "s1", "s3"]
    assert found == features_of_files(full_refresh, files, CONFIG, before)
    building.close()
    full_refresh.close()


@pytest.mark.slow
def test_changed_rows_about_all_touch_those_they_concern(tmp_path: Path) -> None:
    sources = ("customers", "orders", "places", "stores", "campaign_contacts", "marketing_costs")
    settings = config({name: {} for name in sources})
    files, engine = _write(tmp_path), DuckDBEngine(None)
    features_of_files(engine, files, settings)

    def after(*edits: tuple[str, str, str]) -> tuple[Features, set[object]]:
        for source, old, new in edits:
            text = (files / f"{source}.csv").read_text(encoding="utf-8")
            assert text.count(old) == 1
            (files / f"{source}.csv").write_text(text.replace(old, new), encoding="utf-8")
        changes = ChangeSet(AS_OF)
        clean_all(engine, files, settings, AS_OF, changes)
        found = features(engine, settings, AS_OF, changes)
        return found, {row["customer_id"] for row in engine.rows(engine.table(tables.DIRTY_CUSTOMERS))}

    found, dirty = after(
        ("marketing_costs", "100.00,2024-03-05", "200.00,2024-03-05"),
        ("campaign_contacts", "carl,2024-04-01,holdout", "carl,2024-04-01,treatment"),
    )
    assert dirty == {"anna", "bert", "carl", "dora"}, "all that SPRING contacted, and nobody else"
    costs = {customer: str(found[customer]["marketing_cost_365d"]) for customer in found}
    assert costs == {"anna": "0.01", "bert": "50.00", "carl": "50.00", "dora": "50.00", "emil": "0.00"}
    found, dirty = after(
        ("stores", "Dorf,48.00,11.90", "Dorf,50.00,11.90"),
        ("places", "12.00,4999", "12.00,5000"),
    )
    assert dirty == set(found), "a store moved: everybody's nearest may be another"
    place = ("urbanity", "nearest_store", "store_distance_km", "store_distance_band")
    # 0.137 degrees are 15.2 km north, 0.425 degrees on the 48th parallel 31.6 km east: 35.1 km together.
    assert [found["anna"][name] for name in place] == ["town", "s1", 35, "20_to_50_km"]
    engine.close()


@pytest.mark.slow
def test_contacts_of_a_second_account_count_for_the_person_and_the_campaign(tmp_path: Path) -> None:
    settings = config({name: {} for name in ("orders", "campaign_contacts", "marketing_costs", "identities")})
    files, engine = _write(tmp_path), DuckDBEngine(None)
    write(
        files,
        "identities",
        "record_id,customer_id,system,kind,identifier,seen_at",
        "r1,anna,web,email,anna@example.com,2024-01-01",
        "r2,bert,app,email,Anna@example.com,2024-02-01",
    )
    found = features_of_files(engine, files, settings)
    # The catalogue that went to bert, and three newsletters.
    assert found["anna"]["marketing_cost_365d"] == Decimal("33.34")
    assert "bert" not in found
    engine.close()


def test_a_shop_without_channels_tells_store_orders_by_the_store(tmp_path: Path) -> None:
    columns = {"order_id": "o", "customer_id": "c", "ordered_at": "t", "amount": "a", "store_id": "s"}
    write(tmp_path, "orders", "o,c,t,a,s", "1,anna,2025-03-01,1,s1", "2,anna,2025-03-01,1,", "3,anna,2025-03-02,1,s2")
    engine = DuckDBEngine(None)
    found = features_of_files(engine, tmp_path, config({"orders": {"columns": columns}}))["anna"]
    assert (found["store_orders_365d"], found["online_orders_365d"]) == (2, 1)
    engine.close()


REASONS = {
    "urbanity": ({"customers": {}}, "source 'places' is not configured"),
    "store_distance_km": (
        {"customers": {}, "places": {}},
        "needs stores.latitude, stores.longitude, which no source maps",
    ),
    "nearest_store": (
        {"customers": {"columns": {"customer_id": "c", "country": "l"}}, "places": {}},
        "needs customers.city and places.city, or customers.postal_code and places.postal_code, which no source maps",
    ),
    "store_orders_365d": ({}, "features.store_channels in pipeline.yaml lists no channel"),
    "researched_online_365d": ({"web_sessions": {}}, "features.store_channels in pipeline.yaml lists no channel"),
    "marketing_cost_365d": ({"campaign_contacts": {}}, "source 'marketing_costs' is not configured"),
    "favourite_store": ({}, "source 'store_visits' is not configured"),
}


@pytest.mark.parametrize("column", REASONS)
def test_what_is_off_says_what_would_turn_it_on(column: str) -> None:
    sources, reason = REASONS[column]
    settings: Config = config({"orders": {}, **sources})
    assert unavailable_columns(settings)[column] == reason
    assert column not in feature_columns(settings)


def test_a_map_whose_attribute_no_source_gives_is_off() -> None:
    bare = config({"orders": {}, "customers": {"columns": {"customer_id": "c", "region": "r"}}}, features={"region_maps": MAPS})
    assert "alpine" in feature_columns(bare)
    assert unavailable_columns(bare)["sales_region"] == "needs customers.country, customers.city, which no source maps"


def test_privacy_decides_what_is_told_of_a_customers_place() -> None:
    told = PrivacyConfig.model_validate({"attributes": ["store_distance_band"]})
    offered = feature_columns(CONFIG.model_copy(update={"privacy": told}))
    assert "store_distance_band" in offered
    assert not {"urbanity", "nearest_store", "store_distance_km"} & set(offered)


LYON, PARIS = (45.7597, 4.8422), (48.8567, 2.3508)
DISTANCES = [
    # The example of the Python package haversine.
    (LYON, PARIS, 392.2172595594006),
    (PARIS, LYON, 392.2172595594006),
    (LYON, LYON, 0.0),
    ((0.0, 0.0), (0.0, 180.0), math.pi * EARTH_RADIUS_KM),
    ((90.0, 12.0), (-90.0, -77.0), math.pi * EARTH_RADIUS_KM),
    ((0.0, 179.5), (0.0, -179.5), math.pi * EARTH_RADIUS_KM / 180),  # across the date line
]


def test_great_circle_distances() -> None:
    engine = DuckDBEngine(None)
    columns = {name: [values[n] for values in DISTANCES] for n, name in enumerate(("one", "other", "expected"))}
    places = {f"{end}_{n}": [place[n] for place in columns[end]] for end in ("one", "other") for n in (0, 1)}
    table = engine.memtable({**places, "expected": columns["expected"]}, dict.fromkeys([*places, "expected"], "float64"))
    rows = engine.rows(table.select("expected", km=kilometres(table.one_0, table.one_1, table.other_0, table.other_1)))
    assert len(rows) == len(DISTANCES)
    assert [row["km"] for row in rows] == pytest.approx([row["expected"] for row in rows], abs=1e-6)
    engine.close()
