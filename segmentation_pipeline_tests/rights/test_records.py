"""The records of processing say what the configuration makes the program do, and name what it cannot tell."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.audience_profiles.catalog import audience_profiles
from segmentation_pipeline.config.schema import Campaign, PrivacyConfig
from segmentation_pipeline.rights.records import records_of_processing
from segmentation_pipeline_tests.clean.project import config

CAMPAIGN = Campaign(title="Win | back", channel="email", audience="frequency > 1")


def test_the_page_tells_sources_purposes_recipients_and_what_is_missing() -> None:
    project = config(
        {"customers": {"columns": {"customer_id": "id", "email": "mail"}}, "orders": {"retention_days": 730}, "returns": {}},
        destinations={"object_store": {"url": "s3://crm/out", "audiences": True}},
    ).model_copy(update={"campaigns": {"win_back": CAMPAIGN}})
    page = records_of_processing(project, date(2026, 6, 30))
    assert "by the run of 2026-06-30" in page
    assert (
        "| customers | A person or household the shop knows; personal data goes to schema pii. | email | customers*.csv |" in page
    )
    assert "| 730 days up to the day of the run |" in page
    assert "| returns | Goods sent back; it lowers net revenue on the day it happens. | by order number only |" in page
    assert "| campaign win_back | marketing by email: Win / back. |" in page, "a title never breaks the table"
    assert "| win_back | email | email, first_name, last_name |" in page
    assert "| s3://crm/out | every published table, audience files with contact data |" in page
    assert page.count("**not configured**") == 3
    assert "nobody may be contacted" in page
    told = {"controller": "Shop Ltd, Kiel", "data_protection_contact": "dpo@shop.example", "transfers": "none"}
    page = records_of_processing(project.model_copy(update={"privacy": PrivacyConfig(**told)}))
    assert "Controller: Shop Ltd, Kiel" in page
    assert "not configured" not in page
    assert records_of_processing(project) == records_of_processing(project)


def test_what_a_platform_learns_of_a_person_is_told() -> None:
    asked = {
        "spring": Campaign(title="S", channel="email", audience="true", profile="braze", content={"tier": "value_tier"}),
        "ads": Campaign(title="A", channel="ads", audience="true", profile="google_customer_match"),
        "bare": Campaign(title="B", channel="ads", audience="true"),
    }
    named = {name: audience_profiles()[name] for name in ("braze", "google_customer_match")}
    page = records_of_processing(config({"orders": {}}).model_copy(update={"campaigns": asked, "audience_profiles": named}))
    assert "| spring | email, for braze | email, first_name, last_name, customer_id, tier (content) |" in page
    assert "| ads | ads, for google_customer_match | email (SHA-256) |" in page
    assert "| bare | ads | email_sha256 |" in page
