"""Lists for ad platforms: a purpose of their own, gated by opt-outs of sale and sharing, addresses as digests."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import pytest

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.addresses import contact_fields
from segmentation_pipeline.privacy.ledger import consent_events
from segmentation_pipeline.values.states import CLEAN, REJECTED
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
MARCH = datetime(2026, 3, 1, 9)
AGREED = ("a", "ads", "ad_audiences", "granted", datetime(2026, 1, 1))


def outcome(*rows, state=CLEAN, **campaign):
    granted = shop.judged_consents(AGREED)
    said = granted.union(shop.judged_consents(*rows, state=state)) if rows else granted
    events = consent_events(
        said.mutate(_row=said._row + said._state.cast("int64") * 100), shop.AS_OF, (), lambda instant: instant
    )
    found = select_audience(
        CampaignContext(
            "ads",
            shop.campaign(**{"channel": "ads", "purpose": "ad_audiences", "kind": "standing"} | campaign),
            shop.PRIVACY,
            shop.AS_OF,
        ),
        shop.profile(("a", True, 1.0)),
        shop.bind,
        Ledgers(accounts=shop.accounts("a"), consents=events, suppressions=None, past_contacts=None),
    )
    [row] = ENGINE.rows(found)
    return row["outcome"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channel", "purpose", "state"),
    [
        ("ads", "ad_audiences", CLEAN),
        ("all", "all", CLEAN),
        ("all", "sale_or_share", CLEAN),
        ("sale_or_share", "marketing", CLEAN),
        ("web", "gpc", CLEAN),
        ("GPC", "", REJECTED),
        ("ads", "profiling", CLEAN),
        ("all", "marketing", CLEAN),
        ("ads", "marketing", CLEAN),
        ("mail", "marketing", CLEAN),
    ],
)
def test_an_opt_out_of_sharing_leaves_no_ad_audience(channel, purpose, state):
    assert outcome(("a", channel, purpose, "withdrawn", MARCH), state=state) == "consent"


@pytest.mark.parametrize(("channel", "purpose"), [("email", "marketing"), ("ads", "surveys")])
def test_an_opt_out_of_something_else_leaves_it(channel, purpose):
    assert outcome(("a", channel, purpose, "withdrawn", MARCH)) == "treatment"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channel", "purpose", "step"),
    [
        ("web", "sale_or_share", "treatment"),
        ("gpc", "marketing", "treatment"),
        ("gpc", "all", "consent"),
        ("email", "sale", "consent"),
        ("Sale", "marketing", "consent"),
    ],
)
def test_an_opt_out_of_sharing_is_none_of_ones_own_letters_where_it_cannot_mean_more(channel, purpose, step):
    agreed = ("a", "email", "marketing", "granted", datetime(2026, 1, 1))
    own = {"channel": "email", "purpose": "marketing", "kind": "message"}
    assert outcome(agreed, **own) == "treatment"
    assert outcome(agreed, ("a", channel, purpose, "withdrawn", MARCH), **own) == step


def test_consent_to_letters_is_none_to_ad_audiences():
    with pytest.raises(ValueError, match="other consent does not cover it"):
        shop.campaign(channel="ads", purpose="marketing")
    with pytest.raises(ValueError, match="go together"):
        shop.campaign(channel="email", purpose="ad_audiences")
    found = select_audience(
        CampaignContext("ads", shop.campaign(channel="ads", purpose="ad_audiences"), shop.PRIVACY, shop.AS_OF),
        shop.profile(("a", True, 1.0)),
        shop.bind,
        Ledgers(
            accounts=shop.accounts("a"),
            consents=shop.consents(("a", "all", "marketing", "granted", MARCH), ("a", "email", "all", "granted", MARCH)),
            suppressions=None,
            past_contacts=None,
        ),
    )
    assert [row["outcome"] for row in ENGINE.rows(found)] == ["consent"]


def test_addresses_are_digests_of_the_forms_platforms_ask_for():
    people = shop.people(
        {"customer_id": "a", "email": " Jane@Mail.test", "phone": "0049 30 123456"},
        {"customer_id": "b", "email": "b@mail.test", "phone": "030 123456"},
        {"customer_id": "c", "phone": "+4930123456"},
    )
    found = {str(row["customer_id"]): row for row in ENGINE.rows(contact_fields("ads", *people))}
    assert set(found) == {"a", "b"}
    assert found["a"]["email_sha256"] == sha256(b"jane@mail.test").hexdigest()
    assert "+4930123456" not in str(found) and set(found["a"]) == {"customer_id", "email_sha256"}, "nobody asked that number"
