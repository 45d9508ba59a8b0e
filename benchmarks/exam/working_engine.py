"""An engine with an empty store, for models that are called by themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.engines import SPARK_MEMORY
from benchmarks.measured import progress
from segmentation_pipeline.config.schema import EngineConfig, SparkConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.open import open_engine
from segmentation_pipeline.settings import Settings


@contextmanager
def opened(kind: str) -> Iterator[Engine]:
    """The engine ``duckdb`` or ``spark`` in a folder that is gone at the end."""
    spark = SparkConfig(conf={"spark.driver.memory": SPARK_MEMORY, "spark.sql.shuffle.partitions": "4"})
    with tempfile.TemporaryDirectory() as folder:
        config = EngineConfig.model_validate({"kind": kind, "spark": spark})
        engine = open_engine(Settings(Path(folder)), config, 0, progress.print)
        try:
            yield engine
        finally:
            engine.close()
