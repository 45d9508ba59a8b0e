"""Customer segmentation as Dagster assets over DuckDB or Spark.

For reading what was published: ``import segmentation_pipeline as sp; sp.published("my_shop").segments("rfm").df()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segmentation_pipeline.reading import NotPublished, Published, published

__all__ = ["NotPublished", "Published", "published"]


def __getattr__(name: str) -> Any:
    """What is for readers is imported when it is asked for: the command line answers at once without it."""
    if name in __all__:
        from segmentation_pipeline import reading

        return getattr(reading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
