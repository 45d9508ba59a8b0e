"""A day's run beside making everything anew on the same day, for several shares of new orders.

Both runs must publish the same rows, table by table; else there is no ratio.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import timedelta
from operator import truediv
from pathlib import Path

import duckdb

from benchmarks.measured import Cost, pipeline, progress
from benchmarks.next_day import deliver, split_last_day
from benchmarks.pipeline_run import step_times
from benchmarks.published_diff import TableDiff, compare, differing
from benchmarks.report import Finding, Grid
from benchmarks.workload import copy, forget_results, prepare
from segmentation_pipeline.demo.generate import AS_OF
from segmentation_pipeline.settings import Settings

SHARES = (0.001, 0.01, 0.1)
NEXT = AS_OF + timedelta(days=1)
HEADINGS = (
    "customers",
    "orders",
    "new orders",
    "share",
    "",
    "wall s",
    "CPU s",
    "peak MB",
    "full costs: wall / CPU",
    "rows that differ",
)


def run(customers: int, shares: Sequence[float] = SHARES) -> Finding:
    """Bring a project to a day, then one more day for each share: once as a day's run, once anew."""
    base = base_project(customers)
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    differ: list[str] = []
    diffs: list[TableDiff] = []
    for share in shares:
        progress.print(f"  {share:.1%} new orders")
        day, full_refresh = copy(base, "day"), copy(base, "anew")
        orders = _orders(base)
        delivered = deliver(day / "data" / "raw", AS_OF, NEXT, max(1, int(orders * share)))
        shutil.rmtree(full_refresh / "data" / "raw")
        shutil.copytree(day / "data" / "raw", full_refresh / "data" / "raw")
        short = pipeline(day, "--as-of", NEXT.isoformat())
        whole = pipeline(full_refresh, "--as-of", NEXT.isoformat(), "--full")
        diffs = compare(Settings(day).published, Settings(full_refresh).published)
        found = differing(diffs)
        differ += [f"{share:.1%} new orders: {text}" for text in found]
        off = sum(diff.only_left + diff.only_right for diff in diffs)
        head = [f"{customers:,}", f"{delivered.all_orders:,}", f"{delivered.orders:,}", f"{share:.1%}"]
        rows += [[*head, "day", *short.cells, "1", ""], [*head, "full", *whole.cells, _ratio(whole, short), f"{off:,}"]]
        if share == shares[0]:  # the growth with size is told for the first share
            figures |= {"rows": delivered.all_orders, "wall_seconds": short.wall_seconds}
            figures |= {"cpu_seconds": short.cpu_seconds, "peak_mb": short.peak_mb}
        publications = (step_times(one).steps["published.segmentation"] for one in (day, full_refresh))
        figures[f"publication_day_to_full_{share:g}"] = truediv(*publications)
        figures[f"wall_full_to_day_{share:g}"] = whole.wall_seconds / short.wall_seconds
        figures[f"cpu_full_to_day_{share:g}"] = whole.cpu_seconds / short.cpu_seconds
    for project in (base, *(base.with_name(f"{base.name}_{name}") for name in ("day", "anew"))):
        shutil.rmtree(project)
    compared = [[diff.table, f"{diff.rows:,}", f"{diff.only_left:,}", f"{diff.only_right:,}"] for diff in diffs]
    title = f"rows compared, {customers:,} customers, {shares[-1]:.1%} new orders"
    grids = [
        Grid("a day's run beside a full one", HEADINGS, rows),
        Grid(title, ("published table", "rows", "only in the day's run", "only in the full run"), compared),
    ]
    return Finding("daily", customers, grids, figures, differ)


def base_project(customers: int, years: int = 3) -> Path:
    """A copy of the workload whose last day is a file of its own, after a full run for that day."""
    source = prepare(customers, years)
    forget_results(source)
    base = copy(source, "base")
    split_last_day(base / "data" / "raw", AS_OF)
    progress.print(f"  full run for {AS_OF}")
    pipeline(base)
    return base


def rows_kept(root: Path) -> int:
    """Rows of all tables of the project's warehouse."""
    with duckdb.connect(str(Settings(root).warehouse), read_only=True) as con:
        return int(con.execute("SELECT sum(estimated_size) FROM duckdb_tables() WHERE NOT temporary").fetchall()[0][0])


def _orders(root: Path) -> int:
    with duckdb.connect() as con:
        return int(con.execute(f"SELECT count(*) FROM read_parquet('{root}/data/raw/orders_*.parquet')").fetchall()[0][0])


def _ratio(whole: Cost, short: Cost) -> str:
    return f"{whole.wall_seconds / short.wall_seconds:.2f}x / {whole.cpu_seconds / short.cpu_seconds:.2f}x"
