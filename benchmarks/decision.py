"""What it costs to share people out among campaigns under money, and how much of the most that can be earned it earns."""

from __future__ import annotations

import json

from benchmarks.measured import measure, module
from benchmarks.report import Finding, Grid
from benchmarks.workload import work

CAMPAIGNS = 20
LEAST_SHARE = 0.995
HEADINGS = (
    "people",
    "open pairs",
    "wall s",
    "CPU s",
    "peak MB",
    "contacts",
    "spent of budget",
    "share of the most",
    "one more earns",
)


def run(customers: int) -> Finding:
    """Every person open to half of 20 campaigns, of which some have limits and money of their own, and money for all."""
    result = work() / f"decision_{customers}.json"
    result.unlink(missing_ok=True)
    cost = measure(module("decision_run", customers, CAMPAIGNS, result), work() / "decision.log")
    if cost.failure or not result.exists():
        return Finding("decision", customers, [], {}, [cost.failure or "nothing was written"])
    found = json.loads(result.read_text())
    share = found["earned"] / found["bound"]
    cells = [f"{customers:,}", f"{found['pairs']:,}", *cost.cells, f"{found['contacts']:,}"]
    cells += [f"{found['spent']:,.2f} of {found['budget']:,.2f}", f"{share:.2%}", f"{found['price']:.2f}"]
    differences = [f"earns {share:.2%} of the most"] if share < LEAST_SHARE else []
    if found["spent"] > found["budget"]:
        differences.append(f"spends {found['spent']} of {found['budget']}")
    figures = {"share_of_most": share, "cpu": cost.cpu_seconds, "peak_mb": cost.peak_mb}
    return Finding("decision", customers, [Grid("people shared out among 20 campaigns", HEADINGS, [cells])], figures, differences)
