"""How the cost of a day's run grows with the history behind it: same customers, same day, longer past."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from benchmarks.daily import NEXT, base_project, rows_kept
from benchmarks.measured import pipeline, progress
from benchmarks.next_day import deliver
from benchmarks.report import Finding, Grid
from segmentation_pipeline.demo.generate import AS_OF

YEARS = (1, 2, 4)
ORDERS_PER_CUSTOMER = 0.01
"""New orders of the day: about what a customer places on an average day of the workload."""
HEADINGS = ("customers", "years", "orders", "rows in the warehouse", "wall s", "CPU s", "peak MB", "growth: orders / rows / CPU")


def run(customers: int, years: Sequence[int] = YEARS) -> Finding:
    """One day's run per length of history; growth is against the shortest."""
    rows: list[list[str]] = []
    first: tuple[float, float, float] | None = None
    figures: dict[str, float] = {}
    for length in years:
        progress.print(f"  {length} years")
        base = base_project(customers, length)
        delivered = deliver(base / "data" / "raw", AS_OF, NEXT, max(1, int(customers * ORDERS_PER_CUSTOMER)))
        cost = pipeline(base, "--as-of", NEXT.isoformat())
        kept = rows_kept(base)
        mine = (delivered.all_orders, kept, cost.cpu_seconds)
        first = first or mine
        grown = [now / then for now, then in zip(mine, first, strict=True)]
        shown = " / ".join(f"{factor:.2f}x" for factor in grown)
        rows.append([f"{customers:,}", str(length), f"{delivered.all_orders:,}", f"{kept:,}", *cost.cells, shown])
        figures |= {f"orders_{length}y": grown[0], f"rows_{length}y": grown[1], f"cpu_{length}y": grown[2]}
        shutil.rmtree(base)
    return Finding("growth", customers, [Grid("growth of a day's run with its history", HEADINGS, rows)], figures)
