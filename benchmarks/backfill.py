"""Many days made up one after the other, beside making everything anew on each of them.

All files are there; each day sees what was known at its end.  The last day is also made anew on a
copy: after so many days' runs the publication must still be equal.
"""

from __future__ import annotations

import shutil
from datetime import timedelta

from benchmarks.measured import pipeline, progress
from benchmarks.published_diff import compare, differing
from benchmarks.report import Finding, Grid
from benchmarks.workload import copy, prepare
from segmentation_pipeline.demo.generate import AS_OF
from segmentation_pipeline.settings import Settings

DAYS = 90
HEADINGS = ("customers", "days", "", "wall s", "CPU s", "peak MB", "a day's wall s")


def run(customers: int, days: int = DAYS) -> Finding:
    """Full run for the day before, then ``segmentation run --from`` the next day to the last."""
    root = copy(prepare(customers), "backfill")
    first = AS_OF - timedelta(days=days - 1)
    progress.print(f"  full run for {first - timedelta(days=1)}")
    pipeline(root, "--as-of", (first - timedelta(days=1)).isoformat())
    progress.print(f"  {days} days from {first}")
    backfill = pipeline(root, "--from", first.isoformat(), "--as-of", AS_OF.isoformat())
    full_refresh = copy(root, "anew")
    whole = pipeline(full_refresh, "--as-of", AS_OF.isoformat(), "--full")
    differ = differing(compare(Settings(root).published, Settings(full_refresh).published))
    shutil.rmtree(full_refresh)
    head = [f"{customers:,}", str(days)]
    wall, cpu = (
        days * one / all_days
        for one, all_days in ((whole.wall_seconds, backfill.wall_seconds), (whole.cpu_seconds, backfill.cpu_seconds))
    )
    rows = [
        [*head, "days, one after the other", *backfill.cells, f"{backfill.wall_seconds / days:.1f}"],
        [*head, "one full run", *whole.cells, ""],
        [*head, f"{days} full runs cost (wall / CPU)", f"{wall:.2f}x / {cpu:.2f}x", "", "", ""],
    ]
    figures = {"wall_full_to_days": wall, "cpu_full_to_days": cpu, "wall_seconds_a_day": backfill.wall_seconds / days}
    return Finding("backfill", customers, [Grid("backfill", HEADINGS, rows)], figures, differ)
