"""The customers and rules of the segmentations: what history is kept of."""

from segmentation_pipeline_tests.segmentations.conftest import any_engine, engine, scored

__all__ = ["any_engine", "engine", "scored"]
