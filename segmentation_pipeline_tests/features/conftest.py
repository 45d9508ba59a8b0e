from __future__ import annotations

from collections.abc import Iterator

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()
