"""Great Expectations on the engine's Spark session.

Imports Great Expectations; import this module only where a check runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from great_expectations.datasource.fluent.interfaces import Batch

from segmentation_pipeline.engine.spark import SparkEngine


class Warehouse:
    """The engine's tables as batches of Great Expectations."""

    def __init__(self, context: Any, engine: SparkEngine) -> None:
        self._engine = engine
        self._source = context.data_sources.add_spark("warehouse")
        # Its own choice is the process' first session, which does not know this one's views.
        self._source.get_execution_engine().spark = engine.session

    @contextmanager
    def batch(self, table: str) -> Iterator[Batch]:
        if table in {asset.name for asset in self._source.assets}:
            self._source.delete_asset(table)
        whole = self._source.add_dataframe_asset(table).add_batch_definition_whole_dataframe("whole")
        yield whole.get_batch({"dataframe": self._engine.frame(self._engine.table(table))})

    def release(self) -> None:
        """Nothing is held between checks."""
