"""Queries that Java could not compile in one piece."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segmentation_pipeline.engine.spark import SparkEngine
from segmentation_pipeline.engine.spark_views import LONG

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGES = "spark.sql.codegen.wholeStage"


@pytest.mark.parametrize("asked", ["true", "false"])
def test_stages_of_a_long_query_are_not_compiled_as_one_method(spark: SparkSession, tmp_path: Path, asked: str) -> None:
    """As scores by many trees are; whoever turned it off for all queries keeps that."""
    session = spark.newSession()
    session.conf.set(STAGES, asked)
    engine = SparkEngine(session, str(tmp_path / "warehouse"))
    engine.write("a.t", engine.memtable({"n": [1, 2]}, {"n": "int64"}))
    numbers = engine.table("a.t")
    long = numbers.filter(numbers.n.cast("string") != "x" * LONG).order_by("n")
    assert engine.rows(long) == [{"n": 1}, {"n": 2}]
    assert session.conf.get(STAGES) == "false"
    assert engine.rows(numbers.agg(n=numbers.n.sum())) == [{"n": 3}]
    assert session.conf.get(STAGES) == asked
    engine.close()
