"""Every learner scores in the engine what it scores in NumPy, unknown values included, and its parts tell its score."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.boosted import LEAVES, RATE, TREES, Boosted
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import LEARNERS, learner_of
from segmentation_pipeline.models.predictions.linear import Linear

NAMES = ("a", "b", "c", "d")


def world(rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers with unknown ones, of which one is heavy-tailed and one never unknown; if it happens; and how much."""
    draw = np.random.default_rng(seed)
    numbers = np.column_stack(
        [draw.normal(size=rows), draw.lognormal(2, 1.5, rows), draw.integers(0, 3, rows), draw.normal(size=rows)]
    )
    numbers[draw.random((rows, 4)) < [0.2, 0.1, 0.0, 0.3]] = np.nan
    link = np.nan_to_num(numbers[:, 0]) - np.isnan(numbers[:, 1]) + 0.7 * (numbers[:, 2] == 1) - 0.5
    return numbers, (draw.random(rows) < 1 / (1 + np.exp(-link))).astype(float), draw.poisson(np.exp(0.5 * link)).astype(float)


def learnt(kind: type[Learner], is_probability: bool, rows: int = 2_000) -> tuple[Learner, np.ndarray]:
    numbers, happened, much = world(rows)
    return kind.fit(numbers, happened if is_probability else much, is_probability=is_probability), numbers


def in_engine(engine: Engine, model: Learner, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The link of each row, and what its parts add up to."""
    columns = {name: [None if np.isnan(v) else float(v) for v in numbers[:, place]] for place, name in enumerate(NAMES)}
    table = engine.memtable({"row": [*range(len(numbers))]} | columns, {"row": "int64"} | dict.fromkeys(NAMES, "float64"))
    values = [table[name] for name in NAMES]
    parts = [part for _, part in model.contributions(values)]
    told = table.select("row", link=model.link_expression(values), parts=sum(parts[1:], parts[0]))
    found = arrays(engine, told.order_by("row"))
    return found["link"], found["parts"]


@pytest.mark.parametrize("is_probability", [True, False])
@pytest.mark.parametrize("kind", LEARNERS)
def test_the_engine_computes_what_numpy_does(any_engine: Engine, kind: type[Learner], is_probability: bool) -> None:
    model, numbers = learnt(kind, is_probability)
    shown = numbers[:300]
    link, _ = in_engine(any_engine, model, shown)
    assert np.abs(link - model.link(shown)).max() < 1e-12


@pytest.mark.parametrize("kind", LEARNERS)
def test_parameters_keep_a_learner_to_the_digit(kind: type[Learner]) -> None:
    model, numbers = learnt(kind, True)
    assert (learner_of(kind.kind, model.to_parameters()).link(numbers) == model.link(numbers)).all()


@pytest.mark.parametrize("kind", LEARNERS)
def test_the_same_rows_give_the_same_learner(kind: type[Learner]) -> None:
    assert learnt(kind, True)[0].to_parameters() == learnt(kind, True)[0].to_parameters()


@pytest.mark.parametrize("is_probability", [True, False])
def test_trees_are_those_of_scikit_learn(is_probability: bool) -> None:
    model, numbers = learnt(Boosted, is_probability)
    _, happened, much = world(2_000)
    said = {
        "max_iter": TREES,
        "max_leaf_nodes": LEAVES,
        "learning_rate": RATE,
        "min_samples_leaf": 20,
        "early_stopping": False,
        "random_state": 0,
    }
    with threadpool_limits(1, user_api="openmp"):
        if is_probability:
            expected = HistGradientBoostingClassifier(**said).fit(numbers, happened).predict_proba(numbers)[:, 1]
            assert np.abs(1 / (1 + np.exp(-model.link(numbers))) - expected).max() < 1e-12
        else:
            expected = HistGradientBoostingRegressor(loss="poisson", **said).fit(numbers, much).predict(numbers)
            assert np.abs(np.exp(model.link(numbers)) - expected).max() < 1e-10


def test_the_parts_of_a_sum_are_the_whole_but_for_the_intercept(any_engine: Engine) -> None:
    model, numbers = learnt(Linear, True)
    link, parts = in_engine(any_engine, model, numbers[:200])
    assert isinstance(model, Linear) and np.abs(link - parts - model.intercept).max() < 1e-12


def test_the_parts_of_trees_tell_which_feature_decides(any_engine: Engine) -> None:
    """Taking the first number away moves the link towards the other side of its part."""
    model, numbers = learnt(Boosted, True)
    shown = numbers[~np.isnan(numbers[:, 0])][:300]
    columns = {name: [None if np.isnan(v) else float(v) for v in shown[:, place]] for place, name in enumerate(NAMES)}
    table = any_engine.memtable({"row": [*range(len(shown))]} | columns, {"row": "int64"} | dict.fromkeys(NAMES, "float64"))
    parts = dict(model.contributions([table[name] for name in NAMES]))
    part = arrays(any_engine, table.select("row", part=parts[0]).order_by("row"))["part"]
    away = shown.copy()
    away[:, 0] = np.median(shown[:, 0])
    assert np.corrcoef(part, model.link(shown) - model.link(away))[0, 1] > 0.95


def test_far_out_a_sum_goes_no_further() -> None:
    model, numbers = learnt(Linear, True)
    far = numbers[:1].copy()
    far[0, 0] = 1e9
    further = far.copy()
    further[0, 0] = 1e18
    assert model.link(far) == pytest.approx(model.link(further)) and np.isfinite(model.link(further)).all()
