"""A small shop that stopped selling: no lifetime value, a warning, and everything that would read one says so."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from segmentation_pipeline_tests.end_to_end.project import AS_OF, orders_alone, query, segmentation

pytestmark = pytest.mark.slow

DAY = date.fromisoformat(AS_OF)
TIERS = [{"name": "gold", "top": 0.2}, {"name": "rest", "top": 1.0}]
SEGMENTATIONS = {
    "rfm": {"kind": "rfm", "title": "RFM"},
    "tier": {"kind": "quantiles", "title": "Tier", "column": "clv", "segments": TIERS},
    "cross": {"kind": "hybrid", "title": "Both", "of": ["tier", "rfm"]},
    "signals": {
        "kind": "rules",
        "title": "Signals",
        "exclusive": False,
        "segments": [{"name": "asleep", "when": "not p_alive > 0.5"}, {"name": "any", "when": "true"}],
    },
}
CAMPAIGNS = {
    "everybody": {"title": "All", "channel": "email", "audience": "true", "limit": 10},
    "not_gold": {"title": "Rest", "channel": "email", "audience": "coalesce(tier, 'none') <> 'gold'", "rank_by": "frequency"},
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = [
        f"o{n}-{k},c{n},{DAY - timedelta(days=100 + n % 50 + 3 * k)},{10 + n}.00" for n in range(60) for k in range(n % 4 + 1)
    ]
    project = orders_alone(
        tmp_path_factory.mktemp("stopped") / "shop", "order_id,customer_id,ordered_at,amount\n" + "\n".join(lines)
    )
    people = "customer_id,email\n" + "".join(f"c{n},c{n}@example.org\n" for n in range(60))
    (project / "data" / "raw" / "customers.txt").write_text(people)
    config = project / "config"
    sources = {"orders": {"files": "data/raw/*.csv"}, "customers": {"files": "data/raw/customers.txt", "format": "csv"}}
    (config / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}))
    (config / "segmentations.yaml").write_text(yaml.safe_dump({"segmentations": SEGMENTATIONS}))
    (config / "campaigns.yaml").write_text(yaml.safe_dump({"campaigns": CAMPAIGNS}))
    (config / "privacy.yaml").write_text("consent: not_required\nconsent_not_required_reason: a test\nsalt: a-salt-of-tests\n")
    done = segmentation(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_nobody_has_a_lifetime_value_and_a_warning_says_why(stopped: Path) -> None:
    told = query(
        stopped,
        "SELECT count(clv_model), count(p_alive), count(expected_orders), count(clv), count(expected_order_value) FROM customer_profile",
    )
    assert told == [(0, 0, 0, 0, 60)]
    [(passed, severity, message)] = query(
        stopped, "SELECT passed, severity, message FROM data_quality WHERE rule = 'clv_credible'"
    )
    assert (passed, severity) == (False, "warning")
    assert "no model of purchases is credible: it predicts " in message and "0 came" in message
    assert query(stopped, "SELECT kind FROM model_registry WHERE model = 'clv'") == [("not_credible",)]
    assert query(stopped, "SELECT severity, passed FROM data_quality WHERE rule = 'clusters_are_types'") == [("warning", True)], (
        "one cluster"
    )
    assert query(stopped, "SELECT count(*) FROM data_quality WHERE severity = 'error' AND NOT passed") == [(0,)]


def test_segmentations_that_read_one_are_off_with_the_reason(stopped: Path) -> None:
    assert query(stopped, "SELECT DISTINCT segmentation FROM customer_segments") == [("rfm",)]
    assert query(stopped, 'SELECT count(tier), count("cross") FROM customer_profile') == [(0, 0)]
    reasons = dict(query(stopped, "SELECT DISTINCT segmentation, definition FROM segment_catalog WHERE segmentation <> 'rfm'"))
    assert reasons == {
        "tier": "off: it reads clv, of which no model is credible on this day",
        "cross": "off: it reads tier, and tier is off on this day",
        "signals": "off: it reads p_alive, of which no model is credible on this day",
    }


def test_campaigns_rank_by_what_was_spent_and_the_funnel_says_so(stopped: Path) -> None:
    listed = query(
        stopped,
        """SELECT a.customer_id, expected_value::DOUBLE = monetary::DOUBLE FROM campaign_audiences a JOIN customer_profile p USING (customer_id)
        WHERE campaign = 'everybody' ORDER BY rank""",
    )
    best = query(stopped, "SELECT customer_id FROM customer_profile ORDER BY monetary DESC, customer_id LIMIT 10")
    assert {name for name, _ in listed} == {name for (name,) in best} and all(same for _, same in listed)
    reasons = dict(query(stopped, "SELECT campaign || ' ' || step, reason FROM campaign_funnel WHERE step IN ('rule', 'limit')"))
    assert reasons["everybody limit"] == (
        "not among the 10 best by monetary; ranked by monetary, for no model of clv is credible on this day"
    )
    assert reasons["not_gold rule"] == "off on this day: the audience reads tier, of which no model is credible"
    assert query(stopped, "SELECT count(*) FROM campaign_audiences WHERE campaign = 'not_gold'") == [(0,)]


def test_explaining_and_trying_a_change_know_what_was_off(stopped: Path) -> None:
    told = " ".join(segmentation(stopped, "explain", "c1").stdout.replace("│", " ").split())
    assert "off: it reads p_alive, of which no model is credible on this day" in told
    assert "rule does not hold: off on this day: the audience reads tier, of which no model is credible" in told
    assert "for everybody" not in told
    impact = segmentation(stopped, "check", "--impact").stdout
    assert "unchanged rfm" in impact and "off: it reads tier, and tier is off on this day" in impact
    assert "enter" not in impact
