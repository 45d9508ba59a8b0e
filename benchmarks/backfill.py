"""Many days made up one after the other, beside making everything anew on each of them.

The last day is also made anew on a copy: after so many days' runs the publication must still be equal.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from statistics import median

from benchmarks.feed import bring, cut, last_days
from benchmarks.measured import Cost, pipeline, progress
from benchmarks.published_diff import compare, differing
from benchmarks.report import Finding, Grid
from benchmarks.workload import copy, prepare
from segmentation_pipeline.settings import Settings

DAYS = 90
HEADINGS = ("customers", "days", "", "wall s", "CPU s", "peak MB", "a day's wall s: median / longest")


def run(customers: int, days: int = DAYS) -> Finding:
    """Full run for the day before, then one day's run per day."""
    root, feed = cut(prepare(customers), customers, days)
    fed = last_days(days)
    progress.print(f"  full run for {fed[0] - timedelta(days=1)}")
    pipeline(root, "--as-of", (fed[0] - timedelta(days=1)).isoformat())
    costs: list[Cost] = []
    for day in fed:
        bring(feed, day, root)
        costs.append(pipeline(root, "--as-of", day.isoformat()))
        progress.print(f"  {day}: {costs[-1].wall_seconds:.1f} s")
    anew = copy(root, "anew")
    whole = pipeline(anew, "--as-of", fed[-1].isoformat(), "--full")
    differ = differing(compare(Settings(root).published, Settings(anew).published))
    shutil.rmtree(anew)
    total = Cost(sum(c.wall_seconds for c in costs), sum(c.cpu_seconds for c in costs), max(c.peak_mb for c in costs))
    walls = [cost.wall_seconds for cost in costs]
    head = [f"{customers:,}", str(days)]
    saved = f"{days * whole.wall_seconds / total.wall_seconds:.2f}x / {days * whole.cpu_seconds / total.cpu_seconds:.2f}x"
    rows = [
        [*head, "days, one after the other", *total.cells, f"{median(walls):.1f} / {max(walls):.1f}"],
        [*head, "one full run", *whole.cells, ""],
        [*head, f"{days} full runs cost (wall / CPU)", saved, "", "", ""],
    ]
    figures = {
        "wall_full_to_days": days * whole.wall_seconds / total.wall_seconds,
        "cpu_full_to_days": days * whole.cpu_seconds / total.cpu_seconds,
        "median_wall_seconds": median(walls),
        "longest_wall_seconds": max(walls),
    }
    return Finding("backfill", customers, [Grid("backfill", HEADINGS, rows)], figures, differ)
