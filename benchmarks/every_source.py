"""A full run with every source the pipeline understands, at their usual volume: time and memory, and rows by source."""

from __future__ import annotations

import duckdb

from benchmarks.full import dearest_first, step_table
from benchmarks.measured import PROJECT, measure, progress, segmentation
from benchmarks.pipeline_run import step_times
from benchmarks.report import Finding, Grid
from benchmarks.workload import configure, forget_results, raw_files
from segmentation_pipeline.demo.layout import LAYOUTS
from segmentation_pipeline.settings import Settings

HEADINGS = ("customers", "rows read", "segmentations", "segments", "memberships", "wall s", "CPU s", "peak MB")


def run(customers: int) -> Finding:
    """The configuration of ``examples/every_source`` on generated files of the size."""
    root = raw_files(f"{customers}_every_source", customers, tuple(LAYOUTS))
    configure(root, customers, PROJECT / "examples" / "every_source" / "config")
    forget_results(root)
    progress.print("  pipeline")
    cost = measure(segmentation(root, "run"), root / "pipeline.log")
    if cost.failure:
        row = [f"{customers:,}", *[""] * 4, *cost.cells]
        return Finding("sources", customers, [Grid("every source", HEADINGS, [row])], {}, [cost.failure])
    with duckdb.connect(str(Settings(root).published), read_only=True) as con:
        read = con.execute("SELECT source, read, clean FROM row_accounting ORDER BY read DESC, source").fetchall()
        [(segmentations, segments, members)] = con.execute(
            "SELECT count(DISTINCT segmentation), count(DISTINCT (segmentation, segment)), count(*) FROM customer_segments"
        ).fetchall()
    by_source = [[source, f"{rows:,}", f"{clean:,}"] for source, rows, clean in read]
    rows = sum(count for _, count, _ in read)
    row = [f"{customers:,}", f"{rows:,}", f"{segmentations}", f"{segments}", f"{members:,}", *cost.cells]
    grids = [
        Grid("every source", HEADINGS, [row]),
        step_table("every source", customers, dearest_first(step_times(root), cost)),
        Grid(f"rows by source, {customers:,} customers", ("source", "read", "clean"), by_source),
    ]
    figures = {"rows": rows, "wall_seconds": cost.wall_seconds, "cpu_seconds": cost.cpu_seconds, "peak_mb": cost.peak_mb}
    return Finding("sources", customers, grids, figures)
