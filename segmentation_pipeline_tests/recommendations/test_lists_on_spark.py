"""Associations and lists are the same on Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.recommendations.ranking import Blend
from segmentation_pipeline_tests.recommendations.test_lists import CATALOGUE, lists
from segmentation_pipeline_tests.recommendations.test_lists_of_any_shop import BLEND

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ORDERS = [
    *[(f"c{n}", 40 + n, "ab" if n % 2 else "ac") for n in range(8)],
    *[(f"c{n}", 35 + n // 2, "b") for n in range(6)],
    *[("c1", day, "a") for day in (2, 13, 24, 35)],
]


@pytest.mark.wide
@pytest.mark.parametrize("blend", [Blend(), BLEND])
def test_lists_are_the_same_on_spark(spark: SparkSession, tmp_path: Path, blend: Blend) -> None:
    from segmentation_pipeline.engine.spark import SparkEngine

    engine, other = DuckDBEngine(None), SparkEngine(spark.newSession(), str(tmp_path / "warehouse"))
    ours, sparks = (lists(each, ORDERS, blend, CATALOGUE) for each in (engine, other))
    assert len(ours) == 8 and {row["kind"] for rows in ours.values() for row in rows} >= {"repeat", "new", "up_sell"}
    assert ours == sparks
    other.close()
    engine.close()
