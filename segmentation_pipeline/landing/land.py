"""One source landed, wherever it comes from."""

from __future__ import annotations

from pathlib import Path

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.landing.catalog import landing_of
from segmentation_pipeline.landing.state import Landed


def land(landing: Path, name: str, source: SourceConfig, *, full: bool = False) -> Landed:
    """Bring ``landing/<name>`` in line with where a source that ``lands`` is fetched from.

    Raises ``ConnectionProblem`` when that cannot be; then the files landed before stay.
    """
    folder = landing / name
    # Rows and objects hold personal data like any source.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return landing_of(name, source).land(folder, full=full)
