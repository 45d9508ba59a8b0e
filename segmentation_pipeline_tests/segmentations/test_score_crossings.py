"""A value that is told carries the score across, no nearer one does, and only what somebody can do differently is told."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.models.predictions.boosted import Boosted
from segmentation_pipeline.models.predictions.design import Design, Frame
from segmentation_pipeline.models.predictions.drift import distributions
from segmentation_pipeline.models.predictions.judge import forecast
from segmentation_pipeline.models.predictions.learner import Learner
from segmentation_pipeline.models.predictions.learners import LEARNERS
from segmentation_pipeline.models.predictions.linear import Linear
from segmentation_pipeline.models.predictions.model import PredictionModel
from segmentation_pipeline.segmentations.score_crossings import Crossing, score_crossings

COLUMNS = {
    column.name: column
    for column in (
        Column("recency_days", Type.INTEGER, "Days."),
        Column("monetary", Type.MONEY, "Money."),
        Column("discount_share", Type.NUMBER, "Share."),
        Column("main_channel", Type.TEXT, "Channel."),
        Column("loyalty_member", Type.BOOLEAN, "Member."),
        Column("city", Type.TEXT, "City."),
        Column("tenure_days", Type.INTEGER, "Days."),
    )
}
BEHAVIOUR = {name: column for name, column in COLUMNS.items() if name not in ("city", "tenure_days")}
ANNA = {
    "recency_days": 80,
    "monetary": Decimal("80.00"),
    "discount_share": 0.2,
    "main_channel": "shop",
    "loyalty_member": False,
    "city": "Gent",
    "tenure_days": 400,
}


def people(count: int = 1_500) -> tuple[Frame, np.ndarray]:
    """Customers, and whether they lapse: most who have been away, spend little, buy in shops, are no members or live in Gent."""
    draw = np.random.default_rng(4)
    frame: Frame = {
        "recency_days": draw.integers(0, 300, count).astype(float),
        "monetary": np.round(draw.lognormal(4.5, 0.6, count), 2),
        "discount_share": draw.random(count),
        "main_channel": draw.choice(np.array(["web", "shop"], dtype=object), count),
        "loyalty_member": draw.integers(0, 2, count).astype(float),
        "city": draw.choice(np.array(["Gent", "Brussel"], dtype=object), count),
        "tenure_days": draw.integers(0, 900, count).astype(float),
    }
    link = (
        (frame["recency_days"] - 120) / 50
        - (np.log(frame["monetary"]) - 4.5)
        + 0.8 * (frame["main_channel"] == "shop")
        - 0.8 * frame["loyalty_member"]
        + 1.5 * (frame["city"] == "Gent")
        + (frame["tenure_days"] - 450) / 300
    )
    return frame, (draw.random(count) < 1 / (1 + np.exp(-link))).astype(float)


def learnt(kind: type[Learner]) -> tuple[PredictionModel, Frame]:
    frame, outcomes = people()
    design = Design.learnt(frame, [*COLUMNS.values()])
    return PredictionModel(design, kind.fit(design.matrix(frame), outcomes, is_probability=True), True), frame


@pytest.fixture(scope="module", params=LEARNERS)
def model(request: pytest.FixtureRequest) -> tuple[PredictionModel, Frame]:
    return learnt(request.param)


def score(model: PredictionModel, row: dict[str, object]) -> float:
    frame = {name: np.array([row[name] if isinstance(row[name], str) else float(row[name])], dtype=object) for name in COLUMNS}
    return float(np.round(forecast(model.link(frame), is_probability=True), 6)[0])


def found(model: tuple[PredictionModel, Frame], row: dict[str, object], threshold: float) -> dict[str, Crossing]:
    made, frame = model
    is_over = score(made, row) >= threshold
    told = score_crossings(made, distributions(made, frame), row, BEHAVIOUR, lambda tried: (tried >= threshold) != is_over)
    return {each.column: each for each in told}


@pytest.mark.parametrize("step", [-0.1, 0.05, -0.02])
def test_what_is_told_does_it_and_no_nearer_value(model: tuple[PredictionModel, Frame], step: float) -> None:
    threshold = score(model[0], ANNA) + step
    told = found(model, ANNA, threshold)
    assert "recency_days" in told
    for name, crossing in told.items():
        assert crossing.before == ANNA[name] and crossing.score == score(model[0], ANNA | {name: crossing.after})
        assert (crossing.score >= threshold) != (score(model[0], ANNA) >= threshold)
    after = told["recency_days"].after
    between = range(min(after, 80) + (after < 80), max(after, 80) + (after < 80))
    assert all((score(model[0], ANNA | {"recency_days": days}) >= threshold) == (step < 0) for days in between)


def test_types_are_kept_and_values_stay_within_what_was_usual(model: tuple[PredictionModel, Frame]) -> None:
    low, high = np.quantile(model[1]["monetary"], (0.1, 0.9))
    told = found(model, ANNA, score(model[0], ANNA) - 0.01)
    assert isinstance(told["recency_days"].after, int)
    assert isinstance(told["monetary"].after, Decimal) and low <= told["monetary"].after <= high
    assert told["main_channel"].after == "web" and told["loyalty_member"].after is True


def test_a_score_nobody_can_move_says_nothing(model: tuple[PredictionModel, Frame]) -> None:
    assert found(model, ANNA, 0.999_9) == {}


def test_attributes_and_time_are_never_told_though_the_model_reads_them(model: tuple[PredictionModel, Frame]) -> None:
    assert {"city", "tenure_days"} <= {*model[0].design.columns}
    threshold = score(model[0], ANNA) - 0.02
    assert score(model[0], ANNA | {"city": "Brussel"}) < threshold, "it would do"
    assert not {"city", "tenure_days"} & {*found(model, ANNA, threshold)}


def test_what_is_unknown_of_a_customer_is_not_told() -> None:
    model = learnt(Linear)
    row = ANNA | {"discount_share": None}
    told = score_crossings(model[0], distributions(*model), row, BEHAVIOUR, lambda tried: True)
    assert {each.column for each in told} == {*BEHAVIOUR} - {"discount_share"}


def test_steps_of_trees_between_the_values_looked_at_are_found() -> None:
    """Money of 80 to 80 million: a thousand looks are 80,000 apart."""
    draw = np.random.default_rng(2)
    frame: Frame = {"monetary": np.where(draw.random(2_000) < 0.5, 80.0 + draw.integers(0, 40, 2_000), 8e7)}
    design = Design.learnt(frame, [COLUMNS["monetary"]])
    outcomes = (draw.random(2_000) < np.where(frame["monetary"] < 100, 0.9, 0.1)).astype(float)
    made = PredictionModel(design, Boosted.fit(design.matrix(frame), outcomes, is_probability=True), True)
    [told] = score_crossings(
        made, distributions(made, frame), {"monetary": Decimal("85.00")}, BEHAVIOUR, lambda tried: tried < 0.5
    )
    assert Decimal("99.00") < told.after <= Decimal("100.00")
