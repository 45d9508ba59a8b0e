from __future__ import annotations

from collections.abc import Iterator

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.engine.conftest import engine as any_engine

__all__ = ["any_engine"]


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()
