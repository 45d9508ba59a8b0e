"""The report as a file: made of a publication, and swapped in whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.file_modes import make_readable
from segmentation_pipeline.engine.published import opened_publication
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.report.page import page
from segmentation_pipeline.report.reader import Reader


class NoReport(UserError):
    """There is no publication yet, or none of its runs was of the day asked for."""


@dataclass(frozen=True, slots=True)
class Written:
    """The file that was written, its day, its size in bytes, and its figures."""

    path: Path
    day: date
    size: int
    figures: int


def write_report(publication: Path, config: Config, path: Path, as_of: date | None = None) -> Written:
    """Write the report of ``as_of``, by default the day of the publication, to ``path``; readers see the old one or the new.

    Raises ``NoReport`` where nothing is published, or no run was of the day.
    """
    if not publication.exists():
        raise NoReport(f"{publication} does not exist: nothing is published yet. Run 'segmentation run' first")
    with opened_publication(publication) as opened:
        reader = Reader(opened, config, as_of or date.fromisoformat(opened.day()))
        if reader.day not in reader.days:
            known = ", ".join(day.isoformat() for day in reader.days[-5:])
            raise NoReport(f"--as-of {reader.day}: no run of this day is published. The last days there are: {known}")
        made = page(reader, publication)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_text(made.html, encoding="utf-8")
        make_readable(new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return Written(path, reader.day, path.stat().st_size, made.figures)


def remove_reports(path: Path) -> list[Path]:
    """Remove the report and those of other days beside it (``report_DAY.html``), once rows they were made of are erased; which
    there were."""
    found = [each for each in (path, *sorted(path.parent.glob(f"{path.stem}_????-??-??{path.suffix}"))) if each.is_file()]
    for each in found:
        each.unlink()
    return found
