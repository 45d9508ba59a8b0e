"""Mistakes in ``uplift`` of ``models.yaml`` are told with key, what is wrong and the cure; what is right is read by campaigns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.config.schema import UpliftEntry
from segmentation_pipeline.models.catalog import customer_columns
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.end_to_end.project import ROOT

SOURCES = "sources:\n  orders: {files: o.csv}\n  customers: {files: c.csv}\n  campaign_contacts: {files: t.csv}\n"
CAMPAIGNS = """decision: {global_holdout_share: 0.05}
campaigns:
  winback: {title: W, channel: email, audience: recency_days > 90, arms: {voucher: {}, plain: {}}}
  alone: {title: A, channel: email, audience: frequency >= 1, holdout: global}
  birthday: {title: B, channel: email, audience: frequency >= 1, holdout: none}
  next: {title: N, channel: email, audience: "winback_uplift_group = 'persuadable'", value: winback_uplift * 40, value_assumption: 40 of margin an order}
experiments:
  visits: {title: V, shares: {treatment: 0.5, holdout: 0.5}, from_orders: false, measurement: {metric: seen, outcomes: {seen: {column: visited}}}}
  spring: {title: S, shares: {treatment: 0.5, holdout: 0.5}}
"""
SEGMENTS = """segmentations:
  by_message:
    kind: rules
    title: What a message does
    segments:
      - {name: write, when: "winback_uplift_group = 'persuadable' and winback_uplift >= 0.02"}
      - {name: leave, when: "winback_uplift_group = 'do_not_disturb'"}
"""


def load(folder: Path, entries: str):  # type: ignore[no-untyped-def]
    (folder / "sources.yaml").write_text(
        SOURCES.replace("t.csv}", "t.csv, columns: {campaign: c, customer_id: i, contacted_at: d, arm: a, visited: v}}")
    )
    (folder / "campaigns.yaml").write_text(CAMPAIGNS)
    (folder / "segmentations.yaml").write_text(SEGMENTS)
    (folder / "models.yaml").write_text(f"uplift:\n  winback_uplift: {{campaign: winback}}\n{entries}")
    return load_config(folder)


def test_campaigns_and_segmentations_read_its_columns(tmp_path: Path) -> None:
    found = load(tmp_path, "  spring_uplift: {campaign: spring, features: [recency_days], for: frequency >= 2}\n")
    assert [*found.uplift] == ["winback_uplift", "spring_uplift"] and found.predictions == {}
    columns = customer_columns(found)
    assert columns["winback_uplift"].minimum == -1 and "spring_uplift_group" in columns
    assert "persuadable from 0.01 on" in columns["winback_uplift_group"].description


@pytest.mark.parametrize(
    ("entry", "key", "found", "wanted"),
    [
        ("campaign: winbak", "campaign", "the unknown campaign 'winbak'", "did you mean 'winback'"),
        ("campaign: birthday", "campaign", "which keeps nobody out", "'holdout_share' above 0"),
        ("campaign: alone", "campaign", "whose holdout no other campaign writes to either", "holdout: campaign"),
        ("campaign: visits", "campaign", "'from_orders: false'", "followed by their orders"),
        ("horizon_days: 30", "", "campaign", ""),
        ("campaign: winback, horizon: 30", "horizon", "horizon", "horizon_days"),
        ("campaign: winback, arms: [vouchr]", "arms[0]", "'vouchr'", "did you mean 'voucher'"),
        ("campaign: winback, arms: [holdout]", "arms[0]", "'holdout'", "one of: plain, voucher"),
        ("campaign: winback, features: [gender]", "features[0]", "a protected attribute", "another column"),
        ("campaign: winback, features: [recency_day]", "features[0]", "'recency_day'", "did you mean 'recency_days'"),
        ("campaign: winback, features: [last_order_date]", "features[0]", "of type day", "numeric, text or truth value"),
        ("campaign: winback, for: clv > 10", "for", "the unknown column 'clv'", ""),
        ("campaign: winback, for: frequenzy > 1", "for", "the unknown column 'frequenzy'", "frequency"),
        ("campaign: winback, least_uplift: 0", "least_uplift", "", ""),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, entry: str, key: str, found: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"  other: {{{entry}}}\n")
    told = str(caught.value)
    assert any(problem.key_path.startswith(f"uplift.other.{key}".rstrip(".")) for problem in caught.value.problems), told
    assert found in told and wanted.lower() in told.lower(), told


@pytest.mark.parametrize("name", ["monetary", "p_alive", "by_message", "clv"])
def test_a_name_that_is_taken_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"the name '{name}', which a column, a segmentation or another model bears"):
        load(tmp_path, f"  {name}: {{campaign: winback}}\n")


def test_the_name_of_anothers_groups_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the column of another model's groups"):
        load(tmp_path, "  winback_uplift_group: {campaign: winback}\n")


def test_a_predictive_model_of_the_same_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the name 'winback_uplift'"):
        load(tmp_path, "models:\n  winback_uplift: {predicts: no_order}\n")


def test_the_entry_of_the_documentation_loads(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").split("## Uplift")[1].split("\n## ")[0]
    [entry, segmentations] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    load(tmp_path, "")
    (tmp_path / "models.yaml").write_text(entry)
    segments, campaign = segmentations.split("# campaigns.yaml")
    (tmp_path / "segmentations.yaml").write_text(f"segmentations:\n{segments}")
    assert campaign.split("\n", 1)[1].strip().startswith("value: winback_uplift * 40")
    found = load_config(tmp_path)
    assert found.uplift["winback_uplift"] == UpliftEntry.model_validate({"campaign": "winback", "arms": ["voucher"]}), "defaults"
    assert [*found.segmentations] == ["by_message", "worth_writing"]
