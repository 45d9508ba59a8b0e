"""Personal data stays in its room."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.campaigns.audiences import campaign_audiences
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.contracts.sources import CUSTOMERS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.addresses import reachable_addresses
from segmentation_pipeline.privacy.pii import split_customers
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.privacy.pii_scan import find_values

ENGINE = DuckDBEngine(None)
_PROVENANCE = {"event_date": "date", "_file": "string", "_row": "int64"}
_SCHEMA = {column.name: column.type.ibis for column in CUSTOMERS.columns} | _PROVENANCE
ANNA = {"customer_id": "a", "first_name": "Annabell", "email": "anna@example.com", "birth_date": date(1980, 5, 1),
        "city": "Berlin", "_file": "customers.csv", "_row": 1}
CUSTOMERS_TABLE = shop.table(_SCHEMA, [tuple(ANNA.get(name) for name in _SCHEMA)])


def test_every_column_goes_to_one_side_and_only_the_key_to_both():
    public, pii = split_customers(CUSTOMERS_TABLE)
    assert set(public.columns) | set(pii.columns) == set(_SCHEMA)
    assert set(public.columns) & set(pii.columns) == {"customer_id"}
    assert set(pii.columns) == {"customer_id", "first_name", "last_name", "email", "phone", "birth_date", "street", "postal_code"}
    assert ENGINE.rows(pii)[0]["first_name"] == "Annabell"
    assert ENGINE.rows(public)[0]["city"] == "Berlin"


def test_the_gates_tables_hold_nothing_personal(tmp_path):
    engine = DuckDBEngine(tmp_path / "warehouse.duckdb")
    public, pii = split_customers(CUSTOMERS_TABLE)
    asked = shop.campaign()
    selection = select_audience(
        "spring", asked, shop.profile(("a", True, 1.0), ("s", True, 2.0)), shop.bind, addresses=reachable_addresses(pii, public),
        consents=shop.granted("a", "s"), suppressions=shop.suppressions(("s", date(2026, 1, 1))), past_contacts=None,
        privacy=shop.PRIVACY, as_of=shop.AS_OF,
    )
    engine.write("clean.customers", public)
    engine.write("campaigns.selection", selection)
    engine.write("campaigns.campaign_audiences", campaign_audiences(selection, "spring", asked, shop.AS_OF))
    engine.write("campaigns.campaign_funnel", campaign_funnel(
        selection, "spring", asked, privacy=shop.PRIVACY, as_of=shop.AS_OF, has_ledger=True))
    assert engine.count(engine.table("campaigns.campaign_audiences")) == 1
    engine.close()
    personal = ("Annabell", "anna@example.com", "1980-05-01", "Mr Doe complained")
    assert find_values(tmp_path / "warehouse.duckdb", personal) == []


def test_the_scanner_finds_what_it_is_shown(tmp_path):
    engine = DuckDBEngine(tmp_path / "leak.duckdb")
    engine.write("clean.customers", CUSTOMERS_TABLE.select("customer_id", "email"))
    engine.close()
    assert find_values(tmp_path / "leak.duckdb", ["ANNA@example.com"]) == ["clean.customers.email: ANNA@example.com"]
