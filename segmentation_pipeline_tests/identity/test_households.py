"""Who lives together is told, and stays several persons."""

from __future__ import annotations

from datetime import date

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import config, write
from segmentation_pipeline_tests.features.project import features_of_files

CUSTOMERS = (
    "customer_id,signed_up_at,first_name,last_name,street,postal_code,city",
    # A couple with one mailbox; anna has a second account.
    "anna,2025-01-01,Anna,Adam,,,",
    "anna2,2025-01-02,Anna,Adam,,,",
    "tom,2025-01-03,Tom,Bach,,,",
    # A family at one address, spelled twice, and a neighbour.
    "c1,2025-01-01,Carla,Groß,Lange Str. 5,10115,Berlin",
    "c2,2025-01-01,Carlo,Gross,lange str 5,10115,BERLIN",
    "c3,2025-01-01,Dora,Weber,Lange Str. 5,10115,Berlin",
    # One name at a block of flats.
    *(f"m{n},2025-01-01,M{n},Muster,Ring 1,10115,Berlin" for n in range(6)),
    # Whoever tells no street lives nowhere that is known.
    "e1,2025-01-01,Emil,Ende,,10115,Berlin",
    "e2,2025-01-01,Otto,Ende,,10115,Berlin",
    # What stands for none, and a mailbox of a role, are no home.
    "p1,2025-01-01,Paul,Pohl,,,",
    "p2,2025-01-01,Rosa,Rohr,,,",
    # Who tells no name and shares a family's mailbox lives together, and is not one.
    "f1,2025-01-01,,,,,",
    "f2,2025-01-01,,,,,",
)
RECORDS = (
    "record_id,customer_id,system,kind,identifier,seen_at",
    "r1,anna,web,email,adam@example.com,2025-01-01",
    "r2,tom,web,email,adam@example.com,2025-01-03",
    "r3,anna,web,loyalty_card,4711,2025-01-01",
    "r4,anna2,web,loyalty_card,47 11,2025-01-02",
    "r5,p1,web,email,none@none.com,2025-01-01",
    "r6,p2,web,email,none@none.com,2025-01-01",
    "r7,f1,web,email,Familie.Mueller@mail.test,2025-01-01",
    "r8,f2,web,email,familie.mueller@mail.test,2025-01-01",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[object, tuple[object, object]]:
    folder, engine = tmp_path_factory.mktemp("homes"), DuckDBEngine(None)
    write(folder, "customers", *CUSTOMERS)
    write(folder, "identities", *RECORDS)
    write(folder, "orders", "order_id,customer_id,ordered_at,amount", "o1,anna,2025-02-01,5.00")
    features_of_files(engine, folder, config({"orders": {}, "customers": {}, "identities": {}}), date(2025, 3, 1))
    rows = engine.rows(engine.table(tables.HOUSEHOLDS))
    engine.close()
    return {row["customer_id"]: (row["household_id"], row["persons"]) for row in rows}


def test_a_couple_with_one_mailbox_is_a_household_of_two_persons(told) -> None:
    assert {name: home for name, home in told.items() if name in ("anna", "anna2", "tom")} == {
        "anna": ("anna", 2),
        "tom": ("anna", 2),
    }


def test_one_address_and_family_name_is_a_household(told) -> None:
    assert told["c1"] == told["c2"] == ("c1", 2)


def test_a_mailbox_of_a_family_is_that_of_a_household_and_makes_nobody_one(told) -> None:
    assert told["f1"] == told["f2"] == ("f1", 2)


def test_strangers_are_none(told) -> None:
    """Neighbours, a block of flats, half an address, a value that stands for none."""
    assert set(told) == {"anna", "tom", "c1", "c2", "f1", "f2"}
