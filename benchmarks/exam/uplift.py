"""Uplift: people drawn by lot of whom it is known what the message does to each, judged on people who taught nothing.

The best possible ranking is that by the true effects.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import numpy as np
from numpy.typing import NDArray

from benchmarks.exam.row import Gain, Row
from segmentation_pipeline.config.schema import UpliftEntry
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.labels import UpliftGroup
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.uplift.fit import fit
from segmentation_pipeline.models.uplift.model import UpliftModel, with_uplift
from segmentation_pipeline.models.uplift.people import People
from segmentation_pipeline.models.uplift.qini import qini, qini_interval
from segmentation_pipeline_tests.models.uplift.drawn import COLUMNS, drawn

LEARNING, JUDGING = 10_000, 20_000
"""People of either: half of them are kept out."""
DATA, NAME = "generated", "winback_uplift"
ENTRY = UpliftEntry.model_validate({"campaign": "winback"})
Vector = NDArray[np.float64]


def rows(engine: Engine, learning: int = LEARNING, judging: int = JUDGING) -> list[Row]:
    """The ranking, and each of the four groups."""
    learnt = fit(ENTRY, drawn(learning, share=0.5, waves=3, seed=1)[0], COLUMNS)
    people, truth = drawn(judging, share=0.5, seed=99)
    if learnt.model is None:
        return [Row(DATA, NAME, "Qini", judging, published=learnt.kind)]
    uplift, group = _scored(engine, learnt.model, people)
    return [_ranking(learnt.model, uplift, people, truth, learnt.kind), *_groups(uplift, group, truth, learnt.kind)]


def _scored(engine: Engine, model: UpliftModel, people: People) -> tuple[Vector, NDArray[np.str_]]:
    """Of each person the uplift and the group, as the engine finds them for everybody."""
    kinds = {column.name: "string" if column.type is Type.TEXT else "float64" for column in COLUMNS}
    known = {name: [None if value != value else value for value in values.tolist()] for name, values in people.frame.items()}
    table = engine.memtable({"person": list(range(len(people))), **known}, {"person": "int64", **kinds})
    scored = with_uplift(table, model, ibis.literal(True), NAME)
    found = arrays(engine, scored.select("person", NAME, f"{NAME}_group"))
    order = np.argsort(found["person"])
    return found[NAME][order].astype(float), found[f"{NAME}_group"][order].astype(str)


def _ranking(model: UpliftModel, uplift: Vector, people: People, truth: Vector, kind: str) -> Row:
    """Beside ranking those first who are likeliest to order anyway, as scores of who will order do."""
    won = qini_interval(uplift, people)
    slope = float(np.cov(truth, uplift)[0, 1] / np.var(uplift, ddof=1))
    return Row(
        DATA,
        f"{NAME}, ranking",
        "Qini per 1,000 people",
        len(people),
        1_000 * won.value,
        same_for_all=0.0,
        baseline=1_000 * qini(model.without(people.frame), people),
        possible=1_000 * qini(truth, people),
        gain=Gain(*(1_000 * each for each in won)),
        foretold=float(np.mean(uplift)),
        came=float(np.mean(truth)),
        slope=slope,
        published=kind,
    )


def _groups(uplift: Vector, group: NDArray[np.str_], truth: Vector, kind: str) -> Iterator[Row]:
    """How many of a group are truly such: changed for the better, for the worse, or not to speak of."""
    up, down = truth >= ENTRY.least_uplift, truth <= -ENTRY.least_uplift
    for each in UpliftGroup:
        truly = {UpliftGroup.PERSUADABLE: up, UpliftGroup.DO_NOT_DISTURB: down}.get(each, ~up & ~down)
        inside = group == each.value
        if not inside.any():
            continue
        yield Row(
            DATA,
            f"{NAME}, {each.value}",
            "share truly so",
            int(inside.sum()),
            float(np.mean(truly[inside])),
            same_for_all=float(np.mean(truly)),
            possible=1.0,
            foretold=float(np.mean(uplift[inside])),
            came=float(np.mean(truth[inside])),
            published=kind,
        )
