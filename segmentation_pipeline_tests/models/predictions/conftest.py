"""Each engine in turn, with an empty store; and a shop of 600 customers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline_tests.clean.project import write
from segmentation_pipeline_tests.engine.conftest import engine as any_engine
from segmentation_pipeline_tests.models.predictions.shop import Shop, shop

__all__ = ["any_engine"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("predictions")
    write(made, "orders", *shop(600))
    return made


@pytest.fixture
def store(folder: Path) -> Iterator[Shop]:
    made = Shop(folder)
    yield made
    made.engine.close()
