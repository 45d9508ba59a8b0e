"""The checks of a run beside the same counts in plain SQL, one statement per table."""

from __future__ import annotations

import json

from benchmarks.measured import CommandFailed, Cost, measure, module, pipeline, progress
from benchmarks.report import Finding, Grid
from benchmarks.workload import forget_results, prepare

TOTALS = ("customers", "rules", "", "wall s", "CPU s", "peak MB", "checking alone s")
BY_TABLE = ("table", "rules", "Great Expectations s", "SQL s", "ratio")


def run(customers: int) -> Finding:
    """All rules on all tables of a finished run, every row looked at, each side in a process of its own."""
    root = prepare(customers)
    forget_results(root)
    progress.print("  full run")
    pipeline(root)
    costs: dict[str, Cost] = {}
    told: dict[str, dict] = {}
    for side in ("gx", "sql"):
        progress.print(f"  {side}")
        outcome = root / f"checks_{side}.json"
        costs[side] = measure(module("checks_run", side, root, outcome), root / f"checks_{side}.log")
        if costs[side].failure:
            raise CommandFailed(f"checks by {side}: {costs[side].failure}")
        told[side] = json.loads(outcome.read_text(encoding="utf-8"))
    counts, by_hand = told["gx"]["counts"], told["sql"]["counts"]
    differ = [
        f"{table}, rule {rule}: {count} rows fail by Great Expectations, {by_hand[table][rule]} by SQL"
        for table, found in counts.items()
        for rule, count in found.items()
        if by_hand[table][rule] != count
    ]
    spent, quick = told["gx"]["seconds"], told["sql"]["seconds"]
    checking = sum(spent[table] for table in counts)
    plain = sum(quick.values())
    rules = sum(len(found) for found in counts.values())
    head = [f"{customers:,}", str(rules)]
    totals = [
        [*head, "Great Expectations", *costs["gx"].cells, f"{checking:.2f}"],
        [*head, "of it: its import", f"{spent['import']:.1f}", "", "", ""],
        [*head, "plain SQL", *costs["sql"].cells, f"{plain:.2f}"],
        [*head, "ratio", "", "", "", f"{checking / plain:.1f}x"],
    ]
    tables = [
        [table, str(len(counts[table])), f"{spent[table]:.2f}", f"{quick[table]:.2f}", f"{spent[table] / quick[table]:.1f}x"]
        for table in sorted(counts, key=lambda table: -spent[table])
    ]
    grids = [Grid("checks beside plain SQL", TOTALS, totals), Grid(f"checks by table, {customers:,} customers", BY_TABLE, tables)]
    figures = {"checking_to_sql": checking / plain, "checking_seconds": checking, "import_seconds": spent["import"]}
    return Finding("checks", customers, grids, figures, differ)
