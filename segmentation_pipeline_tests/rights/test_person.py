"""Whom an erasure is about: every account of the person, and nobody who only shares something with them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import pytest

from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.privacy.pseudonyms import Pseudonyms
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.person import Asked, People, UnknownPerson, find_people
from segmentation_pipeline_tests.clean.project import AS_OF, config, write

SETTINGS = config({"customers": {}, "orders": {}, "consents": {}})


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    write(
        tmp_path,
        "customers",
        "customer_id,first_name,last_name,email,phone,street,postal_code,city",
        "C1,Ann,Canary,Ann@Canary.test,030 5551234,Nest 1,10115,Berlin",
        "C2,Ann,Canary,both@canary.test,,Nest 1,10115,Berlin",
        "C3,Bob,Canary,both@canary.test,0305559999,Nest 1,10115,Berlin",
        "C4,Eve,Other,none@none.test,0000000000,Home 4,20095,Hamburg",
        "aB5,Dee,One,dee@one.test,,,,",
        "Ab5,Dan,Two,,,,,",
        ",Ann,Canary,,030 555 1234,Nest 1,10115,Berlin",
        ",Ann,Canary,,,Nest 1,10115,Berlin",
        ",Ann,Nobody,,,,10115,Berlin",
        "C1,Ann,Canary,damaged,record,1,2,3,4",
        "C99,Nobody,damaged,record,1,2,3,4,5",
    )
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "O1, c1,2025-01-01,1",
        "O2,C1,soon,1",
        "O3,C1,2025-03-20,1",
        "O4,C2,2025-01-01,1",
    )
    write(
        tmp_path,
        "consents",
        "customer_id,email,channel,purpose,status,occurred_at",
        "C1,old@canary.test,email,marketing,granted,2025-01-01",
        "ann@canary.test,ann@canary.test,email,marketing,withdrawn,2025-01-01",
        "C2,ann@nowhere.test,email,marketing,granted,2025-01-01",
        "C3,ann@nowhere.test,email,marketing,granted,2025-01-01",
    )
    engine = DuckDBEngine(None)
    for name in SETTINGS.cleaning_order:
        load_source(engine, tmp_path, name, SETTINGS.sources[name], AS_OF)
        clean_source(engine, name, SETTINGS, AS_OF)
    return engine


def found(engine: DuckDBEngine, **asked: list[str]) -> People:
    return find_people(engine, SETTINGS, Asked(**asked), datetime(2025, 3, 10))


def test_every_way_to_know_the_person_again_is_marked(engine: DuckDBEngine) -> None:
    people = found(engine, customers=[" c1 "])
    assert (people.accounts, people.persons, people.shared) == (["c1"], 1, 0)
    own = ["ann@canary.test", "old@canary.test"]
    hashed = [[getattr(hashlib, name)(a.encode()).hexdigest() for name in ("sha256", "md5", "sha1")] for a in own]
    assert people.values[Kind.EMAIL] == [own[0], *hashed[0], own[1], *hashed[1]], "ledgers name further ones, or a hash"
    assert people.values[Kind.PHONE][0] == "0305551234"
    assert people.values[Kind.PLACE] == [], "others live there too"
    assert people.values[Kind.ORDER] == ["o1", "o2"], "an order after the erasure is not the erased person's"
    assert people.values[Kind.LINE] == ["C1,Ann,Canary,damaged,record,1,2,3,4"]
    assert len(people.values[Kind.ROW]) == 2, "rows without a key that hold three things of the person"


@pytest.mark.slow
def test_a_shared_address_marks_nobody_and_does_not_name_one_person(engine: DuckDBEngine) -> None:
    people = found(engine, customers=["C2"])
    assert people.values[Kind.EMAIL] == []
    assert (people.shared, people.alike) == (2, ["c3"]), "one of them only in a ledger"
    with pytest.raises(UnknownPerson, match=r"2 people have the email 'both@canary\.test': customers c2, c3\. Name the one"):
        found(engine, emails=["both@canary.test"])
    both = found(engine, customers=["C2", "C3"])
    assert both.persons == 2
    assert "both@canary.test" in both.values[Kind.EMAIL], "when both ask, the address is nobody's any more"


def test_values_that_stand_for_none_mark_nobody(engine: DuckDBEngine) -> None:
    people = found(engine, customers=["C4"])
    assert (people.values[Kind.EMAIL], people.values[Kind.PHONE]) == ([], [])
    assert people.values[Kind.PLACE] == ["home4|20095|hamburg"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"customers": ["C77"]}, "no customer 'C77' in any source"),
        ({"customers": ["ab5"]}, "meant by 'ab5': Ab5, aB5; their keys differ in capitals"),
        ({"emails": ["dee@one.test"]}, "meant by 'ab5': Ab5, aB5; their keys differ in capitals"),
        ({"emails": ["who@nowhere.test"]}, "no customer has the email 'who@nowhere.test'"),
        ({"emails": ["nonsense"]}, "'nonsense' cannot be an e-mail address"),
        ({"phones": ["12"]}, "'12' cannot be a telephone number"),
    ],
)
def test_nobody_is_erased_by_mistake(engine: DuckDBEngine, asked: dict[str, list[str]], said: str) -> None:
    with pytest.raises(UnknownPerson, match=said):
        found(engine, **asked)
    assert engine.count(engine.table(tables.raw("customers"))) == 9


@pytest.mark.slow
def test_an_address_in_place_of_a_key_is_no_other_owner_and_may_ask_where_it_is_nobody_elses(tmp_path: Path) -> None:
    settings = config({"customers": {}, "orders": {}, "suppressions": {}})
    write(tmp_path, "customers", "customer_id,email", "C1,ann@canary.test")
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "O1,C1,2025-01-01,1")
    header, later = "customer_id,reason,suppressed_at", "left,2025-01-01"
    write(tmp_path, "suppressions", header, f"Ann@Canary.test,{later}", f"gus@mail.test,{later}")
    engine = DuckDBEngine(None)
    for name in settings.cleaning_order:
        source = settings.sources[name]
        screen = Screen(engine, Reading(name, source, settings.pipeline.business), pseudonyms=Pseudonyms(tmp_path / "secrets"))
        load_source(engine, tmp_path, name, source, AS_OF, screen=screen)
        clean_source(engine, name, settings, AS_OF)
    noted = {row["address"]: row["customer_id"] for row in engine.rows(engine.table(tables.CUSTOMER_ADDRESSES))}
    own = find_people(engine, settings, Asked(customers=["C1"]), datetime(2025, 3, 10))
    assert (own.accounts, own.shared, own.alike) == (["c1"], 0, [])
    assert own.values[Kind.CUSTOMER] == ["c1", noted["ann@canary.test"]]
    assert "ann@canary.test" in own.values[Kind.EMAIL]
    guest = find_people(engine, settings, Asked(emails=["Gus@mail.test"]), datetime(2025, 3, 10))
    assert (guest.accounts, guest.persons) == ([noted["gus@mail.test"]], 1)
    assert "gus@mail.test" in guest.values[Kind.EMAIL]
