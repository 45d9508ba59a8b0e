"""The rows a model learns from: customers at the end of an earlier day, and what they did afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.design import Frame, Matrix, frame_columns
from segmentation_pipeline.models.predictions.outcomes import OUTCOME, with_outcome
from segmentation_pipeline.models.predictions.past_features import PastFeatures
from segmentation_pipeline.models.predictions.who import learnt_from


@dataclass(frozen=True, slots=True)
class Rows:
    """``frame`` has the features by name, ``outcomes`` what came, in one order that no engine decides."""

    frame: Frame
    outcomes: Matrix

    def __len__(self) -> int:
        return len(self.outcomes)

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        names = parts[0].frame
        frame = {name: np.concatenate([part.frame[name] for part in parts]) for name in names}
        return cls(frame, np.concatenate([part.outcomes for part in parts]))

    @classmethod
    def read(cls, engine: Engine, table: ir.Table, columns: Sequence[Column]) -> Rows:
        """From a bounded ``table`` of customer_id, the features and the outcome."""
        found = arrays(engine, table)
        order = np.argsort(found["customer_id"].astype(str), kind="stable")
        return cls({each.name: found[each.name][order] for each in columns}, found[OUTCOME].astype(float)[order])


def rows_on(
    engine: Engine, config: Config, asked: PredictiveModel, columns: Sequence[Column], past: PastFeatures, day: date
) -> Rows:
    """A row per customer of the sample for whom the rule of who is scored held at the end of ``day``."""
    features = past.on(day, asked.sample_size)
    chosen = features.filter(learnt_from(config, asked).bind(features, day))
    read = chosen.select("customer_id", **frame_columns(chosen, columns))
    with engine.staged(with_outcome(engine, config, asked, read, day, past)) as rows:
        return Rows.read(engine, rows, columns)
