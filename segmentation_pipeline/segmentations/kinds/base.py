"""What a kind of segmentation is: the keys it adds to ``segmentations.yaml`` and the answers it gives, in one class.

A kind is one file of this folder and one line of the list in ``kinds/__init__.py``.  What is asked of every kind is
declared here; who asks knows no kind by name.
"""

from __future__ import annotations

from segmentation_pipeline.config.schema import Segmentation


class SegmentationKind(Segmentation):
    """A kind: its keys are its pydantic fields, ``kind`` a literal of the one word that chooses it."""
