"""Does the engine score as the model does?  Asked at each fit of the people it was judged by, unknown values among them."""

from __future__ import annotations

import ibis
import numpy as np

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.equality import ROWS, ScoresDiffer, frame_table
from segmentation_pipeline.models.uplift.model import DIGITS, UpliftModel, with_uplift
from segmentation_pipeline.models.uplift.people import People

WITHIN = 10.0**-DIGITS
"""Scores are rounded so far, and may fall to either side."""


def check_equal(engine: Engine, model: UpliftModel, people: People) -> None:
    """Raises ``ScoresDiffer`` where a score of the engine and one of the model differ beyond rounding, or where a group does of
    somebody who is not on its border."""
    count = min(len(people), ROWS)
    first = {name: values[:count] for name, values in people.frame.items()}
    scored = with_uplift(
        frame_table(engine, {name: first[name] for name in model.design.columns}, count), model, ibis.literal(True), "score"
    )
    found = arrays(engine, scored.select("row", "score", "score_group").order_by("row"))
    uplift, without = model.uplift(first), model.without(first)
    difference = float(np.max(np.abs(found["score"] - uplift))) if count else 0.0
    if difference > WITHIN:
        raise ScoresDiffer(f"uplift by the engine and by the model differ by {difference:.3g} for {count} people")
    borders = np.column_stack([uplift - model.least, uplift + model.least, without - model.sure])
    clear = np.min(np.abs(borders), axis=1) > WITHIN
    if (found["score_group"][clear] != model.groups(first)[clear]).any():
        raise ScoresDiffer(f"groups by the engine and by the model differ for {count} people")
