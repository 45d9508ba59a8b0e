"""The rows a model learns from: customers at the end of an earlier day, and what they did afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.catalog import feature_columns
from segmentation_pipeline.features.past import features_as_of
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.design import Frame, Matrix, frame_columns
from segmentation_pipeline.models.predictions.outcomes import OUTCOME, with_outcome
from segmentation_pipeline.rules.parse import Predicate, parse_rule


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


def who(config: Config, asked: PredictiveModel) -> Predicate:
    """The rule of who is scored, over features."""
    return parse_rule(asked.for_, feature_columns(config))


def rows_on(
    engine: Engine, config: Config, asked: PredictiveModel, columns: Sequence[Column], customers: ir.Table, day: date
) -> Rows:
    """A row per customer of ``customers`` (customer_id) for whom the rule of who is scored held at the end of ``day``."""
    rule = who(config, asked)
    with ExitStack() as held:
        features = features_as_of(engine, config, day, customers, held, {*rule.columns, *(each.name for each in columns)})
        chosen = features.filter(rule.bind(features, day))
        read = chosen.select("customer_id", **frame_columns(chosen, columns))
        found = arrays(engine, with_outcome(engine, config, asked, held.enter_context(engine.staged(read)), day))
    order = np.argsort(found["customer_id"].astype(str), kind="stable")
    frame = {each.name: found[each.name][order] for each in columns}
    return Rows(frame, found[OUTCOME].astype(float)[order])
