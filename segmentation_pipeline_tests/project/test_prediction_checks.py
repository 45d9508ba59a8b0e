"""Mistakes in ``models.yaml`` are told with key, what is wrong and the cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.models.prediction_scores import PREDICTIONS, input_names
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.end_to_end.project import ROOT

SOURCES = (
    "sources:\n  orders: {files: o.csv}\n  returns: {files: r.csv}\n  email_events: {files: e.csv}\n  customers: {files: c.csv}\n"
)


def load(folder: Path, entry: str, name: str = "lapse"):  # type: ignore[no-untyped-def]
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "models.yaml").write_text(f"models: {{{name}: {{{entry}}}}}\n")
    return load_config(folder)


@pytest.mark.parametrize(
    ("entry", "key", "found", "wanted"),
    [
        (
            "predicts: no_ordr",
            "models.lapse.predicts",
            "no_ordr",
            "event(source, condition), enters(segmentation, segment), response(campaign) or",
        ),
        ("horizon_days: 30", "models.lapse", "predicts", ""),
        ("predicts: no_order, horizon: 30", "models.lapse", "horizon", "horizon_days"),
        ("predicts: no_order, for: frequenzy >= 2", "models.lapse.for", "the unknown column 'frequenzy'", "frequency"),
        ("predicts: no_order, for: clv > 10", "models.lapse.for", "the unknown column 'clv'", ""),
        ("predicts: no_order, features: [recency_days, frequnecy]", "models.lapse.features[1]", "'frequnecy'", "frequency"),
        ("predicts: no_order, features: [gender]", "models.lapse.features[0]", "a protected attribute", "another column"),
        ("predicts: no_order, baseline: last_order_date", "models.lapse.baseline", "of type day", "a numeric column"),
        ("predicts: no_order, baseline: age_years", "models.lapse.baseline", "a protected attribute", "another column"),
        (
            "predicts: no_order}, lapse_reason: {predicts: no_order",
            "models.lapse_reason",
            "a column of model 'lapse'",
            "another name",
        ),
        (
            "predicts: no_order, periods: 3}, lapse_within_30: {predicts: no_order",
            "models.lapse_within_30",
            "a column of model 'lapse'",
            "another name",
        ),
        ("predicts: no_order, periods: 1", "models.lapse.periods", "1", "2"),
        ("predicts: no_order, periods: 13", "models.lapse.periods", "13", "12"),
        (
            "predicts: no_order, periods: 4",
            "models.lapse.periods",
            "4 periods, of which 90 days make none of",
            "(2, 3, 5, 6, 9, 10)",
        ),
        ("predicts: no_order, horizon_days: 13, periods: 4", "models.lapse.periods", "4 periods", "another horizon_days"),
        ("predicts: revenue, periods: 3", "models.lapse.periods", "'periods' of revenue", "only of no_order and event(...)"),
        *(
            (f'predicts: "{said}"', "models.lapse.predicts", said, "event(source, condition)")
            for said in (
                "event(email_events event = 'click')",
                "event(orders,)",
                "event(Orders)",
                "response(spring-sale)",
                "enters(my-seg, x)",
            )
        ),
        ("predicts: event(returns)", "models.lapse.predicts", "the source 'returns'", "one of: email_events, orders"),
        ("predicts: event(email_event)", "models.lapse.predicts", "the source 'email_event'", "email_events"),
        ("predicts: event(web_sessions)", "models.lapse.predicts", "the source 'web_sessions'", "one of: email_events, orders"),
        ("predicts: \"event(email_events, evnt = 'click')\"", "models.lapse.predicts", "the unknown column 'evnt'", "event"),
        ("predicts: no_order, accept_alarm: no", "models.lapse.accept_alarm", "", ""),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, entry: str, key: str, found: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, entry)
    told = str(caught.value)
    assert any(problem.key_path.startswith(key) for problem in caught.value.problems), told
    assert found in told and wanted in told


@pytest.mark.parametrize("name", ["monetary", "p_alive", "rfm", "next_product"])
def test_a_name_that_is_taken_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"the name '{name}', which (a column or segmentation|another model) bears"):
        load(tmp_path, "predicts: no_order", name)


SEGMENTS = """segmentations:
  spend:
    kind: rules
    title: Segments
    segments:
      - {name: large, when: monetary >= 500}
      - {name: small, when: frequency >= 1}
  worth:
    kind: rules
    title: Segments
    segments: [{name: dear, when: clv > 100}]
  tiers: {kind: quantiles, title: Tiers, column: monetary, segments: [{name: high, top: 0.5}, {name: low, top: 1}]}
"""


@pytest.mark.parametrize(
    ("entry", "key", "found", "wanted"),
    [
        ("predicts: 'enters(spnd, large)'", "predicts", "'spnd', which is no segmentation", "did you mean 'spend'?"),
        ("predicts: 'enters(tiers, low)'", "predicts", "whose segments are not given by rules", "one of: spend, worth"),
        ("predicts: 'enters(spend, larg)'", "predicts", "the unknown segment 'larg' of 'spend'", "did you mean 'large'?"),
        ("predicts: 'enters(worth, dear)'", "predicts", "whose rule reads more than features", "the unknown column 'clv'"),
        ("predicts: 'lookalike(spend, small)'", "baseline", "'recency_days', which is made of what defines", "another family"),
        (
            "predicts: 'lookalike(spend, small)', baseline: gap_mean_days, features: [gap_mean_days, monetary]",
            "features[1]",
            "'monetary', which defines the segment",
            "another column",
        ),
        (
            "predicts: 'lookalike(spend, small)', baseline: gap_mean_days, horizon_days: 30",
            "horizon_days",
            "'horizon_days' of a lookalike",
            "learnt from the customers of the day",
        ),
        ("predicts: 'enters(spend, large)', periods: 3", "periods", "'periods' of enters(spend, large)", "no such key"),
    ],
)
def test_a_mistake_about_a_segment_is_told(tmp_path: Path, entry: str, key: str, found: str, wanted: str) -> None:
    (tmp_path / "segmentations.yaml").write_text(SEGMENTS)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, entry)
    told = str(caught.value)
    assert [problem.key_path for problem in caught.value.problems] == [f"models.lapse.{key}"], told
    assert found in told and wanted in told


CAMPAIGNS = """campaigns:
  winback: {title: W, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0}
"""


@pytest.mark.parametrize(
    ("entry", "key", "found", "wanted"),
    [
        ("predicts: response(wnback)", "predicts", "the unknown campaign 'wnback'", "did you mean 'winback'?"),
        ("predicts: response(winback), cutoffs: 2", "cutoffs", "'cutoffs' of a response", "days of its own"),
    ],
)
def test_a_mistake_about_a_campaign_is_told(tmp_path: Path, entry: str, key: str, found: str, wanted: str) -> None:
    (tmp_path / "campaigns.yaml").write_text(CAMPAIGNS)
    (tmp_path / "privacy.yaml").write_text("consent: not_required\nconsent_not_required_reason: not what is proved\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, entry)
    told = str(caught.value)
    assert [problem.key_path for problem in caught.value.problems] == [f"models.lapse.{key}"], told
    assert found in told and wanted in told


def test_segments_of_rules_can_be_foretold(tmp_path: Path) -> None:
    (tmp_path / "segmentations.yaml").write_text(SEGMENTS)
    asked = load(tmp_path, "predicts: 'enters( spend , large )'").predictions["lapse"]
    assert asked.segment == ("spend", "large") and asked.is_probability and not asked.is_lookalike
    made = load(tmp_path, "predicts: 'lookalike(spend, large)', baseline: gap_mean_days")
    inputs = input_names(made, made.predictions["lapse"])
    assert "gap_mean_days" in inputs and not {"monetary", "frequency", "recency_days"} & {*inputs}


def test_an_entry_with_a_condition_loads(tmp_path: Path) -> None:
    asked = load(tmp_path, "predicts: \"event(email_events, event = 'click')\", for: frequency >= 1").predictions["lapse"]
    assert asked.event == ("email_events", "event = 'click'") and asked.is_probability


def test_the_entry_of_the_documentation_that_tells_when_loads(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").split("### When it happens")[1].split("\n### ")[0]
    [entry] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}, subscriptions: {files: s.csv}}\n")
    (tmp_path / "models.yaml").write_text(entry)
    columns = [column.name for column in PREDICTIONS.columns(load_config(tmp_path))]
    assert columns == ["cancels", "cancels_within_30", "cancels_within_60", "cancels_median_days", "cancels_reason"]
    assert all(f"| `{name}`" in page or f", `{name}` |" in page for name in columns)


def test_a_file_of_a_near_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "model.yaml").write_text("models: {}\n")
    with pytest.raises(ConfigError, match=r"models\.yaml"):
        load_config(tmp_path)


def test_who_is_scored_may_be_told_by_a_window(tmp_path: Path) -> None:
    assert (
        load(tmp_path, "predicts: no_order, for: 'count(orders, 45) >= 1'").predictions["lapse"].for_ == "count(orders, 45) >= 1"
    )
