"""Which days still make audiences: what was sent stays as it was sent.

A day's audiences are frozen once a later day has run: their files and their rows in
``campaign_audiences``, ``campaign_funnel`` and ``audience_files`` stay, whatever happens to files or
configuration.  The clock plays no part.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from segmentation_pipeline.campaigns.export import MANIFEST


def why_left(as_of: date, days_run: Collection[date], *, wanted: bool) -> str | None:
    """Why a run of ``as_of`` leaves the day's audiences as they are, or None when it makes them.

    ``days_run``: every day that was published or has audience files; ``wanted``: False for the days
    of a backfill before its last.
    """
    newest = max(days_run, default=as_of)
    if newest > as_of:
        return f"a later day, {newest}, has run: audiences of {as_of} are neither made nor changed"
    if not wanted:
        return f"only the last day of a backfill makes audiences: those of {as_of} are neither made nor changed"
    return None


def days_with_files(folder: Path) -> set[date]:
    """The days of which ``folder`` holds at least one complete audience."""
    days = set()
    for manifest in folder.glob(f"*/*/{MANIFEST}"):
        try:
            days.add(date.fromisoformat(manifest.parent.parent.name))
        except ValueError:
            continue  # not a folder of ours
    return days
