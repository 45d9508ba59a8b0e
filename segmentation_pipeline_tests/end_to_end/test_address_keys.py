"""A shop whose export knows customers by their addresses: guests, a whole run, the rights of a person, and no address anywhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import query, segmentation

pytestmark = pytest.mark.slow

CANARIES = ("ann.canary@mail.test", "bob.canary@mail.test", "cat.canary@mail.test", "491715559876")
SOURCES = """
sources:
  orders:
    files: data/raw/orders.csv
    anonymous: [""]
    columns: {order_id: Name, customer_id: Email, ordered_at: Created at, amount: Total}
  consents: {files: data/raw/consents.csv}
  support: {files: data/raw/support.csv}
"""
ORDERS = """Name,Email,Created at,Total
#1001,Ann.Canary@mail.test,2026-05-01 10:00,69.80
#1002,bob.canary@mail.test,2026-05-02 10:00,40.00
#1003, ann.canary@MAIL.test ,2026-05-03 10:00,20.00
#1004,,2026-05-04 10:00,9.00
#1005,cat.canary@mail.test,2026-05-05 10:00,33.00
#1006,+49 171 5559876,2026-05-06 10:00,11.00
#1007,bob.canary@mail.test,never,11.00
"""
CONSENTS = """customer_id,channel,purpose,status,occurred_at
ANN.CANARY@mail.test,email,marketing,granted,2026-05-01
bob.canary@mail.test,email,marketing,granted,2026-05-01
cat.canary@mail.test,email,marketing,granted,2026-05-01
<Cat.Canary+news@mail.test>,email,marketing,withdrawn,2026-05-02
"""
SUPPORT = """ticket_id,customer_id,opened_at
t1,ann.canary@mail.test,2026-05-07 10:00
"""
CAMPAIGN = """
campaigns:
  hello: {title: Hello, channel: email, purpose: marketing, audience: frequency >= 1, rank_by: monetary, holdout_share: 0}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("addresses")
    (folder / "config").mkdir()
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "config" / "sources.yaml").write_text(SOURCES)
    (folder / "config" / "campaigns.yaml").write_text(CAMPAIGN)
    (folder / "config" / "privacy.yaml").write_text("salt: address-keys-2026\n")
    quality = "quality: {max_quarantined_share: 0.5}\n"
    (folder / "config" / "pipeline.yaml").write_text(f"business: {{timezone: UTC}}\nrun: {{as_of: 2026-06-30}}\n{quality}")
    for name, text in (("orders", ORDERS), ("consents", CONSENTS), ("support", SUPPORT)):
        (folder / "data" / "raw" / f"{name}.csv").write_text(text)
    run = segmentation(folder, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    assert not any(canary in (run.stdout + run.stderr).lower() for canary in CANARIES)
    return folder


def test_who_buys_is_counted_by_address_and_guests_for_the_shop(shop: Path) -> None:
    people = query(shop, "SELECT frequency, monetary FROM customer_profile ORDER BY monetary")
    assert [(orders, float(paid)) for orders, paid in people] == [(1, 11.0), (1, 33.0), (1, 40.0), (2, 89.8)]
    totals = query(shop, "SELECT belongs_to, orders, net_revenue FROM shop_totals ORDER BY 1")
    assert [(whose, orders, float(paid)) for whose, orders, paid in totals] == [("customers", 5, 173.8), ("nobody", 1, 9.0)]


def test_the_audience_has_the_address_and_a_no_written_otherwise_holds(shop: Path) -> None:
    with (shop / "data" / "audiences" / "2026-06-30" / "hello" / "audience.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["email"] for row in rows] == ["ann.canary@mail.test", "bob.canary@mail.test"]
    assert all(row["customer_id"].startswith("email-") for row in rows)


def test_no_published_table_no_docs_and_no_metadata_hold_an_address(shop: Path) -> None:
    private = [shop / "data" / name for name in ("raw", "audiences")]
    looked, found = 0, []
    for path in sorted(shop.rglob("*")):
        if not path.is_file() or any(folder in path.parents for folder in private) or path.name.startswith("warehouse.duckdb"):
            continue
        content, looked = path.read_bytes().lower(), looked + 1
        found += [(path.name, canary) for canary in CANARIES if canary.encode() in content]
    assert looked > 10 and found == []
    for (table,) in query(shop, "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"):
        text = str(query(shop, f'SELECT * FROM "{table}"')).lower()
        assert not any(canary in text for canary in CANARIES), table


def test_a_no_given_later_by_the_address_is_found_before_sending(shop: Path) -> None:
    ledger = shop / "data" / "raw" / "consents.csv"
    ledger.write_text(CONSENTS + "Bob.Canary@mail.test,email,marketing,withdrawn,2026-07-01\n")
    verified = segmentation(shop, "audience", "verify")
    assert verified.returncode != 0 and "bob.canary" not in (verified.stdout + verified.stderr).lower()
    revoked = (shop / "data" / "audiences" / "2026-06-30" / "hello" / "revoked.csv").read_text()
    assert revoked.count("email-") == 1
    ledger.write_text(CONSENTS)


def test_a_person_may_ask_by_address_and_is_forgotten_by_it(shop: Path, tmp_path: Path) -> None:
    told = segmentation(shop, "explain", " ANN.canary@mail.test")
    assert told.returncode == 0 and "email-" in told.stdout, told.stdout + told.stderr
    out = tmp_path / "ann.json"
    held = segmentation(shop, "subject", "ann.canary@mail.test", "--out", str(out))
    assert held.returncode == 0, held.stdout + held.stderr
    found = json.loads(out.read_text())
    assert {name: len(rows) for name, rows in found["sources"].items()} == {"orders": 2, "consents": 1, "support": 1}
    assert found["made_of_them"]["pii.customer_addresses"][0]["address"] == "ann.canary@mail.test"
    nobody = segmentation(shop, "forget", "0")
    assert nobody.returncode != 0
    gone = segmentation(shop, "forget", "--email", "ann.canary@mail.test", "--rewrite-files")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    for path in sorted((shop / "data").rglob("*")):
        if path.is_file():
            assert b"ann.canary" not in path.read_bytes().lower(), path
