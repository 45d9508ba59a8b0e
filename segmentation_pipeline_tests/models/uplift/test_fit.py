"""What is published: a ranking that wins more than the lot among other people, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segmentation_pipeline.config.schema import UpliftEntry
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.scores import NOT_CREDIBLE
from segmentation_pipeline.models.predictions.design import Design
from segmentation_pipeline.models.uplift import fit as fitting
from segmentation_pipeline.models.uplift.balance import balance
from segmentation_pipeline.models.uplift.fit import Candidate, fit
from segmentation_pipeline.models.uplift.people import People, shares
from segmentation_pipeline.models.uplift.qini import Interval, qini
from segmentation_pipeline_tests.models.uplift.drawn import COLUMNS, drawn

ASKED = UpliftEntry.model_validate({"campaign": "winback"})
ENOUGH = 8_000


@pytest.fixture(scope="module")
def made() -> Candidate:
    people, _ = drawn(ENOUGH, share=0.6, waves=3, seed=3)
    return fit(ASKED, people, COLUMNS)


@pytest.mark.slow
def test_the_ranking_is_close_to_the_best_possible(made: Candidate) -> None:
    assert made.model is not None and made.note == "" and made.metrics["qini_low"] > 0
    others, truth = drawn(20_000, share=0.5, seed=99)
    uplift = made.model.uplift(others.frame)
    correlation, share = float(np.corrcoef(uplift, truth)[0, 1]), qini(uplift, others) / qini(truth, others)
    assert correlation > 0.65 and share > 0.75, f"correlation with the truth {correlation:.2f}, Qini {share:.0%} of the best"
    assert uplift.mean() == pytest.approx(truth.mean(), abs=0.03), "the mean is that of the draw"
    groups = made.model.groups(others.frame)
    means = {group: float(truth[groups == group].mean()) for group in np.unique(groups)}
    assert means["persuadable"] > 0.05 > max(mean for group, mean in means.items() if group != "persuadable"), means


@pytest.mark.slow
def test_the_same_people_give_the_same_model(made: Candidate) -> None:
    people, _ = drawn(ENOUGH, share=0.6, waves=3, seed=3)
    again = fit(ASKED, people, COLUMNS)
    assert again.model is not None and made.model is not None
    assert again.model.to_parameters() == made.model.to_parameters() and again.metrics == made.metrics


@pytest.mark.slow
def test_later_days_judge_where_both_parts_have_enough(made: Candidate) -> None:
    assert made.judged_by == "people of later days" and made.judged is not None
    assert set(made.judged.wave) == {2}
    assert made.metrics["training_people"] + made.metrics["judged_people"] == ENOUGH


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(1000, 1006), pytest.param(range(2000, 2400), marks=pytest.mark.wide)])
def test_a_message_that_does_nothing_is_rarely_published(seeds: range) -> None:
    published = [seed for seed in seeds if fit(ASKED, drawn(1_500, share=0.6, strength=0.0, seed=seed)[0], COLUMNS).model]
    assert len(published) <= max(1, 0.05 * len(seeds)), published


def test_too_little_is_refused_with_how_many_there_are_and_are_needed() -> None:
    people, _ = drawn(600, share=0.9)
    made = fit(ASKED, people, COLUMNS)
    kept_out = people.arm(contacted=False)
    assert made.kind == NOT_CREDIBLE and made.model is None
    assert made.note == f"of {len(kept_out)} people kept out {kept_out.ordered.sum():.0f} ordered, at least 125 needed"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ordered": np.ones(1_000)}, "did not order, at least 125 needed"),
        ({"ordered": np.zeros(1_000)}, "0 ordered, at least 125 needed"),
        ({"contacted": np.ones(1_000)}, "of 0 people kept out 0 ordered"),
        ({"contacted": np.zeros(1_000)}, "of 0 people contacted 0 ordered"),
    ],
)
def test_one_arm_or_one_outcome_is_told(change: dict[str, object], told: str) -> None:
    people, _ = drawn(1_000)
    assert told in fit(ASKED, replace(people, **change), COLUMNS).note  # type: ignore[arg-type]


def test_nobody_is_no_mistake() -> None:
    nothing = np.empty(0)
    people = People({}, nothing, nothing, nothing, nothing.astype(int), nothing.astype(bool))
    assert fit(ASKED, people, ()).note == "of 0 people kept out 0 ordered, at least 125 needed"


def test_features_without_differences_tell_nobody_apart() -> None:
    people, _ = drawn(3_000, share=0.5)
    alike = replace(people, frame={"recency_days": np.full(3_000, 7.0)})
    made = fit(ASKED, alike, [Column("recency_days", Type.INTEGER, "Days.")])
    assert made.kind == NOT_CREDIBLE and "nobody can be told apart" in made.note


def test_a_placebo_that_wins_twice_holds_a_model_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which only a mistake in how people were drawn, or in the program, could bring about."""
    people, _ = drawn(2_000, share=0.5)
    monkeypatch.setattr(fitting, "qini_interval", lambda uplift, judged: Interval(0.02, 0.01, 0.03))
    assert "with shuffled arms it finds as much" in fit(ASKED, people, COLUMNS).note


def test_arms_that_were_not_drawn_by_lot_are_told() -> None:
    """The most frequent buyers got the message rather than others, so they seem to be changed by it."""
    people, _ = drawn(3_000, share=0.5)
    draw = np.random.default_rng(6)
    chosen = (draw.random(3_000) < np.where(people.frame["frequency"] > 4, 0.7, 0.4)).astype(float)
    made = fit(ASKED, replace(people, contacted=chosen, share=np.full(3_000, chosen.mean())), COLUMNS)
    assert made.kind == NOT_CREDIBLE and "differed before the message" in made.note
    assert made.metrics["arms_auc"] > 0.55


def test_days_with_other_shares_kept_out_are_no_difference_between_arms() -> None:
    """Later people have bought less lately, and more of them are contacted: that is the day, not the lot."""
    people, _ = drawn(4_000, share=0.5, waves=2)
    later = people.wave == 1
    contacted = (np.random.default_rng(8).random(4_000) < np.where(later, 0.8, 0.4)).astype(float)
    frame = {**people.frame, "recency_days": people.frame["recency_days"] + 200.0 * later}
    changed = replace(people, frame=frame, contacted=contacted, share=shares(contacted, people.wave))
    found = balance(Design.learnt(frame, COLUMNS), changed.of(~people.others), changed.of(people.others))
    assert not found.is_uneven and abs(found.value - 0.5) < 0.05, found
