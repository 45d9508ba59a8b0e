"""A model by YAML alone: its scores are columns, rules read them, the registry and the command line tell of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import orders_alone, query, segmentation
from segmentation_pipeline_tests.models.predictions.shop import AS_OF, shop

pytestmark = pytest.mark.slow

MODELS = """models:
  lapse_60:
    predicts: no_order
    horizon_days: 60
    for: frequency >= 2
    features: [recency_days, frequency, gap_mean_days, tenure_days]
    cutoffs: 1
"""
RISK = """segmentations:
  risk:
    kind: rules
    title: Risk
    segments: [{name: leaving, when: lapse_60 >= 0.6}, {name: staying, when: lapse_60 < 0.6}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = orders_alone(tmp_path_factory.mktemp("models"), "\n".join(shop(500)) + "\n")
    (folder / "config" / "models.yaml").write_text(MODELS)
    (folder / "config" / "segmentations.yaml").write_text(RISK)
    done = segmentation(folder, "run", "--as-of", AS_OF.isoformat())
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_scores_are_columns_that_rules_read(project: Path) -> None:
    rows = query(project, "SELECT frequency, lapse_60, lapse_60_reason, risk FROM customer_profile")
    assert all((score is not None) == (frequency >= 2) for frequency, score, _, _ in rows)
    assert all(risk == ("leaving" if score >= 0.6 else "staying") for _, score, _, risk in rows if score is not None)
    assert {risk for *_, risk in rows} == {"leaving", "staying", None}
    assert any("recency_days raises it" in (reason or "") for _, _, reason, _ in rows)


def test_columns_are_in_the_dictionary_with_what_they_are_made_from(project: Path) -> None:
    [(description, unit, lineage)] = query(
        project,
        "SELECT description, unit, lineage::VARCHAR FROM data_dictionary WHERE table_name = 'customer_profile' AND column_name = 'lapse_60'",
    )
    assert description == "Probability of no completed order within 60 days." and unit == "probability 0-1"
    assert "lapse_60" in lineage or "recency_days" in lineage


def test_the_registry_and_the_calibration_tell_how_well_it_did(project: Path) -> None:
    [(kind, metrics)] = query(project, "SELECT kind, metrics FROM model_registry WHERE model = 'lapse_60' AND is_champion")
    assert kind in ("linear", "boosted") and json.loads(metrics)["gain_low"] > 0
    bins = query(
        project, "SELECT bin, customers, predicted, observed FROM model_calibration WHERE model = 'lapse_60' ORDER BY bin"
    )
    assert len(bins) >= 5 and sum(customers for _, customers, _, _ in bins) == json.loads(metrics)["judged_customers"]
    assert bins[0][3] < bins[-1][3]
    curve = query(project, "SELECT depth, customers, captured, captured_by_baseline FROM model_curves ORDER BY depth")
    assert len(curve) == 13 and curve[-1] == (1.0, json.loads(metrics)["judged_customers"], 1.0, 1.0)
    assert all(captured >= depth - 0.05 for depth, _, captured, _ in curve)
    [(passed,)] = query(project, "SELECT DISTINCT passed FROM data_quality WHERE rule LIKE '%lapse_60_is_credible%'")
    assert passed


def test_the_command_line_tells_of_models(project: Path) -> None:
    listed = segmentation(project, "model", "list")
    assert listed.returncode == 0 and "lapse_60" in listed.stdout and "clv" in listed.stdout
    told = json.loads(segmentation(project, "model", "show", "lapse_60", "--json").stdout)
    assert told[0]["features"] == ["recency_days", "frequency", "gap_mean_days", "tenure_days"]
    shown = segmentation(project, "model", "show", "lapse_60").stdout
    assert "scores the customers" in shown and "calibration_slope" in shown
    version = told[0]["version"]
    assert version in segmentation(project, "model", "compare", "lapse_60", version, version).stdout
    wrong = segmentation(project, "model", "show", "laps_60")
    assert wrong.returncode == 1 and "did you mean 'lapse_60'" in wrong.stderr.lower()
    wrong = segmentation(project, "model", "compare", "lapse_60", version, "nothing")
    assert wrong.returncode == 1 and "has no version 'nothing'" in wrong.stderr


def test_explain_tells_what_would_move_a_score_across_a_threshold(project: Path) -> None:
    [(customer, score)] = query(
        project, "SELECT customer_id, lapse_60 FROM customer_profile WHERE lapse_60 > 0.61 ORDER BY lapse_60, customer_id LIMIT 1"
    )
    [(unscored,)] = query(project, "SELECT min(customer_id) FROM customer_profile WHERE lapse_60 IS NULL")
    told = segmentation(project, "explain", customer).stdout
    assert f"lapse_60 is {score:.4g}" in told and "lapse_60 >= 0.6" in told and "segment leaving of risk" in told
    assert "with recency_days of " in told and "it would be 0.5" in told and "with tenure_days" not in told
    assert "what would move it across" not in segmentation(project, "explain", unscored).stdout
