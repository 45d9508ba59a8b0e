"""Orders and their lines taken in: read, cleaned, checked and stored, by the steps of a run.

python -m benchmarks.export_run PROJECT RESULT.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.export_files import AS_OF
from benchmarks.measured import progress
from segmentation_pipeline.assets.table_asset import run_step
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.definitions import all_steps
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.run_context import RunContext, open_run
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.values.states import ANONYMOUS, CLEAN

_SCHEMAS = ("raw.", "clean.")


def main(root: Path, result: Path) -> None:
    """Take the project's files in and tell what came of them, and which checks would stop a run."""
    settings = Settings(root)
    config = load_project(settings)
    with open_run(settings, config, AS_OF, "export", progress.print) as session:
        stopped = []
        for step in all_steps(config):
            if step.table.startswith(_SCHEMAS):
                _, results = run_step(step, session)
                stopped += [each.message for each in results if not each.passed and each.rule.severity == "error"]
        told = {"stopped": stopped, **_totals(session)}
    result.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _totals(session: RunContext) -> dict[str, str]:
    """Orders, lines and money of customers and of nobody, exactly."""
    totals: dict[str, str] = {}
    for whose, state in (("customers'", CLEAN), ("nobody's", ANONYMOUS)):
        orders, lines = (session.engine.table(tables.validated(name)) for name in ("orders", "order_items"))
        orders, lines = orders.filter(orders._state == state), lines.filter(lines._state == state)
        sold = orders.filter(orders.status.fill_null("completed") == "completed")
        [of_orders] = session.engine.rows(
            sold.agg(
                orders=sold.count(),
                customers=sold.customer_id.nunique(),
                amount=sold.amount.sum(),
                back=sold.returned_amount.sum(),
            )
        )
        [of_lines] = session.engine.rows(lines.agg(lines=lines.count(), sold=lines.amount.sum(), quantity=lines.quantity.sum()))
        first_and_last = session.engine.rows(sold.agg(first=sold.ordered_at.min(), last=sold.ordered_at.max()))[0]
        totals |= {f"{whose} {name}": str(value) for name, value in {**of_orders, **of_lines, **first_and_last}.items()}
    return totals


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
