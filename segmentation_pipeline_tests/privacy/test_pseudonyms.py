"""A customer key that is an address is a pseudonym in every table but those of schema ``pii``, the same from every source."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path

import pytest

from segmentation_pipeline.clean.accept import clean_source
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.duckdb_erase import text_columns
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import Screen
from segmentation_pipeline.privacy.pseudonyms import PseudonymError, Pseudonyms
from segmentation_pipeline.privacy.tombstones import Kind
from segmentation_pipeline.rights.person import Asked, find_people
from segmentation_pipeline_tests.clean.project import AS_OF, config, rows, write
from segmentation_pipeline_tests.engine.conftest import _spark
from segmentation_pipeline_tests.rights.stones import as_tombstones

SETTINGS = config({"orders": {}, "customers": {}, "consents": {}, "suppressions": {}}, quality={"max_quarantined_share": 1.0})


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "o1,Ann@Mail.test,2025-01-01,1",
        "o2,  ann@mail.test ,2025-01-02,1",
        "o3,Ann Lee <ann@mail.test>,2025-01-02,1",
        "o4,+49 171 5551234,2025-01-03,1",
        "o5,4917155512340,2025-01-03,1",
        "o6,c6,2025-01-03,1",
        "o7,ann@localhost,2025-01-03,1",
    )
    write(
        tmp_path,
        "customers",
        "customer_id,email,phone",
        "ann@mail.test,,",
        "+49 (0)171/5551234,phone@mail.test,",
        "4917155512340,,",
        "c6,six@mail.test,",
        "ANN@localhost,,",
    )
    write(
        tmp_path,
        "consents",
        "customer_id,email,channel,purpose,status,occurred_at",
        "ANN@MAIL.TEST,,email,marketing,granted,2025-01-01",
        "ann@mail.test,other@mail.test,email,marketing,withdrawn,2025-01-02",
        "ann@mail.test; six@mail.test,,email,marketing,withdrawn,2025-01-03",
    )
    write(tmp_path, "suppressions", "customer_id,suppressed_at", "+491715551234,2025-01-01")
    return tmp_path


def loaded(engine: Engine, folder: Path, stones=None) -> None:
    for name in SETTINGS.cleaning_order:
        reading = Reading(name, SETTINGS.sources[name], SETTINGS.pipeline.business)
        screen = Screen(engine, reading, stones, pseudonyms=Pseudonyms(folder / "secrets"))
        load_source(engine, folder, name, SETTINGS.sources[name], AS_OF, screen=screen)
        clean_source(engine, name, SETTINGS, AS_OF)


@pytest.fixture
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def known(engine: Engine, folder: Path, typed: str) -> str:
    return Pseudonyms(folder / "secrets").known_as(engine, typed, SETTINGS.pipeline.business)


def test_one_address_is_one_customer_however_and_wherever_it_is_written(engine, shop):
    loaded(engine, shop)
    ann, phone = known(engine, shop, " Ann@mail.TEST"), known(engine, shop, "+49171 555-1234")
    assert ann.startswith("email-") and phone.startswith("phone-") and known(engine, shop, "c6") == "c6"
    local = known(engine, shop, "ann@localhost")
    orders = dict(rows(engine, tables.clean("orders"), "order_id", "customer_id"))
    assert orders == {"o1": ann, "o2": ann, "o3": ann, "o4": phone, "o5": "4917155512340", "o6": "c6", "o7": local}
    people = rows(engine, tables.PII_CUSTOMERS, "customer_id", "email", "phone")
    assert (ann, "ann@mail.test", None) in people, "what is not told beside the key is kept as the contact"
    assert (phone, "phone@mail.test", "+491715551234") in people
    assert rows(engine, tables.clean("suppressions"), "customer_id") == [(phone,)]


def test_a_ledger_keeps_every_address_by_which_a_no_may_be_found(engine, shop):
    loaded(engine, shop)
    ann = known(engine, shop, "ann@mail.test")
    found = rows(engine, tables.raw("consents"), "customer_id", "email", "status")
    assert sorted(found) == sorted(
        [
            (ann, "ann@mail.test", "granted"),
            ("ann@mail.test", "other@mail.test", "withdrawn"),
            ("ann@mail.test; six@mail.test", None, "withdrawn"),
        ],
    )


@pytest.mark.slow
def test_no_table_but_those_of_schema_pii_holds_an_address(engine, shop):
    (shop / "consents.csv").write_text(
        (shop / "consents.csv").read_text().splitlines()[0] + "\nann@mail.test,,email,marketing,granted,2025-01-01\n"
    )
    write(shop, "orders", "order_id,customer_id,ordered_at,amount", "o1,Ann@Mail.test,2025-01-01,1", "o2,+49 171 5551234,never,1")
    loaded(engine, shop)
    assert rows(engine, tables.quarantine("orders"), "reasons") == [("unreadable:ordered_at",)]
    for table, columns in text_columns(engine).items():
        if not table.startswith("pii."):
            found = str(engine.rows(engine.table(table).select(*columns))).lower()
            assert "mail.test" not in found and "5551234" not in found, table
    noted = rows(engine, tables.CUSTOMER_ADDRESSES, "source", "kind", "address")
    assert ("orders", "email", "ann@mail.test") in noted and ("orders", "phone", "+491715551234") in noted


def test_the_key_is_its_owners_and_made_only_when_there_is_an_address(engine, tmp_path):
    for name, header in (("orders", "order_id,customer_id,ordered_at,amount"), ("customers", "customer_id,email")):
        write(tmp_path, name, header)
    write(tmp_path, "consents", "customer_id,email,channel,purpose,status,occurred_at")
    write(tmp_path, "suppressions", "customer_id,suppressed_at")
    loaded(engine, tmp_path)
    assert not (tmp_path / "secrets").exists()
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,ann@mail.test,2025-01-01,1")
    loaded(engine, tmp_path)
    key = tmp_path / "secrets" / "pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and stat.S_IMODE(key.parent.stat().st_mode) == 0o700


@pytest.mark.slow
def test_without_its_key_or_with_another_nothing_is_read(engine, shop, tmp_path_factory):
    loaded(engine, shop)
    ann, key = known(engine, shop, "ann@mail.test"), shop / "secrets" / "pseudonym.key"
    text = key.read_text()
    write(shop, "suppressions", "customer_id,suppressed_at", "ann@mail.test,2025-01-01")
    key.unlink()
    with pytest.raises(PseudonymError, match="Restore the file from a backup"):
        loaded(engine, shop)
    assert not key.exists(), "none is made in its place"
    key.write_text("00" * 32)
    with pytest.raises(PseudonymError, match="another key"):
        loaded(engine, shop)
    key.write_text(text)
    loaded(engine, shop)
    assert rows(engine, tables.clean("suppressions"), "customer_id") == [(ann,)]
    other = tmp_path_factory.mktemp("other")
    write(other, "orders", "order_id,customer_id,ordered_at,amount", "o1,ann@mail.test,2025-01-01,1")
    fresh = Pseudonyms(other / "secrets")
    apart = DuckDBEngine(None)
    reading = Reading("orders", SETTINGS.sources["orders"], SETTINGS.pipeline.business)
    load_source(apart, other, "orders", SETTINGS.sources["orders"], AS_OF, screen=Screen(apart, reading, pseudonyms=fresh))
    assert rows(apart, tables.raw("orders"), "customer_id") != [(ann,)], "another project knows the customer by another one"
    apart.close()


@pytest.mark.slow
def test_who_is_erased_by_the_address_is_known_again_by_it(engine, shop):
    loaded(engine, shop)
    ann = known(engine, shop, "ann@mail.test")
    by_mail = find_people(engine, SETTINGS, Asked(emails=["Ann@mail.test"]), datetime(2025, 3, 10))
    by_key = find_people(engine, SETTINGS, Asked(customers=[ann]), datetime(2025, 3, 10))
    assert by_mail.accounts == by_key.accounts == [ann]
    assert "ann@mail.test" in by_mail.values[Kind.EMAIL]
    stones = as_tombstones(b"k" * 32, datetime(2025, 3, 10), by_mail.values)
    again = DuckDBEngine(None)
    loaded(again, shop, stones)
    assert ann not in {row[0] for row in rows(again, tables.raw("orders"), "customer_id")}
    assert "ann@mail.test" not in {row[0] for row in rows(again, tables.CUSTOMER_ADDRESSES, "address")}
    assert rows(again, tables.raw("orders"), "order_id") == [("o4",), ("o5",), ("o6",), ("o7",)]
    again.close()


@pytest.mark.wide
def test_both_engines_give_one_pseudonym(request: pytest.FixtureRequest, engine, shop: Path) -> None:
    loaded(engine, shop)
    spark = _spark(request, shop)
    loaded(spark, shop)
    for table in (tables.raw("orders"), tables.raw("consents"), tables.raw("customers")):
        assert rows(spark, table, "customer_id") == rows(engine, table, "customer_id")
