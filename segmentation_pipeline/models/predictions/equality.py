"""Does the engine score as the learner does?  Asked at each fit of rows the model was judged by, unknown values among them."""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
from scipy.special import expit

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.design import Frame
from segmentation_pipeline.models.predictions.model import DIGITS, PredictionModel
from segmentation_pipeline.models.predictions.rows import Rows

ROWS = 20_000
WITHIN = 10.0**-DIGITS
"""Scores are rounded so far, and may fall to either side."""


class ScoresDiffer(Exception):
    """The engine computes other scores than the model: a mistake of the program, which must publish none of them."""


def check_equal(engine: Engine, model: PredictionModel, rows: Rows) -> None:
    """Raises ``ScoresDiffer`` where a score of the engine and one of the model differ beyond rounding."""
    first, count = {name: values[:ROWS] for name, values in rows.frame.items()}, min(len(rows), ROWS)
    table = frame_table(engine, {name: first[name] for name in model.design.columns}, count)
    found = arrays(engine, table.select("row", score=model.score(table)).order_by("row"))["score"]
    # What is published, certainty included: forecasts are held off from it for judging only.
    link = model.link(first)
    expected = expit(link) if model.is_probability else np.exp(link)
    difference = float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected)))) if count else 0.0
    if difference > WITHIN:
        raise ScoresDiffer(f"scores of the engine and of the model differ by {difference:.3g} on {count} rows")


def frame_table(engine: Engine, frame: Frame, count: int) -> ir.Table:
    """The ``count`` rows of a frame as the engine sees them, numbered by ``row``; unknown is null."""
    columns: dict[str, list[object]] = {"row": [*range(count)]}
    schema: dict[str, str] = {"row": "int64"}
    for name, values in frame.items():
        is_text = values.dtype == object
        schema[name] = "string" if is_text else "float64"
        columns[name] = [*values] if is_text else [None if np.isnan(value) else float(value) for value in values]
    return engine.memtable(columns, schema)
