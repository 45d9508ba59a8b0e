"""The state of the consent ledger on a day, and the ground people are contacted on."""

from __future__ import annotations

from datetime import date, datetime

from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.consent import consent_basis, consent_state
from segmentation_pipeline_tests.campaigns import shop

EVENTS = (
    ("a", "email", "marketing", "granted", datetime(2026, 1, 5)),
    ("a", "email", "marketing", "withdrawn", datetime(2026, 2, 5, 10)),
    ("a", "email", "marketing", "granted", datetime(2026, 2, 5, 11)),
    ("b", "sms", "marketing", "granted", datetime(2026, 1, 5)),
)


def state(as_of):
    events = shop.consents(*EVENTS, as_of=as_of)
    return [tuple(row.values()) for row in DuckDBEngine(None).rows(consent_state(events, "email", "marketing"))]


def test_one_row_per_account_with_grants_of_the_day_and_withdrawals_of_any_day():
    assert state(date(2026, 1, 4)) == [("a", "withdrawn", date(2026, 2, 5))]
    assert state(date(2026, 2, 4)) == [("a", "withdrawn", date(2026, 2, 5))]
    assert state(date(2026, 2, 5)) == [("a", "granted", date(2026, 2, 5))]


def test_the_ground_is_said_in_words():
    free = PrivacyConfig(consent="not_required", consent_not_required_reason=" contract mail ")
    assert consent_basis(PrivacyConfig(), has_ledger=True) == "consent ledger"
    assert consent_basis(PrivacyConfig(), has_ledger=False) == "no consent ledger is configured, so nobody may be contacted"
    assert consent_basis(free, has_ledger=False) == "consent not required: contract mail"
    assert consent_basis(free, has_ledger=True) == "consent not required: contract mail; withdrawals in the ledger still count"
