"""The exam of the models: every part gives rows of one form, and nobody does better than who knows the truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import typer

from benchmarks.exam import affinity, forecasts, journey, unusual_change, uplift, value
from benchmarks.exam.__main__ import main
from benchmarks.exam.row import HEADINGS, Gain, Row
from benchmarks.exam.shop import DAYS, expected_orders, shop
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = DuckDBEngine(None)
    yield made
    made.close()


def test_the_share_reached_counts_from_the_same_for_all_whichever_direction_is_better() -> None:
    loss = Row("d", "m", "log loss", 10, reached=0.4, same_for_all=0.8, possible=0.3)
    auc = Row("d", "m", "AUC", 10, reached=0.7, same_for_all=0.5, possible=0.9)
    assert loss.of_what_can_be_gained == pytest.approx(0.8) and auc.of_what_can_be_gained == pytest.approx(0.5)
    assert Row("d", "m", "loss", 10, reached=0.4).of_what_can_be_gained is None


def test_what_is_not_known_is_an_empty_cell() -> None:
    made = Row("d", "m", "loss", 12_345, 0.5, gain=Gain(0.1, -0.05, 20.0)).cells
    assert len(made) == len(HEADINGS)
    assert made == ["d", "m", "loss", "12,345", "", "", "0.5000", "", "", "0.1000 [-0.0500, 20.00]", "", "", "", ""]


def test_expectations_under_the_truth_come_true() -> None:
    """Of the generated customers as they were 90 days before the end."""
    cut = DAYS - 90
    known = [(at[at <= cut], at[at > cut]) for at in shop(1_500).bought]
    x, t_x, T = np.array([(len(at) - 1, at[-1] - at[0], cut - at[0]) for at, _ in known], dtype=float).T
    nobody, number = expected_orders(x, t_x, T, 90)
    came = np.array([len(later) for _, later in known])
    assert number.mean() == pytest.approx(came.mean(), rel=0.1) and nobody.mean() == pytest.approx((came == 0).mean(), abs=0.03)


def test_rows_of_the_registry_tell_baseline_and_model_whichever_was_published() -> None:
    figures = {
        **{"gain": -0.01, "gain_low": -0.02, "gain_high": 0.0, "baseline_gain": 0.2, "brier": 0.1, "auc": 0.8},
        **{"judged_customers": 100.0, "mean_predicted": 0.5, "mean_observed": 0.4, "calibration_slope": 1.1},
    }
    registry = {
        "learnt": ("linear", figures | {"loss": 0.30, "gain": 0.05}),
        "plain": ("baseline", figures | {"loss": 0.30}),
        "none": ("not_credible", {}),
    }
    best = {"learnt": forecasts.Best(0.25, 0.9)}
    learnt, ranked, plain, _, none = forecasts.rows("data", registry, registry, best)
    assert (learnt.baseline, learnt.reached, learnt.same_for_all) == pytest.approx((0.35, 0.30, 0.55))
    assert learnt.of_what_can_be_gained == pytest.approx(5 / 6) and (ranked.reached, ranked.possible) == (0.8, 0.9)
    assert (plain.baseline, plain.reached) == pytest.approx((0.30, 0.31)) and none.published == "not_credible"


def test_lists_of_products_are_told_beside_own_and_everybodys_favourites() -> None:
    figures = {
        f"{prefix}{measure}": 0.1 for prefix in ("", "own_most_frequent_", "favourites_") for measure in ("recall", "ndcg")
    }
    figures |= {"ndcg": 0.3, "ndcg_gain": 0.2, "ndcg_gain_low": 0.1, "ndcg_gain_high": 0.3, "judged_customers": 50}
    recall, ndcg = journey.lists({"next_product": ("blend", figures)})
    assert (recall.gain, recall.same_for_all) == (None, 0.1) and ndcg.gain == Gain(0.2, 0.1, 0.3)
    assert (ndcg.reached, ndcg.baseline, ndcg.published) == (0.3, 0.1, "blend")


def test_a_part_that_is_not_there_is_told() -> None:
    with pytest.raises(typer.BadParameter, match="no part is called clv; there are generated,cdnow,journey,value"):
        main("uplift,clv")


@pytest.mark.slow
def test_uplift_is_between_the_lot_and_the_true_effects(engine: Engine) -> None:
    ranking, *groups = uplift.rows(engine, learning=4_000, judging=6_000)
    assert 0 < ranking.reached < ranking.possible and ranking.gain.low > 0 and ranking.baseline < ranking.reached
    assert sum(each.judged for each in groups) == 6_000


@pytest.mark.slow
def test_value_is_foretold_nearly_as_well_as_by_the_truth(engine: Engine) -> None:
    days, money = value.generated(engine, customers=2_000)
    for row in (days, money):
        assert row.of_what_can_be_gained == pytest.approx(1.0, abs=0.1) and row.reached < row.baseline, row
    assert days.foretold == pytest.approx(days.came, rel=0.15)


@pytest.mark.slow
def test_changes_and_hours_are_told_where_there_are_some(engine: Engine) -> None:
    alarms, found, chance = unusual_change.rows(engine, quiet=2, stopped=1)
    assert found.reached >= 0.8 and alarms.foretold == chance.foretold == 0.05
    lift, own, group = affinity.rows(engine, shops=2)
    assert lift.baseline < lift.reached <= lift.possible == pytest.approx(2.0) and own.judged == group.judged == 2
