"""What else is foretold: who comes into a segment, who is like its members; of the same days together, and group by group."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segmentation_pipeline.config.schema import FairnessConfig, PredictiveModel
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.models.prediction_scores import PREDICTIONS
from segmentation_pipeline.models.predictions.contest import digest
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.clean.project import config, write
from segmentation_pipeline_tests.models.predictions.shop import LAPSE, Shop, settings, shop

pytestmark = pytest.mark.slow


SPEND = {
    "spend": RulesSegmentation.model_validate(
        {
            "kind": "rules",
            "title": "Spend",
            "segments": [{"name": "much", "when": "monetary >= 150"}, {"name": "some", "when": "frequency >= 2"}],
        }
    )
}


def test_who_comes_into_a_segment_is_foretold_of_those_who_are_not_in_it(store: Shop) -> None:
    of = settings(rises={**LAPSE, "predicts": "enters(spend, much)"}).model_copy(update={"segmentations": SPEND})
    [version] = store.day(of)
    assert version.kind in ("linear", "boosted", "baseline") and version.metrics["auc"] > 0.6
    assert 0.02 < version.metrics["mean_observed"] < 0.9
    scores = store.scores(of, [version])
    rows = {row["customer_id"]: row for row in store.engine.rows(store.engine.table(tables.CUSTOMER_FEATURES))}
    for name, row in scores.items():
        assert (row["rises"] is not None) == (rows[name]["frequency"] >= 2 and rows[name]["monetary"] < 150)

    # The judged customers are those outside on the day; came true is who is in it sixty days later, by the orders themselves.
    paid: dict[str, list[tuple[str, float]]] = {}
    for line in (store.folder / "orders.csv").read_text().splitlines()[1:]:
        _, customer, on, amount = line.split(",")
        paid.setdefault(customer, []).append((on, float(amount)))
    outcomes = []
    for orders in paid.values():
        before = [amount for on, amount in orders if on <= "2025-01-30"]
        if len(before) >= 2 and sum(before) < 150:
            outcomes.append(sum(amount for on, amount in orders if on <= "2025-03-31") >= 150)
    assert version.metrics["judged_customers"] == len(outcomes)
    assert version.metrics["mean_observed"] == pytest.approx(np.mean(outcomes), abs=1e-6)


def test_lookalikes_are_learnt_without_what_defines_the_segment_and_scored_outside_it(store: Shop) -> None:
    asked = {"predicts": "lookalike(spend, much)", "for": "frequency >= 1", "baseline": "gap_mean_days"}
    of = settings(like=asked).model_copy(update={"segmentations": SPEND})
    [version] = store.day(of)
    assert not {"monetary", "frequency", "recency_days", "tenure_days"} & {*version.features}
    assert version.metrics["judged_customers"] == pytest.approx(0.3 * 600, rel=0.25) and version.metrics["auc"] > 0.6
    rows = {row["customer_id"]: row for row in store.engine.rows(store.engine.table(tables.CUSTOMER_FEATURES))}
    for name, row in store.scores(of, [version]).items():
        assert (row["like"] is not None) == (rows[name]["frequency"] >= 1 and rows[name]["monetary"] < 150)
    much = SPEND["spend"].segments[0].model_copy(update={"when": "monetary >= 200"})
    raised = {"spend": SPEND["spend"].model_copy(update={"segments": (much,)})}
    other = of.model_copy(update={"segmentations": raised})
    assert digest(of, of.predictions["like"], ()) != digest(other, of.predictions["like"], ()), "another rule is another question"


def test_models_of_the_same_days_share_their_features(store: Shop) -> None:
    """Each of two models is what it is alone."""
    both = store.day(settings(lapse=LAPSE, many={**LAPSE, "predicts": "orders"}))
    other = Shop(store.folder)
    [alone] = other.day(settings(many={**LAPSE, "predicts": "orders"}))
    other.engine.close()
    assert both[1].parameters == alone.parameters and both[1].metrics == alone.metrics


def test_every_declared_group_is_looked_at_and_none_of_few_people(tmp_path: Path) -> None:
    """Half of one group leave sooner than all a model sees of them lets expect."""
    lines = shop(900)
    late = {f"c{number:04}" for number in range(0, 900, 2)}
    write(tmp_path, "orders", *(line for line in lines if not (line.split(",")[1] in late and line.split(",")[2] > "2025-01-30")))
    kinds = [f"c{number:04},{'female' if number % 2 == 0 else 'male' if number > 60 else 'other'}" for number in range(900)]
    write(tmp_path, "customers", "customer_id,gender", *kinds)
    asked = PredictiveModel.model_validate(LAPSE)
    fairness = FairnessConfig.model_validate({"groups": ["gender"]})
    of = config({"orders": {}, "customers": {}}, quality={"max_future_days": 500})
    of = of.model_copy(update={"predictions": {"lapse": asked}, "privacy": of.privacy.model_copy(update={"fairness": fairness})})
    made = Shop(tmp_path)
    [version] = made.day(of)
    rows = {row["customer_group"]: row for row in made.groups}
    assert rows["female"]["status"] == "too_low" and rows["male"]["status"] == "calibrated"
    assert rows["female"]["observed"] == 1.0 and version.metrics["groups_off"] == 1
    assert rows["other"]["status"] == "too_few" and rows["other"]["predicted"] is rows["other"]["observed"] is None
    assert version.metrics["groups_compared"] == 2
    outcome = {each.name: each.outcome for each in PREDICTIONS.validations(of)}["lapse_fits_every_group"]
    row = {"kind": version.kind, "metrics": json.dumps(version.metrics), "parameters": json.dumps(version.parameters)}
    assert not outcome(row, 500).holds and outcome(row, 500).observed == "1 of 2 groups off"
    nobody = row | {"metrics": "{}"}
    assert not outcome(nobody, 500).holds and "nobody's group" in outcome(nobody, 500).observed
    more = of.privacy.model_copy(update={"fairness": FairnessConfig.model_validate({"groups": ["gender", "region"]})})
    later = PREDICTIONS.validations(of.model_copy(update={"privacy": more}))
    asked_since = {each.name: each.outcome for each in later}["lapse_fits_every_group"](row, 500)
    assert not asked_since.holds and asked_since.observed == "not known: region"
    assert {*PREDICTIONS.fitted_on(of)} - {*PREDICTIONS.fitted_on(settings(lapse=LAPSE))} >= {"clean.customers"}
    made.engine.close()
