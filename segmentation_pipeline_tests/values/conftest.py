"""Values are read where rows are cleaned: by the same engine."""

from segmentation_pipeline_tests.clean.conftest import engine

__all__ = ["engine"]
