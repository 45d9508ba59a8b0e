from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Each engine in turn, with an empty store: what the protocol promises holds on all of them."""
    engine = DuckDBEngine(None) if request.param == "duckdb" else _spark(request, tmp_path)
    yield engine
    engine.close()


def _spark(request: pytest.FixtureRequest, folder: Path) -> Engine:
    from segmentation_pipeline.engine.spark import SparkEngine

    return SparkEngine(request.getfixturevalue("spark").newSession(), str(folder / "warehouse"))
