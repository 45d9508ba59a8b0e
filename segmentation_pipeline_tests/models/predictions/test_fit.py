"""What is published: a model that outdoes its baseline on later rows, else the baseline, else nothing; and no leak."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.models.predictions.fit import Candidate, Periods, fit
from segmentation_pipeline.models.predictions.judge import auc, losses, recalibrated
from segmentation_pipeline.models.predictions.rows import Rows

BASELINE = Column("recency_days", Type.INTEGER, "Days.")
COLUMNS = (
    BASELINE,
    Column("spent", Type.MONEY, "Money."),
    Column("channel", Type.TEXT, "Channel."),
    Column("vip", Type.BOOLEAN, "Whether."),
)
ASKED = PredictiveModel.model_validate({"predicts": "no_order"})
MUCH = PredictiveModel.model_validate({"predicts": "orders"})


def rows(count: int, seed: int, effect: float = 1.0, **frame: np.ndarray) -> Rows:
    """Of whom recency tells something, and with ``effect`` the amount spent, the channel and who is unknown more."""
    draw = np.random.default_rng(seed)
    recency, spent = draw.uniform(0, 120, count), draw.lognormal(3, 1, count)
    channel = draw.choice(np.array(["web", "store", None], dtype=object), count)
    vip = np.where(draw.random(count) < 0.3, np.nan, draw.integers(0, 2, count))
    link = 0.03 * (recency - 60) + effect * (1.5 * (channel == "web") - 1.2 * (np.log(spent) - 3) - np.isnan(vip))
    happens = (draw.random(count) < 1 / (1 + np.exp(-link))).astype(float)
    return Rows({"recency_days": recency, "spent": spent, "channel": channel, "vip": vip} | frame, happens)


def periods(count: int = 3_000, effect: float = 1.0) -> Periods:
    return Periods(rows(count, 1, effect), rows(count, 2, effect), rows(count, 3, effect))


def fitted(asked: PredictiveModel = ASKED, **changes: object) -> Candidate:
    return fit(asked, periods(**changes), COLUMNS, BASELINE)  # type: ignore[arg-type]


def test_the_simple_learner_is_taken_where_the_truth_is_a_sum() -> None:
    made = fitted()
    assert made.kind == "linear" and made.metrics["gain_low"] > 0 and made.note == ""
    assert 0.85 < made.metrics["calibration_slope"] < 1.15
    assert made.metrics["mean_predicted"] == pytest.approx(made.metrics["mean_observed"], abs=0.03)


def test_trees_are_taken_where_it_is_none() -> None:
    def turned(count: int, seed: int) -> Rows:
        draw = np.random.default_rng(seed)
        recency, spent = draw.exponential(60, count), draw.normal(size=count)
        happens = (draw.random(count) < np.where((recency > 40) ^ (spent > 0), 0.8, 0.2)).astype(float)
        none = np.array([None] * count, dtype=object)
        return Rows({"recency_days": recency, "spent": spent, "channel": none, "vip": np.full(count, np.nan)}, happens)

    made = fit(ASKED, Periods(turned(3_000, 1), turned(3_000, 2), turned(3_000, 3)), COLUMNS, BASELINE)
    assert made.kind == "boosted" and made.metrics["auc"] > 0.75


def test_without_more_to_tell_the_baseline_is_published() -> None:
    made = fitted(effect=0.0)
    assert made.kind == "baseline" and made.model is not None and made.model.design.columns == ("recency_days",)
    assert "no learner outdoes recency_days alone" in made.note


@pytest.mark.slow
def test_from_shuffled_outcomes_nothing_is_published_but_by_the_chance_that_is_stated() -> None:
    """Each of the two comparisons lets one of forty through; more, and something of the outcomes is in what is learnt from."""
    made = []
    for seed in range(40):
        draw = np.random.default_rng(seed)
        noise = [Rows(each.frame, draw.permutation(each.outcomes)) for each in (rows(400, 1), rows(400, 2), rows(400, 3))]
        made.append(fit(ASKED, Periods(*noise), COLUMNS, BASELINE))
    assert sum(each.kind != "not_credible" for each in made) <= 5
    nobody = next(each for each in made if each.kind == "not_credible")
    assert nobody.model is None and "the baseline does not outdo the same for everybody" in nobody.note


@pytest.mark.parametrize("count", [0, 1, 49])
def test_too_few_customers_are_told(count: int) -> None:
    made = fitted(count=count)
    assert made.kind == "not_credible" and "at least 50 needed" in made.note


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_outcomes_of_one_kind_are_told(outcome: float) -> None:
    same = [Rows(each.frame, np.full(len(each), outcome)) for each in (rows(100, 1), rows(100, 2), rows(100, 3))]
    made = fit(ASKED, Periods(*same), COLUMNS, BASELINE)
    assert made.kind == "not_credible" and "at least 10 needed" in made.note


def test_features_that_never_vary_leave_the_baseline() -> None:
    def flat(each: Rows) -> Rows:
        fixed = {
            "spent": np.full(len(each), 3.0),
            "channel": np.array(["web"] * len(each), dtype=object),
            "vip": np.ones(len(each)),
        }
        return Rows(each.frame | fixed, each.outcomes)

    whole = periods(effect=0.0)
    made = fit(ASKED, Periods(flat(whole.training), flat(whole.calibration), flat(whole.judged)), COLUMNS, BASELINE)
    assert made.kind == "baseline"


def test_a_baseline_that_never_varies_is_no_mistake() -> None:
    whole = periods()
    fixed = [
        Rows(each.frame | {"recency_days": np.full(len(each), 7.0)}, each.outcomes)
        for each in (whole.training, whole.calibration, whole.judged)
    ]
    assert fit(ASKED, Periods(*fixed), COLUMNS, BASELINE).kind in ("linear", "boosted")
    alone = fit(ASKED, Periods(*fixed), [BASELINE], BASELINE)
    assert alone.kind == "not_credible"


def test_fifty_customers_are_enough_not_to_fail() -> None:
    assert fitted(count=60).kind in ("linear", "baseline", "not_credible")


def test_a_leak_is_held_back_until_somebody_answers_for_it() -> None:
    def leaking(each: Rows) -> Rows:
        return Rows(each.frame | {"vip": each.outcomes.copy()}, each.outcomes)

    whole = periods()
    leak = Periods(leaking(whole.training), leaking(whole.calibration), leaking(whole.judged))
    made = fit(ASKED, leak, COLUMNS, BASELINE)
    assert made.kind == "baseline" and "vip alone ranks" in made.note and "accept_alarm" in made.note
    answered = ASKED.model_copy(update={"accept_alarm": "cancelled contracts are known"})
    assert fit(answered, leak, COLUMNS, BASELINE).kind in ("linear", "boosted")


def test_amounts_are_foretold_too() -> None:
    def much(each: Rows, seed: int) -> Rows:
        draw = np.random.default_rng(seed)
        return Rows(
            each.frame,
            draw.poisson(np.exp(0.5 - 0.4 * (np.log(each.frame["spent"]) - 3) + (each.frame["channel"] == "web"))).astype(float),
        )

    whole = periods()
    made = fit(MUCH, Periods(much(whole.training, 1), much(whole.calibration, 2), much(whole.judged, 3)), COLUMNS, BASELINE)
    assert made.kind in ("linear", "boosted") and 0.9 < made.metrics["calibration_slope"] < 1.1
    assert made.metrics["mean_predicted"] == pytest.approx(made.metrics["mean_observed"], rel=0.05)
    assert made.shown.bins[-1].predicted > 2 * made.shown.bins[0].predicted


def test_calibration_finds_the_slope_that_was_taken_away() -> None:
    draw = np.random.default_rng(1)
    link = draw.normal(size=20_000)
    happens = (draw.random(20_000) < 1 / (1 + np.exp(-link))).astype(float)
    slope, shift = recalibrated(link * 3 + 2, happens, is_probability=True)
    assert slope == pytest.approx(1 / 3, rel=0.05) and shift == pytest.approx(-2 / 3, abs=0.05)


def test_figures_are_those_of_their_definitions() -> None:
    scores, outcomes = np.array([0.1, 0.4, 0.4, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])
    assert auc(scores, outcomes)[0] == pytest.approx(3.5 / 4)
    assert losses(np.array([0.8]), np.array([1.0]), is_probability=True)[0] == pytest.approx(-np.log(0.8))
    assert losses(np.array([2.0]), np.array([3.0]), is_probability=False)[0] == pytest.approx(2 * (3 * np.log(1.5) - 1))
