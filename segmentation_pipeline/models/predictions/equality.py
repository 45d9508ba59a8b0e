"""Does the engine score as the learner does?  Asked at each fit of rows the model was judged by, unknown values among them."""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.columns import MEDIAN
from segmentation_pipeline.models.predictions.design import Frame
from segmentation_pipeline.models.predictions.forecaster import DIGITS, Forecaster
from segmentation_pipeline.models.predictions.rows import Rows

ROWS = 20_000


class ScoresDiffer(Exception):
    """The engine computes other scores than the model: a mistake of the program, which must publish none of them."""


def check_equal(engine: Engine, model: Forecaster, rows: Rows) -> None:
    """Raises ``ScoresDiffer`` where a column of the engine and one of the model differ beyond rounding, to either side of which a
    value may fall."""
    first, count = {name: values[:ROWS] for name, values in rows.frame.items()}, min(len(rows), ROWS)
    if not count:
        return
    table = model.with_forecasts(frame_table(engine, {name: first[name] for name in model.design.columns}, count), "score")
    found = arrays(engine, table.select("row", *(f"score{column}" for column in model.digits)).order_by("row"))
    expected = model.forecasts(first)
    for column, digits in model.digits.items():
        made, wanted = found[f"score{column}"].astype(float), expected[column]
        of_one = np.isnan(made) != np.isnan(wanted)
        if column == MEDIAN:  # which is known from one half on, next to which rounding decides
            of_one &= np.abs(expected[""] - 0.5) > 10.0**-DIGITS
        difference = np.where(of_one, np.inf, np.nan_to_num(np.abs(made - wanted)))
        if (difference > np.maximum(10.0**-digits, 10.0**-DIGITS * np.abs(np.nan_to_num(wanted)))).any():
            largest = float(np.max(difference))
            raise ScoresDiffer(f"scores{column} of the engine and of the model differ by {largest:.3g} on {count} rows")


def frame_table(engine: Engine, frame: Frame, count: int) -> ir.Table:
    """The ``count`` rows of a frame as the engine sees them, numbered by ``row``; unknown is null."""
    columns: dict[str, list[object]] = {"row": [*range(count)]}
    schema: dict[str, str] = {"row": "int64"}
    for name, values in frame.items():
        is_text = values.dtype == object
        schema[name] = "string" if is_text else "float64"
        columns[name] = [*values] if is_text else [None if np.isnan(value) else float(value) for value in values]
    return engine.memtable(columns, schema)
