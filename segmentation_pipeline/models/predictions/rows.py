"""The rows a model learns from: customers at the end of an earlier day, and what they did afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.models.arrays import arrays
from segmentation_pipeline.models.predictions.design import Frame, Matrix, frame_columns
from segmentation_pipeline.models.predictions.outcomes import DAYS, OUTCOME, with_outcome
from segmentation_pipeline.models.predictions.past_features import PastFeatures
from segmentation_pipeline.models.predictions.who import declared_groups, learnt_from

UNKNOWN = "unknown"
"""The group of whom none is known."""
_GROUP = "_group_"


@dataclass(frozen=True, slots=True)
class Rows:
    """``frame`` has the features by name, ``outcomes`` what came, in one order that no engine decides; ``groups`` are those each
    customer is in, by declared attribute.  Of what happens on days, such as orders, ``days`` counts those until the
    first of it, NaN where there was none within the horizon; else it is empty."""

    frame: Frame
    outcomes: Matrix
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    days: Matrix = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.outcomes)

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        first = parts[0]
        frame = {name: np.concatenate([part.frame[name] for part in parts]) for name in first.frame}
        groups = {name: np.concatenate([part.groups[name] for part in parts]) for name in first.groups}
        outcomes, days = (np.concatenate([getattr(part, name) for part in parts]) for name in ("outcomes", "days"))
        return cls(frame, outcomes, groups, days)

    def where(self, kept: slice | NDArray[np.bool_]) -> Rows:
        """Those that are ``kept``, of rows whose ``days`` are known."""
        frame, groups = ({name: values[kept] for name, values in each.items()} for each in (self.frame, self.groups))
        return Rows(frame, self.outcomes[kept], groups, self.days[kept])

    @classmethod
    def read(cls, engine: Engine, table: ir.Table, columns: Sequence[Column], groups: Sequence[str] = ()) -> Rows:
        """From a bounded ``table`` of customer_id, the features, the outcome, the days until it and the groups."""
        found = arrays(engine, table)
        order = np.argsort(found["customer_id"].astype(str), kind="stable")
        frame = {each.name: found[each.name][order] for each in columns}
        of_groups = {name: found[f"{_GROUP}{name}"][order] for name in groups}
        days = found[DAYS].astype(float)[order] if DAYS in found else np.empty(0)
        return cls(frame, found[OUTCOME].astype(float)[order], of_groups, days)


def with_groups(engine: Engine, config: Config, rows: ir.Table) -> ir.Table:
    """``rows`` with the group of each customer by declared attribute, as it is known today."""
    names = declared_groups(config)
    if not names:
        return rows
    customers = rows_by_customer(engine, config, "customers")
    of = customers.select(of_customer="customer_id", **{f"{_GROUP}{name}": customers[name].cast("string") for name in names})
    joined = rows.left_join(of, rows.customer_id == of.of_customer).drop("of_customer")
    return joined.mutate(**{f"{_GROUP}{name}": joined[f"{_GROUP}{name}"].fill_null(UNKNOWN) for name in names})


def rows_on(
    engine: Engine, config: Config, asked: PredictiveModel, columns: Sequence[Column], past: PastFeatures, day: date
) -> Rows:
    """A row per customer of the sample for whom the rule of who is scored held at the end of ``day``."""
    features = past.on(day, asked.sample_size)
    chosen = features.filter(learnt_from(config, asked).bind(features, day))
    read = chosen.select("customer_id", **frame_columns(chosen, columns))
    made = with_groups(engine, config, with_outcome(engine, config, asked, read, day, past))
    with engine.staged(made) as rows:
        return Rows.read(engine, rows, columns, declared_groups(config))
