"""When it happens: hazards that are known are found again, and forecasts of two ends never contradict each other."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.config.schema import PredictiveModel
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.predictions.boosted import Boosted
from segmentation_pipeline.models.predictions.columns import prediction_columns
from segmentation_pipeline.models.predictions.design import Design, Frame, Input, Matrix
from segmentation_pipeline.models.predictions.equality import ScoresDiffer, check_equal, frame_table
from segmentation_pipeline.models.predictions.forecaster import scored
from segmentation_pipeline.models.predictions.forecasters import forecaster_of
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import LEARNERS
from segmentation_pipeline.models.predictions.linear import Linear, Scale
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.models.predictions.person_periods import PERIOD, with_periods
from segmentation_pipeline.models.predictions.rows import Rows
from segmentation_pipeline_tests.models.predictions.cancellations import CANCELS, LAPSES, hazards, learnt, rows


def of_hazards(*links: float, of_survival: bool = False) -> HazardModel:
    """A model whose hazard of each period has this link for everybody, but for one number that raises all of them."""
    dummies = [Scale(0.0, False, 0.0, 1.0)] * len(links)
    weights = (1.0, *(link - links[0] for link in links[1:]))
    made = Linear(tuple(dummies), weights, (0.0,) * len(links), (0.0,) * len(links), links[0])
    design = with_periods(Design((Input("usage"),)), len(links))
    return HazardModel(PredictionModel(design, made, True), tuple(30 * (n + 1) for n in range(len(links))), of_survival)


@pytest.mark.parametrize("asked", [CANCELS, LAPSES], ids=["event", "no_order"])
@pytest.mark.parametrize("kind", LEARNERS)
def test_known_hazards_are_found_again(kind: type[Learner], asked: PredictiveModel) -> None:
    later = rows(asked, 4_000, 9)
    survival = np.cumprod(1 - hazards(later.frame), axis=0)
    truth = survival if asked.predicts == "no_order" else 1 - survival
    said = learnt(kind, asked).forecasts(later.frame)
    found = np.stack([said["_within_30"], said["_within_60"], said[""]])
    assert np.abs(found - truth).mean(axis=1).max() < 0.03
    assert found.mean(axis=1) == pytest.approx(truth.mean(axis=1), abs=0.015)
    waiting = np.isnan(said["_median_days"])
    assert (survival[-1][waiting] > 0.4).all() and (survival[-1][~waiting] < 0.6).all()
    assert np.corrcoef(said["_median_days"][~waiting], survival[1][~waiting])[0, 1] > 0.8


@given(st.lists(st.floats(-12, 12), min_size=2, max_size=12), st.booleans(), st.floats(-5, 5))
def test_forecasts_never_contradict_each_other(links: list[float], of_survival: bool, usage: float) -> None:
    model = of_hazards(*links, of_survival=of_survival)
    frame = {"usage": np.array([usage])}
    said = {column: float(values[0]) for column, values in model.forecasts(frame).items()}
    median = said.pop("_median_days")
    by_end = [said[f"_within_{end}"] for end in model.ends[:-1]] + [said[""]]
    assert by_end == sorted(by_end, reverse=of_survival) and all(0 <= each <= 1 for each in by_end)
    survivals = by_end if of_survival else [1 - each for each in by_end]
    assert np.isnan(median) == (survivals[-1] > 0.5) or survivals[-1] == pytest.approx(0.5)
    if not np.isnan(median):
        survived = np.interp(median, [0, *model.ends], [1.0, *survivals])
        assert survived == pytest.approx(0.5, abs=1e-6)
    assert 1 / (1 + np.exp(-model.link(frame)[0])) == pytest.approx(said[""], abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        pytest.param(Linear, CANCELS, id="event"),
        pytest.param(Linear, LAPSES, id="no_order"),
        pytest.param(Boosted, LAPSES, id="no_order_by_trees", marks=pytest.mark.slow),
    ],
)
def test_the_engine_computes_every_column_as_the_model_does(
    any_engine: Engine, kind: type[Learner], asked: PredictiveModel
) -> None:
    known = rows(asked, 300, 5)
    known.frame["usage"][:20] = np.nan
    model = learnt(kind, asked)
    check_equal(any_engine, model, known)
    kept = forecaster_of(json.loads(json.dumps(model.to_parameters())))
    assert kept == model

    table = frame_table(any_engine, known.frame, len(known))
    told = any_engine.rows(scored(table, kept, table.noise > 0, "x").order_by("row"))
    columns = [column.name for column in prediction_columns("x", asked)]
    assert columns == ["x", "x_within_30", "x_within_60", "x_median_days", "x_reason"]
    assert [*told[0]] == ["row", *known.frame, *columns]
    for row in told:
        if row["noise"] <= 0:
            assert [row[name] for name in columns] == [None] * 5
        else:
            ends = [row["x_within_30"], row["x_within_60"], row["x"]]
            assert ends == sorted(ends, reverse=asked.predicts == "no_order")
    reasons = " ".join(row["x_reason"] or "" for row in told)
    assert PERIOD not in reasons
    # Much use puts off a cancellation, or the next order.
    heavy = max((row for row in told if row["x_reason"]), key=lambda row: row["usage"] if row["usage"] is not None else -9.0)
    assert heavy["x_reason"].startswith("usage raises it" if asked.predicts == "no_order" else "usage lowers it")


class Certain(HazardModel):
    """Knows a day for everybody."""

    def forecasts(self, frame: Frame) -> dict[str, Matrix]:
        return super().forecasts(frame) | {"_median_days": np.ones(3)}


class Wrong(HazardModel):
    """Says more than the engine does in one of its columns."""

    column = ""

    def forecasts(self, frame: Frame) -> dict[str, Matrix]:
        said = super().forecasts(frame)
        return said | {self.column: said[self.column] + 0.2}


@pytest.mark.parametrize("column", ["", "_within_30", "_median_days"])
def test_another_value_of_any_column_stops_the_run(monkeypatch: pytest.MonkeyPatch, any_engine: Engine, column: str) -> None:
    known, right = Rows({"usage": np.zeros(3)}, np.zeros(3)), of_hazards(-1.0, 2.0)
    check_equal(any_engine, right, known)
    monkeypatch.setattr(Wrong, "column", column)
    with pytest.raises(ScoresDiffer, match=rf"scores{column} of the engine and of the model differ by 0\.\d+ on 3 rows"):
        check_equal(any_engine, Wrong(right.hazard, right.ends, right.of_survival), known)


def test_a_median_the_model_alone_knows_stops_the_run(any_engine: Engine) -> None:
    known, right = Rows({"usage": np.zeros(3)}, np.zeros(3)), of_hazards(-3.0, -3.0)
    assert np.isnan(right.forecasts(known.frame)["_median_days"]).all()
    with pytest.raises(ScoresDiffer, match="scores_median_days of the engine and of the model differ by inf"):
        check_equal(any_engine, Certain(right.hazard, right.ends, right.of_survival), known)


def test_a_median_next_to_the_end_of_the_horizon_is_no_difference(any_engine: Engine) -> None:
    """Survival is one half to the last digit: rounding decides whether there is a median."""
    check_equal(any_engine, of_hazards(-40.0, 0.0), Rows({"usage": np.array([0.0, 1e-17, -1e-17])}, np.zeros(3)))
