"""What access to a person's data and its erasure cost, and whether anything of the person is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from benchmarks.measured import Cost, measure, pipeline, segmentation
from benchmarks.report import Finding, Grid
from benchmarks.workload import prepare
from segmentation_pipeline.rights.traces import files_holding

HEADINGS = ("command", "wall s", "CPU s", "peak MB", "what it left of the person")
_KEPT_OUTSIDE = "raw"


def run(customers: int) -> Finding:
    """``subject`` and ``forget`` of a customer who is on a list, then the next run; before and after each what holds the key."""
    root = prepare(customers)
    for folder in ("data/audiences", "data/published", "secrets"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for path in (root / "data").glob("warehouse.*"):
        path.unlink()
    pipeline(root, "--full")
    person = _somebody(root)
    before = _holding(root, person)
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    differences = [] if before else ["nothing holds the person before the erasure, so that the scan proves nothing"]
    out = root / "subject.json"
    for name, command in {
        "subject": ("subject", person, "--out", str(out)),
        "forget": ("forget", person),
        "the next run": ("run",),
    }.items():
        cost: Cost = measure(segmentation(root, *command), root / "rights.log")
        out.unlink(missing_ok=True)
        left = _holding(root, person)
        words = f"in {len(left)} places" if left else "nothing"
        rows.append([name, *cost.cells[:2], cost.failure or cost.cells[2], words])
        figures |= {f"wall_{name.split()[-1]}": cost.wall_seconds, f"cpu_{name.split()[-1]}": cost.cpu_seconds}
        if name != "subject" and left:
            differences.append(f"after {name} the person is in {', '.join(left[:3])}")
        if cost.failure:
            differences.append(f"{name}: {cost.failure}")
    return Finding("rights", customers, [Grid("access and erasure", HEADINGS, rows)], figures, differences)


def _somebody(root: Path) -> str:
    with duckdb.connect(str(root / "data/published/segmentation.duckdb"), read_only=True) as connection:
        [(found,)] = connection.execute("SELECT min(customer_id) FROM campaign_audiences").fetchall()
    return str(found)


def _holding(root: Path, person: str) -> list[str]:
    """Files below ``data`` whose bytes hold the key, and columns of databases, which may be compressed; not the user's files."""
    data = root / "data"
    found = [path.name for path in files_holding(data, [person], leave={data / _KEPT_OUTSIDE})]
    for path in sorted(data.rglob("*.duckdb")):
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = connection.execute(
                "SELECT table_schema, table_name, column_name FROM information_schema.columns"
            ).fetchall()
            for schema, table, column in columns:
                sql = f'SELECT count(*) FROM "{schema}"."{table}" WHERE contains(lower("{column}"::VARCHAR), ?)'
                if connection.execute(sql, [person.lower()]).fetchall() != [(0,)]:
                    found.append(f"{schema}.{table}.{column}")
    return found
