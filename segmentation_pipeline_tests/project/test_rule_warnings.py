"""Rules that leave nobody out are told, and only those."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.models.catalog import available_columns
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.project.rule_warnings import rule_warnings
from segmentation_pipeline.rules.tautologies import EVERYBODY, always_holds
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.rules.rule_language import COLUMNS, ROWS, conditions, value_of, written

KNOWN = {
    column.name: column
    for column in (
        Column("frequency", Type.INTEGER, "", minimum=0),
        Column("recency_days", Type.INTEGER, "", null_means="never ordered", minimum=0),
        Column("clv", Type.MONEY, "", null_means="no model"),
        Column("country", Type.TEXT, "", null_means="not told"),
        Column("share", Type.NUMBER, "", minimum=0, maximum=1),
        Column("opted_in", Type.BOOLEAN, ""),
        Column("born", Type.DAY, "", null_means="not told"),
        Column("tier", Type.TEXT, "", allowed=("gold", "silver")),
    )
}


@pytest.mark.parametrize(
    "rule",
    [
        "frequency >= 0",
        "0 <= frequency",
        "not (frequency < 0)",
        "frequency > 4 or frequency < 5",
        "recency_days >= 0 or recency_days is null",
        "clv is null or clv is not null",
        "frequency is not null",
        "share between 0 and 1",
        "share > 0.4 or share < 0.5",
        "opted_in or not opted_in",
        "tier in ('gold', 'silver')",
        "tier = 'gold' or tier <> 'gold'",
        "country like 'a%' or frequency >= 0",
        "born > date '2024-01-01' or born <= date '2024-01-01' or born is null",
        "frequency >= 0 and (opted_in = true or opted_in <> true)",
    ],
)
def test_what_holds_for_everybody(rule: str) -> None:
    assert always_holds(rule, KNOWN, {}) == EVERYBODY


@pytest.mark.parametrize(
    ("rule", "whose"),
    [
        ("recency_days >= 0", "recency_days is"),
        ("clv > 5 or clv <= 5", "clv is"),
        ("country = 'DE' or country <> 'DE'", "country is"),
        ("country in ('DE', 'AT') or not country in ('AT', 'DE')", "country is"),
        ("recency_days >= 0 and (clv < 1 or clv >= 1)", "recency_days and clv are"),
    ],
)
def test_what_holds_for_everybody_of_whom_something_is_known(rule: str, whose: str) -> None:
    assert always_holds(rule, KNOWN, {}) == f"{EVERYBODY} whose {whose} known"


@pytest.mark.parametrize(
    "rule",
    [
        "true",
        "frequency >= 1",
        "share > 0.4 or share < 0.4",
        "clv > 5 or clv < 5",
        "recency_days is not null",
        "recency_days is not null and recency_days >= 0",
        "country = 'DE' or country > 'DX'",
        "country >= 'DE' or country < 'DE'",  # which texts lie between others is not tried
        "country like 'a%' or not country like 'a%'",
        "frequency >= 0 and country = 'x'",
        "tier = 'gold'",
        "frequency * 2 >= 0",
        " or ".join(["country = 'x'"] * 3000),
    ],
)
def test_what_leaves_somebody_out_or_may(rule: str) -> None:
    assert always_holds(rule, KNOWN, {}) is None


@pytest.mark.slow
@examples(100, 500)
@given(conditions, conditions, st.sampled_from(["or", "and"]))
def test_no_rule_is_said_to_hold_that_a_customer_is_left_out_of(one: tuple, other: tuple, join: str) -> None:
    columns = {name: replace(column, null_means="not told") for name, column in COLUMNS.items()}
    for tree in (one, (join, one, other), ("or", one, ("not", one)), (join, ("or", one, ("not", one)), other)):
        if always_holds(written(tree), columns, {}) == EVERYBODY:
            assert all(value_of(tree, row) is True for row in ROWS)


def test_segments_and_audiences_are_told_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    (tmp_path / "segmentations.yaml").write_text(
        """segmentations:
  value:
    kind: rules
    title: Value
    segments:
      - {name: some, when: frequency_90d >= 0}
      - {name: rest, when: true}
  overlapping:
    kind: rules
    title: Overlapping
    exclusive: false
    segments:
      - {name: all, when: true}
      - {name: often, when: frequency >= 3}
"""
    )
    (tmp_path / "campaigns.yaml").write_text(
        """campaigns:
  news: {title: News, channel: email, audience: true, rank_by: monetary}
  odd: {title: Odd, channel: email, audience: recency_days > 30 or recency_days <= 30, rank_by: monetary}
"""
    )
    config = load_config(tmp_path)
    told = [each.on_one_line for each in rule_warnings(config, available_columns(config), tmp_path)]
    assert [line.partition("/")[2] for line in told] == [
        "segmentations.yaml:6: segmentations.value.segments[0].when: 'frequency_90d >= 0', which holds for every customer; "
        "write 'true' if everybody is meant",
        "segmentations.yaml:6: segmentations.value.segments[0].when: 'frequency_90d >= 0' before others; nobody is left for rest",
        "campaigns.yaml:3: campaigns.odd.audience: 'recency_days > 30 or recency_days <= 30', which holds for every customer whose "
        "recency_days is known; write 'is not null' if that is meant",
    ]
