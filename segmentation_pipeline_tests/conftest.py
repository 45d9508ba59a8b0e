"""What tests of all rooms share: one Spark application for the whole test run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from segmentation_pipeline.config.schema import SparkConfig

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
"""For Java processes that live a minute: compiled fast instead of well; with its default size the cache
of compiled code would be swept all the time."""

SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": QUICK_JAVA,
    "spark.executor.extraJavaOptions": QUICK_JAVA,
    "spark.executor.memory": "600m",
    # Queries here are many and tiny: compiling them would take longer than running them.
    "spark.sql.codegen.wholeStage": "false",
}
"""Spark settings for small data."""


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark in this process; starting it takes seconds, so all tests share it."""
    from segmentation_pipeline.engine.spark_session import open_spark

    session = open_spark(SparkConfig(master="local[2]", conf=SMALL), tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()
