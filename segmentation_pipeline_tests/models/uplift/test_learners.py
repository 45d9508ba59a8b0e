"""Both learners: the engine scores as they do, parameters are all that scoring needs, and the truth is found."""

from __future__ import annotations

import json

import numpy as np
import pytest

from segmentation_pipeline.contracts.labels import UpliftGroup
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.predictions.equality import ScoresDiffer
from segmentation_pipeline.models.uplift.equality import check_equal
from segmentation_pipeline.models.uplift.learner import UpliftLearner
from segmentation_pipeline.models.uplift.model import LEARNERS, UpliftModel, with_uplift
from segmentation_pipeline.models.uplift.people import People
from segmentation_pipeline_tests.models.uplift.drawn import COLUMNS, drawn


def learnt(learner: type[UpliftLearner], people: People) -> UpliftModel:
    design = Design.learnt(people.frame, COLUMNS)
    return UpliftModel(design, learner.fit(design.matrix(people.frame), people), 0.02, 0.25, 0.9, 0.01)


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_engine_scores_as_the_model_does_unknown_values_among_them(learner: type[UpliftLearner], any_engine: Engine) -> None:
    people, _ = drawn(1_500)
    assert any(np.isnan(people.frame["gap_mean_days"])) and any(each is None for each in people.frame["main_channel"])
    model = learnt(learner, people)
    kept = UpliftModel.from_parameters(json.loads(json.dumps(model.to_parameters())))
    assert kept == model
    check_equal(any_engine, kept, people)


def test_a_score_that_differs_stops_the_fit(any_engine: Engine) -> None:
    people, _ = drawn(1_500)

    class Wrong(UpliftModel):
        def uplift(self, frame):  # type: ignore[no-untyped-def]
            return super().uplift(frame) + 0.001

    model = learnt(LEARNERS[0], people)
    wrong = Wrong(model.design, model.learner, model.least, model.sure, model.slope, model.shift)
    with pytest.raises(ScoresDiffer, match=r"differ by 0\.001"):
        check_equal(any_engine, wrong, people)


def test_groups_go_by_uplift_first_and_then_by_what_happens_without(any_engine: Engine) -> None:
    people, _ = drawn(1_500)
    model = learnt(LEARNERS[1], people)
    table = any_engine.memtable(
        {
            "recency_days": [1.0, None],
            "frequency": [3.0, 1.0],
            "monetary": [10.0, None],
            "gap_mean_days": [None, None],
            "main_channel": ["web", None],
        },
        {name: "string" if name == "main_channel" else "float64" for name in people.frame},
    )
    scored = with_uplift(table, model, table.recency_days.notnull(), "u")
    found = arrays(any_engine, scored.select("recency_days", "u", "u_group"))
    nobody = np.isnan(found["recency_days"])
    assert np.isnan(found["u"][nobody]).all() and found["u_group"][nobody][0] is None, "the rule of who is scored does not hold"
    uplift, without = model.uplift(people.frame), model.without(people.frame)
    groups = model.groups(people.frame)
    for at in range(0, len(people), 50):
        expected = (
            UpliftGroup.PERSUADABLE
            if uplift[at] >= 0.02
            else UpliftGroup.DO_NOT_DISTURB
            if uplift[at] <= -0.02
            else UpliftGroup.SURE_THING
            if without[at] >= 0.25
            else UpliftGroup.LOST_CAUSE
        )
        assert groups[at] == expected.value


@pytest.mark.parametrize(("learner", "least"), [(LEARNERS[0], 0.35), (LEARNERS[1], 0.7)])
def test_the_truth_is_found_as_far_as_the_learner_can(learner: type[UpliftLearner], least: float) -> None:
    people, _ = drawn(8_000, share=0.5, seed=3)
    others, truth = drawn(8_000, share=0.5, seed=4)
    model = learnt(learner, people)
    found = float(np.corrcoef(model.uplift(others.frame), truth)[0, 1])
    assert found > least, found


@pytest.mark.parametrize("learner", LEARNERS)
def test_arms_without_an_order_and_numbers_without_differences_are_no_mistake(learner: type[UpliftLearner]) -> None:
    people, _ = drawn(400, seed=2)
    design = Design.learnt(people.frame, COLUMNS)
    silent = People(people.frame, people.contacted, people.ordered * people.contacted, people.share, people.wave, people.others)
    found = learner.fit(design.matrix(people.frame), silent).uplift(design.matrix(people.frame))
    assert np.isfinite(found).all() and found.mean() > 0
    nothing = np.empty((400, 0))
    alike = learner.fit(nothing, people).uplift(nothing)
    assert np.ptp(alike) < 1e-12
