"""A workload cut into days: what was there before, and the files each of the last days brought."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.workload import configure
from segmentation_pipeline.demo.generate import AS_OF

TIMES = {
    "customers": "registered",
    "orders": "order_date",
    "returns": "return_date",
    "consents": '"at"',
    "suppressions": "suppressed_at",
    "campaign_contacts": "contacted_at",
}
"""The moment a row of a source belongs to; rows without one, or dated later than all days, were there before."""


def last_days(days: int) -> list[date]:
    """The days that are fed, oldest first."""
    return [AS_OF - timedelta(days=back) for back in reversed(range(days))]


def cut(source: Path, customers: int, days: int) -> tuple[Path, Path]:
    """The project as it stood before the last days, and the folder with one folder of files per day."""
    root = source.with_name(f"{source.name}_backfill")
    shutil.rmtree(root, ignore_errors=True)
    raw, feed = root / "data" / "raw", root / "feed"
    raw.mkdir(parents=True)
    configure(root, customers)
    fed = last_days(days)
    for day in fed:
        (feed / day.isoformat()).mkdir(parents=True)
    for name, moment in TIMES.items():
        for path in sorted((source / "data" / "raw").glob(f"{name}*.parquet")):
            _cut(path, name, moment, fed, raw, feed)
    return root, feed


def _cut(path: Path, name: str, moment: str, fed: list[date], raw: Path, feed: Path) -> None:
    day = f"{moment}::DATE"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE late AS SELECT * FROM '{path}' WHERE {day} BETWEEN DATE '{fed[0]}' AND DATE '{fed[-1]}'")
        before = f"SELECT * FROM '{path}' WHERE ({day} BETWEEN DATE '{fed[0]}' AND DATE '{fed[-1]}') IS NOT true"
        con.execute(f"COPY ({before}) TO '{raw / path.name}' (FORMAT parquet, COMPRESSION zstd)")
        for one in con.execute(f"SELECT DISTINCT {day} FROM late ORDER BY 1").fetchall():
            target = feed / one[0].isoformat() / f"{name}_{one[0]:%Y%m%d}.parquet"
            rows = f"SELECT * FROM late WHERE {day} = DATE '{one[0]}'"
            con.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def bring(feed: Path, day: date, root: Path) -> None:
    """The files of one day arrive."""
    for path in sorted((feed / day.isoformat()).iterdir()):
        shutil.copy2(path, root / "data" / "raw" / path.name)
