"""Personal data stays in its room: the gate's tables are searched for it."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.campaigns.audiences import campaign_audiences
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.accounts import accounts
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.privacy.pii_scan import find_values

PII, CUSTOMERS = shop.people(
    {"customer_id": "a", "first_name": "Annabell", "email": "anna@example.com", "birth_date": date(1980, 5, 1)},
    {"customer_id": "s", "first_name": "Siegfried", "email": "siggi@example.com"},
)
PROFILE = shop.profile(("a", True, 1.0), ("s", True, 2.0))


def test_the_gates_tables_hold_nothing_personal(tmp_path):
    engine = DuckDBEngine(tmp_path / "warehouse.duckdb")
    asked = shop.campaign()
    selection = select_audience(
        CampaignContext("spring", asked, shop.PRIVACY, shop.AS_OF),
        PROFILE,
        shop.bind,
        Ledgers(
            accounts=accounts(PROFILE, None, PII, CUSTOMERS, places=False),
            consents=shop.granted("a", "s"),
            suppressions=shop.suppressions(("s", date(2026, 1, 1))),
            past_contacts=None,
        ),
    )
    engine.write("campaigns.selection", selection)
    engine.write(
        "campaigns.campaign_audiences", campaign_audiences(selection, CampaignContext("spring", asked, shop.PRIVACY, shop.AS_OF))
    )
    engine.write(
        "campaigns.campaign_funnel",
        campaign_funnel(selection, CampaignContext("spring", asked, shop.PRIVACY, shop.AS_OF), population=2, has_ledger=True),
    )
    assert engine.count(engine.table("campaigns.campaign_audiences")) == 1
    engine.close()
    personal = ("Annabell", "anna@example.com", "1980-05-01", "Siegfried", "siggi@example.com", "Mr Doe complained")
    assert find_values(tmp_path / "warehouse.duckdb", personal) == []


def test_the_scanner_finds_what_it_is_shown(tmp_path):
    engine = DuckDBEngine(tmp_path / "leak.duckdb")
    engine.write("clean.customers", PII.select("customer_id", "email"))
    engine.close()
    assert find_values(tmp_path / "leak.duckdb", ["ANNA@example.com"]) == ["clean.customers.email: ANNA@example.com"]
