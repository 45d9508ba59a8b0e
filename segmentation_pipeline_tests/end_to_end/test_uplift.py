"""A campaign that keeps people out teaches whom its message changes: columns, a segmentation, and the value of the next campaign."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.nights import run
from segmentation_pipeline_tests.end_to_end.project import query

pytestmark = pytest.mark.slow

LIST, AS_OF = date(2026, 5, 1), date(2026, 6, 1)
FILES = {
    "sources": "sources: {orders: {files: orders/*.csv}, customers: {files: customers.csv}}\n",
    "pipeline": "business: {timezone: Europe/Berlin}\n",
    "privacy": "consent: not_required\nconsent_not_required_reason: not what is proved\n",
    "models": """uplift:
  winback_uplift: {campaign: winback, features: [recency_days, frequency, monetary]}
models:
  winback_response: {predicts: response(winback), horizon_days: 30, features: [recency_days, monetary], baseline: monetary}
""",
    "segmentations": "segmentations:\n  by_message: {kind: attribute, title: What the message does, column: winback_uplift_group}\n",
    "campaigns": """campaigns:
  winback: {title: W, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.5}
  voucher:
    title: V
    channel: email
    audience: by_message = 'persuadable'
    rank_by: winback_uplift
    holdout_share: 0
    value: winback_uplift * 40
    value_assumption: 40 of margin on an order
    priority: 1
""",
}
PEOPLE = {f"c{n:04}": 1 + n % 200 for n in range(1_200)}
"""How many days before the list each ordered last."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("uplift")
    for folder in ("config", "orders"):
        (root / folder).mkdir()
    for name, text in FILES.items():
        (root / "config" / f"{name}.yaml").write_text(text)
    (root / "customers.csv").write_text("customer_id,email\n" + "".join(f"{who},{who}@example.org\n" for who in PEOPLE))
    before = [f"{who}-1,{who},{LIST - timedelta(days=ago)},20" for who, ago in PEOPLE.items()]
    write_orders(root, "before", before)
    run(Settings(root), LIST)
    draw = np.random.default_rng(3)
    arms = dict(query(root, "SELECT customer_id, arm FROM campaign_audiences WHERE campaign = 'winback'"))
    assert len(arms) == len(PEOPLE)
    after = []
    for who, arm in sorted(arms.items()):
        chance = 0.35 if PEOPLE[who] <= 100 else 0.8 if arm == "treatment" else 0.25
        if draw.random() < chance:
            after.append(f"{who}-2,{who},{LIST + timedelta(days=int(draw.integers(1, 31)))},20")
    write_orders(root, "after", after)
    run(Settings(root), AS_OF)
    return root


def write_orders(root: Path, name: str, lines: list[str]) -> None:
    (root / "orders" / f"{name}.csv").write_text("\n".join(["order_id,customer_id,ordered_at,amount", *lines]) + "\n")


def test_nobody_is_scored_before_the_days_of_a_list_are_over(project: Path) -> None:
    versions = query(project, "SELECT as_of, kind, note FROM model_registry WHERE model = 'winback_uplift' ORDER BY as_of")
    assert versions[0][:2] == (LIST, "not_credible") and "has drawn nobody yet" in versions[0][2]


def test_columns_are_lit_by_what_past_arms_did(project: Path) -> None:
    [(kind, metrics, note)] = query(
        project, f"SELECT kind, metrics, note FROM model_registry WHERE model = 'winback_uplift' AND as_of = '{AS_OF}'"
    )
    found = json.loads(metrics)
    assert kind in ("dr_learner", "s_learner") and note == "" and found["qini_low"] > 0 and found["gain_at_50"] > 10
    rows = query(
        project, "SELECT recency_days > 135, avg(winback_uplift), count(winback_uplift) FROM customer_profile GROUP BY ALL"
    )
    mean = {away: value for away, value, _ in rows}
    assert sum(count for *_, count in rows) == len(PEOPLE) and mean[True] > 0.3 > 0.15 > abs(mean[False]), mean


def test_groups_are_a_segmentation(project: Path) -> None:
    segments = dict(
        query(project, "SELECT segment, count(*) FROM customer_segments WHERE segmentation = 'by_message' GROUP BY ALL")
    )
    assert segments["persuadable"] > 300 and sum(segments.values()) == len(PEOPLE)
    [(unequal,)] = query(
        project, "SELECT count(*) FROM customer_profile WHERE by_message <> winback_uplift_group AND by_message <> 'other'"
    )
    assert unequal == 0


def test_the_value_of_a_campaign_is_what_the_message_changes(project: Path) -> None:
    rows = query(
        project,
        "SELECT gain, winback_uplift, winback_uplift_group FROM campaign_decisions AS d JOIN customer_profile AS p USING (customer_id) "
        f"WHERE d.as_of = '{AS_OF}' AND campaign = 'voucher'",
    )
    assert len(rows) > 300 and {group for *_, group in rows} == {"persuadable"}
    assert all(gain == pytest.approx(40 * uplift) for gain, uplift, _ in rows)


def test_who_answers_a_message_is_learnt_from_those_who_got_it(project: Path) -> None:
    rows = query(
        project,
        "SELECT as_of, kind, training_rows, metrics, note FROM model_registry WHERE model = 'winback_response' ORDER BY as_of",
    )
    assert rows[0][:2] == (LIST, "not_credible") and "has contacted nobody yet whose 30 days are over" in rows[0][4]
    _, kind, training, metrics, note = rows[-1]
    found = json.loads(metrics)
    assert kind in ("linear", "boosted") and note == "" and found["auc"] > 0.65
    [(contacted,)] = query(
        project,
        "SELECT count(*) FROM campaign_audiences WHERE campaign = 'winback' AND arm = 'treatment' AND as_of = '2026-05-01'",
    )
    assert training == pytest.approx(contacted / 2, rel=0.15) and found["judged_customers"] == pytest.approx(
        0.3 * contacted, rel=0.2
    )
    scores = query(project, f"SELECT customer_id, winback_response FROM customer_profile WHERE as_of = '{AS_OF}'")
    assert len(scores) == len(PEOPLE) and all(0 < score < 1 for _, score in scores)
