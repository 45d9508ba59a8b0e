"""A decision that cannot be made is refused when the project loads, with the campaign it lacks something of."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.yaml_file import read_yaml
from segmentation_pipeline.features.rule_windows import rule_window_families
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.decision_checks import decision_warnings
from segmentation_pipeline_tests.project.test_configuration import CATALOG, problems, write

SPRING = "  spring: {title: Spring, channel: email, audience: frequency >= 1, rank_by: clv%s}\n"
SUMMER = "  summer: {title: Summer, channel: sms, audience: frequency >= 2, rank_by: clv%s}\n"


def two(decision: str = "", spring: str = "", summer: str = "") -> str:
    return (f"decision: {decision}\n" if decision else "") + "campaigns:\n" + SPRING % spring + SUMMER % summer


def told(tmp_path: Path, campaigns: str) -> list[str]:
    return [each.on_one_line for each in problems(tmp_path, campaigns=campaigns)]


def test_priority_value_cost_budget_and_caps_load_as_written(tmp_path: Path) -> None:
    text = two(
        "{by: value, caps: [{contacts: 2, days: 7}, {contacts: 1, days: 30, channel: sms, tag: promo}], budget: 100}",
        ", value: 0.03 * monetary, value_assumption: three of a hundred order, cost_per_contact: 0.002, priority: 2",
        ", value: measured_response * clv, cost_per_contact: 0.07, budget: 12.50, tags: [promo], priority: 1",
    )
    config = load_config(write(tmp_path, campaigns=text), CATALOG)
    assert config.campaigns_by_priority == ("summer", "spring")
    assert str(config.campaigns["spring"].cost_per_contact) == "0.002"
    assert [cap.words for cap in config.decision.caps] == [
        "2 contacts in 7 days",
        "1 contact in 30 days by sms of campaigns tagged promo",
    ]


def test_campaigns_without_a_priority_come_last_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = two(summer=", priority: 9") + SPRING.replace("spring:", "autumn:") % ""
    assert load_config(write(tmp_path, campaigns=text), CATALOG).campaigns_by_priority == ("summer", "spring", "autumn")


def test_by_value_a_campaign_without_a_value_is_refused_by_name(tmp_path: Path) -> None:
    [line] = told(tmp_path, two("{by: value}", ", value: clv"))
    assert "campaigns.summer" in line and "no key 'value'" in line and "by: priority" in line
    exempt = two("{by: value}", ", value: clv", ", transactional: true")
    assert load_config(write(tmp_path, campaigns=exempt), CATALOG).decision.by == "value"


@pytest.mark.parametrize(
    ("decision", "spring", "found"),
    [
        ("", ", value: 0.03 * clv", "'value_assumption'"),
        ("", ", value_assumption: three of a hundred order", "'value_assumption' without 'value'"),
        ("", ", value: clvv", "did you mean 'clv'?"),
        ("", ", value: clv > monetary", "a number, such as 0.03 * expected_order_value"),
        ("", ", value: main_channel", "a number, such as"),
        ("", ", value: measured_respons * clv", "did you mean 'measured_response'?"),
        ("", ", budget: 10", "'budget' needs 'cost_per_contact'"),
        ("", ", cost_per_contact: cheap", "an amount of money in the base currency"),
        ("", ", cost_per_contact: 0.0000001", "at most 6 decimals"),
        ("", ", cost_per_contact: -1", "0 or more"),
        ("", ", priority: 0", "at least 1"),
        ("{by: prority}", "", "did you mean 'priority'?"),
        ("{by: priority, caps: [{contacts: 0, days: 7}]}", "", "at least 1"),
        ("{by: priority, caps: [{contacts: 1, days: 7, tag: prmo}]}", ", tags: [promo]", "did you mean 'promo'?"),
        ("{by: priority, caps: [{contacts: 1, days: 7, tag: promo}]}", "", "none has one"),
        ("{by: priority, caps: [{contacts: 1, days: 7, channel: mail}]}", "", "email"),
    ],
)
def test_mistakes_are_told_with_the_cure(tmp_path: Path, decision: str, spring: str, found: str) -> None:
    [line] = told(tmp_path, two(decision, spring))
    assert found in line


def test_money_for_all_needs_to_know_what_each_contact_costs(tmp_path: Path) -> None:
    [line] = told(tmp_path, two("{budget: 10}", ", cost_per_contact: 0"))
    assert "campaigns.summer" in line and "no key 'cost_per_contact'" in line


def test_campaigns_that_do_not_compete_are_told_unless_it_is_said(tmp_path: Path) -> None:
    def warnings(text: str) -> list[str]:
        folder = write(tmp_path, campaigns=text)
        return [
            each.on_one_line for each in decision_warnings(load_config(folder, CATALOG), read_yaml(folder / "campaigns.yaml"))
        ]

    [line] = warnings(two())
    assert "2 message campaigns that do not compete" in line and "by: priority" in line
    assert not warnings(two("{by: each}")) and not warnings(two("{by: priority}"))
    assert not warnings("campaigns:\n" + SPRING % "")


def test_a_window_that_only_a_value_asks_for_is_measured(tmp_path: Path) -> None:
    text = "campaigns:\n" + SPRING % ', value: "total(orders.amount, 365)"'
    config = load_config(write(tmp_path, campaigns=text))
    assert [family.name for family in rule_window_families(config)] == ["asked_orders"]
