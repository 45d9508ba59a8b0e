"""Features of earlier days, each day made once for all models of a run that look at it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.engine.hash_sampling import bounded_sample
from segmentation_pipeline.features.past import features_as_of
from segmentation_pipeline.models.score_model import TrainingData


class PastFeatures:
    """Columns ``names`` of a sample of customers at the end of days up to the run's; what is made is kept until ``held`` is
    closed."""

    def __init__(self, data: TrainingData, names: Collection[str], held: ExitStack) -> None:
        self._data, self._names, self._held = data, {*names}, held
        self._samples: dict[int, ir.Table] = {}
        self._made: dict[tuple[int, date], ir.Table] = {}

    def on(self, day: date, sample_size: int) -> ir.Table:
        """A row per customer of the sample who was known on ``day``: customer_id and the columns.

        The sample is of everybody the run knows, so that each day's rows are of the same people.
        """
        if (sample_size, day) not in self._made:
            self._made[sample_size, day] = self._features(day, self._sample(sample_size))
        return self._made[sample_size, day]

    def _features(self, day: date, customers: ir.Table) -> ir.Table:
        data = self._data
        if day == data.training.as_of:
            return data.features.semi_join(customers, "customer_id")
        # What a day is made of goes when its rows are there.
        with ExitStack() as of_day:
            made = features_as_of(data.engine, data.config, day, customers, of_day, self._names)
            return self._held.enter_context(data.engine.staged(made))

    def _sample(self, size: int) -> ir.Table:
        if size not in self._samples:
            data = self._data
            everybody = data.features.select("customer_id")
            sample = bounded_sample(everybody, "customer_id", data.config.privacy.salt, size, data.engine.count(everybody))
            self._samples[size] = self._held.enter_context(data.engine.staged(sample))
        return self._samples[size]
