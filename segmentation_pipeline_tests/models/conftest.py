"""A real engine for every test of the models, and the published CDNOW sample."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.engine.conftest import engine as any_engine

__all__ = ["any_engine"]


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def cdnow() -> dict[str, np.ndarray]:
    """2357 customers of the CDNOW 1/10 sample: x, t_x, T in weeks and the mean value of repeat orders.

    The file comes with the package lifetimes, which is only looked up, not imported.
    """
    spec = find_spec("lifetimes")
    assert spec is not None and spec.origin is not None, "the test extra installs lifetimes for its data files"
    path = Path(spec.origin).parent / "datasets" / "cdnow_customers_summary_with_transactions.csv"
    _, x, t_x, T, value = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    return {"x": x, "t_x": t_x, "T": T, "value": value}
