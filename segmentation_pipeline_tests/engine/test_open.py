"""Which engine a project gets, and what it is told when Spark cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.config.schema import EngineConfig, SparkConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.engine.open import open_engine
from segmentation_pipeline.engine.published import publication
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import Settings

SPARK = EngineConfig(kind="spark", spark=SparkConfig(master="local[1]"))


def test_duckdb_is_the_default(tmp_path: Path) -> None:
    engine = open_engine(Settings(tmp_path), EngineConfig(), 0, pytest.fail)
    assert isinstance(engine, DuckDBEngine)
    engine.close()


def test_without_java_one_is_told_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UserError, match="needs Java 17"):
        open_engine(Settings(tmp_path), SPARK, 0, pytest.fail)


def test_each_engine_publishes_under_a_name_of_its_own(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert publication(settings, EngineConfig()).name == "segmentation.duckdb"
    assert publication(settings, SPARK).name == "segmentation.parquet"
