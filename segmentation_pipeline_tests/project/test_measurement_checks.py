"""Mistakes in what is to be measured, told when the configuration loads: key, value, what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.project.configuration import load_config

SOURCES = "sources: {orders: {files: o.csv}, web_sessions: {files: w.csv}, campaign_contacts: {files: c.csv}}\n"
CAMPAIGN = "campaigns:\n  mail: {title: Mail, channel: email, audience: frequency >= 1, measurement: %s}\n"
EXPERIMENT = "campaigns: {}\nexperiments:\n  test: {title: Test, %s}\n"
SHARES = "shares: {mens: 1, holdout: 1}"


def mistakes(folder: Path, campaigns: str, sources: str = SOURCES) -> str:
    (folder / "sources.yaml").write_text(sources)
    (folder / "campaigns.yaml").write_text(campaigns)
    with pytest.raises(ConfigError) as raised:
        load_config(folder)
    return str(raised.value)


@pytest.mark.parametrize(
    ("measurement", "told"),
    [
        (
            "{metric: converson}",
            ["campaigns.mail.measurement.metric", "unknown metric 'converson'", "did you mean 'conversion'?"],
        ),
        ("{metric: margin}", ["unknown metric 'margin'", "needs order_items with quantity, and products.unit_cost"]),
        ("{window_days: 0}", ["measurement.window_days", "0"]),
        ("{by: [rfn]}", ["measurement.by[0]", "'rfn'", "did you mean 'rfm'?"]),
        ("{outcomes: {visit: {source: web_session}}}", ["outcomes.visit.source", "did you mean 'web_sessions'?"]),
        ("{outcomes: {visit: {source: email_events}}}", ["outcomes.visit.source", "campaign_contacts, orders, web_sessions"]),
        ("{outcomes: {visit: {source: web_sessions, when: page_view > 1}}}", ["outcomes.visit.when", "page_views"]),
        ("{outcomes: {visit: {column: visited}}}", ["outcomes.visit.column", "give a 'source'"]),
        ("{outcomes: {visit: {better: lower}}}", ["outcomes.visit", "either 'source' (and 'when') or 'column'"]),
        ("{outcomes: {revenue: {source: web_sessions}}}", ["outcomes.revenue", "a metric made from orders is called so"]),
    ],
)
def test_a_mistake_in_a_measurement_is_told(tmp_path: Path, measurement: str, told: list[str]) -> None:
    found = mistakes(tmp_path, CAMPAIGN % measurement)
    assert all(words in found for words in told), found


@pytest.mark.parametrize(
    ("experiment", "told"),
    [
        ("shares: {mens: 1}", ["experiments.test.shares"]),
        ("shares: {mens: 1, womens: 1}", ["'shares' must name each arm once, and 'holdout'"]),
        ("shares: {mens: 1, control: 1, holdout: 1}", ["'shares' must name each arm once"]),
        (f"{SHARES}, from_orders: false", ["measurement.metric", "unknown metric 'conversion'"]),
        (f"{SHARES}, campaigns: [mail]}}\n  other: {{title: Other, campaigns: [Mail], {SHARES}", ["experiments.other", "'mail'"]),
    ],
)
def test_a_mistake_in_an_experiment_is_told(tmp_path: Path, experiment: str, told: list[str]) -> None:
    found = mistakes(tmp_path, EXPERIMENT % experiment)
    assert all(words in found for words in told), found


def test_a_rule_over_a_column_that_is_not_mapped_is_told(tmp_path: Path) -> None:
    sources = SOURCES.replace("files: w.csv", "files: w.csv, columns: {session_id: s, customer_id: c, started_at: t}")
    found = mistakes(tmp_path, CAMPAIGN % "{outcomes: {visit: {source: web_sessions, when: page_views > 1}}}", sources)
    assert "sources.yaml maps no column of web_sessions to it" in found, found


def test_an_outcome_column_that_is_not_mapped_is_told(tmp_path: Path) -> None:
    columns = "columns: {campaign: {value: test}, customer_id: c, contacted_at: t, arm: a}"
    asked = "from_orders: false, measurement: {metric: visit, outcomes: {visit: {column: visited}}}"
    sources = SOURCES.replace("files: c.csv", f"files: c.csv, {columns}")
    found = mistakes(tmp_path, EXPERIMENT % f"{SHARES}, {asked}", sources)
    assert "'visited', to which sources.yaml maps no column" in found, found


def test_an_experiment_needs_the_log_of_who_was_contacted(tmp_path: Path) -> None:
    found = mistakes(tmp_path, EXPERIMENT % SHARES, "sources: {orders: {files: o.csv}}\n")
    assert "source 'campaign_contacts' beside it" in found
