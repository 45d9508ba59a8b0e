"""Values that stand for none connect nobody, whoever typed them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import IdentityConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.placeholders import is_placeholder
from segmentation_pipeline_tests.clean.project import config, write
from segmentation_pipeline_tests.features.project import features_of_files

STAND_FOR_NONE = [
    *(("email", value) for value in ("none@none.com", "unknown@shop.test", "no-mail@x.de", "aaa@aaa.com", "123456@web.de")),
    *(
        ("email", value)
        for value in ("asdf@asdf.de", "qwertz@gmx.de", "kunde+1@shop.de", "max@noemail.com", "x@x.invalid", "n/a")
    ),
    *(("phone", value) for value in ("+49300000000", "+4999999999", "+491711111111", "+49123456789", "+4915112345678")),
    *(("phone", value) for value in ("+493012121212", "+33600000000", "+43987654321", "000000000", "unbekannt", "-", "n/a", "")),
    *(("loyalty_card", value) for value in ("0", "000000", "9999999", "1234567", "XXXX", "N/A", "none")),
    *(("email", value) for value in ("x@x.de", "me@me.com", "test1@mail.test", "john.doe@mail.test", "sansmail@mail.test")),
    *(("email", value) for value in ("keine.email@mail.test", "no_name@mail.test", "gast123@mail.test", "deleted@shop.test")),
    *(("phone", value) for value in ("+49228123456", "+12025550100", "+4930000001", "+4916011223344", "ohne Telefon")),
    *(("loyalty_card", value) for value in ("KEINE KARTE", "TESTKARTE", "TEMP001", "#REF!", "12345", "4000000000000", "LOST")),
    *(("customer_key", value) for value in ("NULL", "UNKNOWN", "-", "0", "0123456789", "K. A. ", "7", "42")),
]
OF_SOMEBODY = [
    *(("email", value) for value in ("a@example.com", "anna.none@example.com", "nonna@example.com", "anna1234567@web.de")),
    *(("phone", value) for value in ("+493023125042", "+442079460123", "+4915228817386", "+4930500000", "+491607773300")),
    *(("email", value) for value in ("schmidt@schmidt.de", "nomi@mail.test", "newman@mail.test", "testa@mail.test")),
    *(("loyalty_card", value) for value in ("77", "400000123", "3000000", "123", "12345678901234")),
    *(("customer_key", value) for value in ("107", "1000000", "K11", "C000000", "OTTO", "USER123", "REF4711", "GUEST77")),
]


def test_what_stands_for_none_is_told_from_what_somebody_has(any_engine: Engine) -> None:
    rows = [*STAND_FOR_NONE, *OF_SOMEBODY]
    columns = {"kind": [kind for kind, _ in rows], "value": [value for _, value in rows]}
    table = any_engine.memtable(columns, {"kind": "string", "value": "string"})
    found = any_engine.rows(table.mutate(none=is_placeholder(table.kind, table.value, ("k. a.",))))
    assert {(row["kind"], row["value"]) for row in found if row["none"]} == set(STAND_FOR_NONE)
    assert len(found) == len(rows)


def test_a_shop_lists_its_own(engine: DuckDBEngine) -> None:
    values = ["kasse3@shop.de", "KASSE-3@other.de", "+49 30 23125042", "anna@shop.de"]
    table = engine.memtable(
        {"kind": ["email", "email", "phone", "email"], "value": values}, {"kind": "string", "value": "string"}
    )
    none = is_placeholder(table.kind, table.value, ("kasse3@", "+493023125042"))
    assert [row["none"] for row in engine.rows(table.mutate(none=none))] == [True, True, True, False]
    with pytest.raises(ValueError, match=r"'--' has no letter or digit"):
        IdentityConfig(placeholders=("--",))


GROUPS = {
    "phone": ("000000000", "+49 30 0000000", "0123456789", "n/a", "1111111111"),
    "email": ("none@none.com", "unknown@mail.test", "noreply@shop.test"),
}
"""Eight values, each typed by three people who have nothing else in common."""


def test_eight_placeholders_of_three_people_each_leave_all_of_them_apart(tmp_path: Path, engine: DuckDBEngine) -> None:
    """Names and birth dates are left out, so the values alone must speak."""
    typed = [(kind, value) for kind, values in GROUPS.items() for value in values for _ in range(3)]
    people = [f"p{n:02d}" for n in range(len(typed))]
    records = [f"r{n},{people[n]},web,{kind},{value},2025-01-0{1 + n % 3}" for n, (kind, value) in enumerate(typed)]
    write(tmp_path, "identities", "record_id,customer_id,system,kind,identifier,seen_at", *records)
    write(tmp_path, "customers", "customer_id,signed_up_at,country", *(f"{person},2025-01-01,DE" for person in people))
    orders = (f"o{n},{person},2025-02-01,5.00" for n, person in enumerate(people))
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", *orders)
    settings = config({"orders": {}, "customers": {}, "identities": {}})
    found = features_of_files(engine, tmp_path, settings, date(2025, 3, 1))
    assert len(found) == 24 and set(found) == set(people)
    assert engine.count(engine.table(tables.CUSTOMER_IDENTITY)) == 0
    blocked = engine.rows(engine.table(tables.BLOCKED_MERGES))
    # A mailbox of a role has its own reason.
    assert len({row["customer_id"] for row in blocked}) == 24
    assert {row["reason"] for row in blocked} == {"placeholder", "role_address"}
    health = engine.table(tables.IDENTITY_HEALTH)
    told = engine.rows(health.filter(health.finding == "placeholder"))
    assert {row["kind"]: (row["groups"], row["customers"]) for row in told} == {"phone": (5, 15), "email": (2, 6)}
