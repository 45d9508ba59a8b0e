"""What predictive models cost: a run without them, one that fits and scores them, and the day after, which only scores.

    python -m benchmarks.models_cost [--customers 1000000]

Five models of the same days share their features; the gate between engine and model is part of each fit.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from benchmarks.measured import measure, progress, segmentation
from benchmarks.report import Grid, shown
from benchmarks.workload import forget_results, prepare
from segmentation_pipeline.settings import Settings

HEADINGS = ("customers", "run", "wall s", "CPU s", "peak MB", "models fitted on the day")
MODELS = {
    "lapse_90": {"predicts": "no_order"},
    "orders_90": {"predicts": "orders"},
    "revenue_90": {"predicts": "revenue"},
    "active_in_90": {"predicts": "enters(lifecycle, active)"},
    "like_active": {"predicts": "lookalike(lifecycle, active)", "baseline": "monetary_365d"},
}
DAY = date(2026, 6, 29)


def main(customers: Annotated[int, typer.Option()] = 1_000_000) -> None:
    root = prepare(customers)
    file = root / "config" / "models.yaml"
    rows = []
    for title, asked, day, anew in (
        ("without models", None, DAY, True),
        ("fits and scores", MODELS, DAY, True),
        ("the day after", MODELS, DAY + timedelta(days=1), False),
    ):
        progress.print(f"  {title}")
        if anew:
            forget_results(root)
        if asked:
            file.write_text(json.dumps({"models": asked}), encoding="utf-8")
        cost = measure(segmentation(root, "run", "--as-of", day.isoformat()), root / "models_cost.log")
        fitted = "" if cost.failure or not asked else _fitted(root, day)
        rows.append([f"{customers:,}", title, *([cost.failure, "", ""] if cost.failure else cost.cells), fitted])
    Console(width=150, highlight=False).print(shown(Grid("what predictive models cost", HEADINGS, rows)))


def _fitted(root: Path, day: date) -> str:
    names = ", ".join(f"'{name}'" for name in MODELS)
    with duckdb.connect(Settings(root).published, read_only=True) as connection:
        rows = connection.execute(
            f"SELECT model, kind FROM model_registry WHERE as_of = ? AND is_champion AND trained_to = ? AND model IN ({names})",
            [day, day],
        ).fetchall()
    return ", ".join(f"{model}: {kind}" for model, kind in sorted(rows)) or "none"


if __name__ == "__main__":
    typer.run(main)
