"""Each engine in turn, with an empty store."""

from __future__ import annotations

from segmentation_pipeline_tests.engine.conftest import engine as any_engine

__all__ = ["any_engine"]
