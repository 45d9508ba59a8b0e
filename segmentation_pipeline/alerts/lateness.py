"""Whether the night's publication is there by the time somebody counts on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.config.schema import PipelineConfig
from segmentation_pipeline.engine.published import published_day


def late_publication(project: str, config: PipelineConfig, publication: Path, now: datetime) -> Alert | None:
    """The alert where the last night that was due by ``now`` (with a time zone) is not published ``alerts.late_after_hours``
    later; None where it is, and for projects whose day is fixed by ``run.as_of``."""
    run = config.run
    if run.as_of is not None:
        return None
    there = now.astimezone(config.business.zone) - timedelta(hours=config.alerts.late_after_hours)
    due = there.replace(hour=run.hour, minute=run.minute, second=0, microsecond=0)
    if due > there:
        due -= timedelta(days=1)
    expected = due.date() - timedelta(days=1)
    published = published_day(publication)
    if published is not None and published >= expected.isoformat():
        return None
    nothing = "There is no publication that can be read." if publication.exists() else "Nothing has been published yet."
    found = f"The last published day is {published}." if published else nothing
    return Alert(
        event="publication_late",
        key=f"late:{expected}",
        title=f"{project}: the publication for {expected} is late",
        lines=(f"Its run was due at {due:%Y-%m-%d %H:%M} ({config.business.timezone}). {found}",),
        project=project,
        as_of=expected.isoformat(),
    )
