"""One source landed, wherever it comes from."""

from __future__ import annotations

from pathlib import Path

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.landing.database import land_database
from segmentation_pipeline.landing.objects import land_objects
from segmentation_pipeline.landing.state import Landed


def land(landing: Path, name: str, source: SourceConfig, *, full: bool = False) -> Landed:
    """Bring ``landing/<name>`` in line with the database or object store of a source that ``lands``.

    Raises ``ConnectionProblem`` when that cannot be; then the files landed before stay.
    """
    folder = landing / name
    # Rows and objects hold personal data like any source.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    land_one = land_database if source.database else land_objects
    return land_one(folder, name, source, full=full)
