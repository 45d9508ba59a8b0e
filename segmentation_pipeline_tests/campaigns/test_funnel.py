"""The funnel counts everyone once and adds up."""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.campaigns.context import CampaignContext, Ledgers
from segmentation_pipeline.campaigns.funnel import campaign_funnel
from segmentation_pipeline.campaigns.gate import select_audience
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)


def funnel(*rows, limit=None, **changes):
    everyone = [row[0] for row in rows]
    asked = shop.campaign(limit=limit)
    arguments = {
        "accounts": shop.accounts(*everyone),
        "consents": shop.granted(*everyone),
        "suppressions": None,
        "past_contacts": None,
    } | changes
    context = CampaignContext("spring", asked, shop.PRIVACY, shop.AS_OF)
    selection = select_audience(context, shop.profile(*rows), shop.bind, Ledgers(**arguments))
    found = campaign_funnel(selection, context, population=len(rows), has_ledger=arguments["consents"] is not None)
    return ENGINE.rows(found.order_by("step_number"))


def test_each_step_is_entered_by_those_who_remained_from_the_one_before():
    found = funnel(
        ("a", False, 1.0),
        ("b", True, 1.0),
        ("c", True, 1.0),
        ("d", True, 9.0),
        ("e", True, 1.0),
        limit=1,
        accounts=shop.accounts("b", "c", "d", "e"),
        suppressions=shop.suppressions(("c", date(2026, 1, 1))),
    )
    assert [(row["step"], row["entered"], row["left_out"], row["remained"]) for row in found] == [
        ("rule", 5, 1, 4),
        ("address", 4, 0, 4),
        ("consent", 4, 0, 4),
        ("suppression", 4, 1, 3),
        ("repeat", 3, 0, 3),
        ("recent_contact", 3, 0, 3),
        ("global_holdout", 3, 0, 3),
        ("cap", 3, 0, 3),
        ("no_gain", 3, 0, 3),
        ("same_household", 3, 0, 3),
        ("same_address", 3, 0, 3),
        ("lost_to", 3, 0, 3),
        ("address_shared", 3, 0, 3),
        ("limit", 3, 2, 1),
        ("budget", 1, 0, 1),
        ("holdout", 1, 0, 1),
        ("exported", 1, 0, 1),
    ]
    assert {(row["as_of"], row["campaign"]) for row in found} == {(shop.AS_OF, "spring")}
    assert [row["step_number"] for row in found] == list(range(1, len(FunnelStep) + 1))


def test_an_empty_population_has_all_steps_with_nobody():
    assert [(row["entered"], row["left_out"], row["remained"]) for row in funnel()] == [(0, 0, 0)] * len(FunnelStep)


def test_a_missing_ledger_is_named_at_the_consent_step():
    consent = funnel(("a", True, 1.0), consents=None)[2]
    assert (consent["left_out"], consent["reason"]) == (1, "no consent ledger is configured, so nobody may be contacted")
