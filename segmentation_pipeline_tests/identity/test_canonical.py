"""One customer where there were several: features of the person, not of the account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.canonical import personal_by_customer, rows_by_customer
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.features.project import features, features_of_files
from segmentation_pipeline_tests.privacy.pii_scan import find_values

RECORDS = "record_id,customer_id,system,kind,identifier,seen_at"
SHARED = (
    # anna and bert are one by a telephone number, bert and cora by an address; dora is alone.
    "r1,anna,web,phone,030 23125042,2024-01-05",
    "r2,bert,app,phone,+49 30 23125-042,2024-02-01",
    "r3,bert,app,email,Bert@Example.com,2024-02-01",
    "r4,cora,store,email, bert@example.com ,2025-03-02",
    "r5,dora,web,email,dora@example.com,2024-01-01",
)
FILES = {
    "customers": (
        "customer_id,signed_up_at,first_name,email,country,city,updated_at",
        "anna,2024-01-05,Anna,anna@example.com,de,Berlin,",
        "bert,2024-02-01,Annabella,bert@example.com,DE,Gent,",
        "cora,2024-03-01,A.,,,Wien,",
        "dora,2024-01-01,Theodora,dora@example.com,AT,Graz,",
    ),
    "orders": (
        "order_id,customer_id,ordered_at,amount",
        "o1,anna,2024-06-01,10.00",
        "o2,bert,2024-12-31,5.00",
        "o3,cora,2025-03-10,2.50",
        "o4,dora,2025-01-01,7.00",
    ),
    "returns": ("return_id,order_id,returned_at,amount", "b1,o3,2025-03-20,2.50"),
    "firmographics": ("customer_id,industry,employees", "bert,trade,5", "cora,crafts,7"),
    "consents": (
        "customer_id,channel,purpose,status,occurred_at",
        "anna,email,marketing,granted,2024-01-05",
        "bert,email,marketing,withdrawn,2024-05-01",
        "cora,email,marketing,granted,2025-03-01",
        "cora,sms,marketing,granted,2025-03-01",
        "dora,email,marketing,granted,2024-01-01",
    ),
    "suppressions": ("customer_id,reason,suppressed_at", "cora,complaint,2025-03-20"),
    "identities": (RECORDS, *SHARED),
}
CONFIG = config({name: {} for name in FILES}).model_copy(
    update={"privacy": config({"orders": {}}).privacy.model_copy(update={"attributes": ("city",)})}
)
DAY = date(2025, 3, 31)
DURING = date(2025, 3, 1)
"""Before cora's address was known."""


def _write(folder: Path) -> Path:
    for name, lines in FILES.items():
        write(folder, name, *lines)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, object]], dict[str, object]]:
    """The file of the working tables, the features, and the names people go by."""
    folder = _write(tmp_path_factory.mktemp("people"))
    path = folder / "warehouse.duckdb"
    engine = DuckDBEngine(path)
    found = features_of_files(engine, folder, CONFIG, DAY)
    told: dict[str, object] = {}
    people = personal_by_customer(engine, CONFIG)
    told["names"] = {str(row["customer_id"]): row["first_name"] for row in engine.rows(people)}
    engine.close()
    return path, found, told


def test_the_person_has_the_orders_and_returns_of_all_accounts(built) -> None:
    _, found, _ = built
    assert set(found) == {"anna", "dora"}
    anna = found["anna"]
    assert (anna["frequency"], anna["monetary"]) == (3, Decimal("15.00"))
    assert (anna["first_order_date"], anna["last_order_date"]) == (date(2024, 6, 1), date(2025, 3, 10))
    assert (found["dora"]["frequency"], found["dora"]["monetary"]) == (1, Decimal("7.00"))


def test_attributes_are_those_of_the_first_account_or_else_of_the_smallest_other(built) -> None:
    _, found, told = built
    assert (found["anna"]["city"], found["anna"]["signed_up_date"]) == ("Berlin", date(2024, 1, 5))
    assert told["names"] == {"anna": "Anna", "dora": "Theodora"}
    assert (found["anna"]["industry"], found["anna"]["company_employees"]) == ("trade", 5)


def test_identifiers_stay_in_schema_pii(built) -> None:
    path, _, _ = built
    values = ["23125042", "+493023125042", "bert@example.com", "Theodora"]
    found = find_values(path, values)
    assert {value for value in values if any(place.endswith(value) for place in found)} == set(values)
    assert [place for place in found if not place.startswith("pii.")] == []


def test_a_source_that_names_no_customer_stays_as_it_is(engine: DuckDBEngine) -> None:
    engine.write(tables.clean("products"), engine.memtable({"product_id": ["p"]}, {"product_id": "string"}))
    both = config({"orders": {}, "products": {}, "identities": {}})
    assert rows_by_customer(engine, both, "products").equals(engine.table(tables.clean("products")))


def test_without_identities_the_clean_tables_are_read_as_they_are(tmp_path: Path) -> None:
    engine, alone = DuckDBEngine(None), config({"orders": {}, "customers": {}})
    clean_all(engine, _write(tmp_path), alone, DAY)
    for source in ("orders", "customers"):
        assert rows_by_customer(engine, alone, source).equals(engine.table(tables.clean(source)))
    assert personal_by_customer(engine, alone).equals(engine.table(tables.PII_CUSTOMERS))
    engine.close()


@pytest.mark.slow
def test_building_on_the_last_run_equals_a_run_from_nothing_whoever_comes_and_goes(tmp_path: Path) -> None:
    """Clusters grow, change their first customer, fall apart and come back, on days in any order."""
    folder, building = _write(tmp_path), DuckDBEngine(None)
    few = config({"orders": {}, "customers": {}, "identities": {}})
    first = "r0,dora,web,phone,0049 30 23125042,2023-01-01"
    story = (
        (DURING, SHARED),
        (DAY, (*SHARED, first)),  # cora joins, and dora was there before all others
        (DURING, SHARED[:1] + SHARED[2:]),  # a day before, and bert's number is gone
        (DAY, SHARED),
    )
    since = None
    for number, (day, records) in enumerate(story):
        write(folder, "identities", RECORDS, *records)
        if number == 2:  # a new order of an account that is part of another
            write(folder, "orders", *FILES["orders"], "o5,cora,2025-03-11,1.00")
        full_refresh, changes = DuckDBEngine(None), ChangeSet(since)
        clean_all(building, folder, few, day, changes)
        assert features(building, few, day, changes) == features_of_files(full_refresh, folder, few, day), number
        for table in (tables.IDENTIFIERS, tables.PHONE_NUMBERS, tables.CUSTOMER_IDENTITY, tables.BLOCKED_MERGES):
            rows = [sorted(str(row) for row in engine.rows(engine.table(table))) for engine in (building, full_refresh)]
            assert rows[0] == rows[1], (number, table)
        full_refresh.close()
        since = day
    building.close()
