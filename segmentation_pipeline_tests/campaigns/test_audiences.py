"""The published audience holds both arms, nobody else and nothing personal."""

from __future__ import annotations

from segmentation_pipeline.campaigns.audiences import campaign_audiences
from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.contracts.campaign_tables import CAMPAIGN_AUDIENCES_COLUMNS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop


def test_both_arms_and_nobody_else():
    names = [f"c{number:02}" for number in range(40)]
    asked = shop.campaign(holdout_share=0.5)
    rows = [(name, name != "c00", 1.0) for name in names]
    selection = select_audience(
        CampaignContext("spring", asked, shop.PRIVACY, shop.AS_OF),
        shop.profile(*rows),
        shop.bind,
        Ledgers(accounts=shop.accounts(*names), consents=shop.granted(*names), suppressions=None, past_contacts=None),
    )
    found = DuckDBEngine(None).rows(campaign_audiences(selection, CampaignContext("spring", asked, shop.PRIVACY, shop.AS_OF)))
    assert {row["customer_id"] for row in found} == set(names) - {"c00"}
    assert {row["arm"] for row in found} == {"treatment", "holdout"}
    assert sorted(row["rank"] for row in found) == list(range(1, 40))
    assert list(found[0]) == [column.name for column in CAMPAIGN_AUDIENCES_COLUMNS]
    assert {(row["campaign_key"], row["kind"], row["version"]) for row in found} == {("spring", "message", 1)}
    assert {(row["as_of"], row["campaign"], row["channel"]) for row in found} == {(shop.AS_OF, "spring", "email")}
