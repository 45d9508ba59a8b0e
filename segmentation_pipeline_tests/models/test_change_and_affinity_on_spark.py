"""Unusual changes, and best hours, are the same on Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.models.affinity.shop import best_on, of_habit, sent
from segmentation_pipeline_tests.models.unusual_change.shop import drawn, fitted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.mark.wide
def test_what_changed_is_the_same_on_spark(spark: SparkSession, tmp_path: Path) -> None:
    from segmentation_pipeline.engine.spark import SparkEngine

    engine, other = DuckDBEngine(None), SparkEngine(spark.newSession(), str(tmp_path / "warehouse"))
    events = drawn(100, customers=60, changed=5)
    (ours, told), (sparks, told_there) = fitted(engine, events), fitted(other, events)
    assert sum(what is not None for what, _ in told.values()) >= 3 and ours.changed == sparks.changed
    assert {who: what for who, (what, _) in told.items()} == {who: what for who, (what, _) in told_there.items()}
    for who, (_, p) in told.items():
        assert p == (None if told_there[who][1] is None else pytest.approx(told_there[who][1], abs=2e-9))
    other.close()
    engine.close()


@pytest.mark.wide
def test_best_hours_are_the_same_on_spark(spark: SparkSession, tmp_path: Path) -> None:
    from segmentation_pipeline.engine.spark import SparkEngine

    engine, other = DuckDBEngine(None), SparkEngine(spark.newSession(), str(tmp_path / "warehouse"))
    rows = sent(of_habit, customers=80, sends=40)
    (ours, best), (sparks, best_there) = best_on(engine, rows), best_on(other, rows)
    assert len(best) == 80 and best == best_there
    assert (ours.kind, ours.note) == (sparks.kind, sparks.note) and ours.metrics == pytest.approx(sparks.metrics, abs=1e-6)
    other.close()
    engine.close()
