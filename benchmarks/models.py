"""What predictive models foretell of later days they had not seen, in one table.

    python -m benchmarks.models [--only generated,cdnow,journey] [--engine duckdb]

Each is held against its baseline, and on generated customers against the best forecast there can be: whoever made them knows how
often each kind buys and leaves, and nobody can foretell more than that tells.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import duckdb
import lifetimes.datasets
import numpy as np
import typer
import yaml
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.engines import choose
from benchmarks.measured import PROJECT, pipeline
from benchmarks.report import Grid, shown
from segmentation_pipeline.models.predictions.judge import auc, losses
from segmentation_pipeline.settings import Settings

console = Console(width=180, highlight=False)
HEADINGS = (
    *("data", "model", "customers", "loss: same for all", "baseline", "model", "best possible", "of what can be gained"),
    *("AUC", "best possible", "gain over baseline [95 %]", "slope", "published"),
)
FIRST, LAST = date(2024, 1, 1), date(2025, 6, 30)
YEARS = 3
CUSTOMERS = 6_000
SHAPE, SCALE, A, B = 0.9, 25.0, 0.8, 3.0
"""Of BG/NBD: purchases a day are gamma-distributed among customers, chances to leave after one beta-distributed."""
HABITS = {"cutoffs": 2, "features": ["recency_days", "frequency", "tenure_days", "gap_mean_days", "last_gap_days"]}
GENERATED = {
    "lapse_60": {"predicts": "no_order", "horizon_days": 60, "for": "frequency >= 1", **HABITS},
    "orders_60": {"predicts": "orders", "horizon_days": 60, "for": "frequency >= 1", **HABITS},
}
ASKED = {
    "lapse": {"predicts": "no_order", "for": "frequency >= 1"},
    "orders": {"predicts": "orders", "for": "frequency >= 1"},
    "revenue": {"predicts": "revenue", "for": "frequency >= 1"},
}
Vector = NDArray[np.float64]


class Best:
    """The best forecast of the judged customers of a model, and what came, where both can be known."""

    def __init__(self, expected: Vector, came: Vector, is_probability: bool) -> None:
        self.loss = float(np.mean(losses(np.clip(expected, 1e-6, None), came, is_probability=is_probability)))
        ranked = auc(expected, came)
        self.auc = ranked[0] if ranked else float("nan")


def main(
    only: Annotated[str, typer.Option(help="generated, cdnow, journey")] = "generated,cdnow,journey",
    engine: Annotated[str, typer.Option(help="duckdb or spark")] = "duckdb",
) -> None:
    parts: Mapping[str, Callable[[Path, str], list[list[str]]]] = {"generated": _generated, "cdnow": _cdnow, "journey": _journey}
    rows = []
    for name in only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            rows += parts[name](Path(folder), engine)
    console.print(shown(Grid(f"predictive models on later days, on {engine}", HEADINGS, rows)))


def _generated(root: Path, engine: str) -> list[list[str]]:
    draw = np.random.default_rng(1)
    days = (LAST - FIRST).days
    rates = draw.gamma(SHAPE, 1 / SCALE, CUSTOMERS)
    leaving, starts = draw.beta(A, B, CUSTOMERS), draw.integers(0, 240, CUSTOMERS)
    bought = [_days(draw, *each, days) for each in zip(starts, rates, leaving, strict=True)]
    orders = ((f"c{who:05}", FIRST + timedelta(days=int(on)), "20.00") for who, at in enumerate(bought) for on in at)
    _project(root, orders, GENERATED, LAST, engine)
    judged, horizon = days - 60, 60
    known = [at[at <= judged] for at in bought if (at <= judged).any()]
    came = np.array([np.sum((at > judged) & (at <= judged + horizon)) for at in bought if (at <= judged).any()], dtype=float)
    expected = _expected(known, judged, horizon)
    best = {
        "lapse_60": Best(expected[:, 0], (came == 0).astype(float), is_probability=True),
        "orders_60": Best(expected[:, 1], came, is_probability=False),
    }
    return [*_rows(root, "generated", GENERATED, best)]


def _days(draw: np.random.Generator, start: int, rate: float, leaving: float, last: int) -> NDArray[np.int64]:
    """The distinct days on which a customer buys: at a rate, until leaving after one of the purchases."""
    at, found = float(start), [start]
    while draw.random() >= leaving:
        at += draw.exponential(1 / rate)
        if at > last:
            break
        found.append(int(at))
    return np.unique(found)


def _expected(known: list[NDArray[np.int64]], day: int, horizon: int) -> NDArray[np.float64]:
    """Of each history the probability of no purchase in the horizon and the expected number, under the truth.

    By weights of 4,000 kinds of customers drawn from what customers were drawn from, each as likely as it makes the history.
    """
    draw = np.random.default_rng(2)
    rate, leaving = draw.gamma(SHAPE, 1 / SCALE, 4_000), draw.beta(A, B, 4_000)
    purchases = draw.poisson(rate * horizon, (200, 4_000))
    stays = draw.geometric(leaving, (200, 4_000))
    within = np.minimum(purchases, stays).astype(float)
    none, number = np.exp(-rate * horizon), within.mean(axis=0)
    made = np.empty((len(known), 2))
    for place, at in enumerate(known):
        x, t_x, T = len(at) - 1, at[-1] - at[0], day - at[0]
        while_there = x * np.log(rate) + x * np.log1p(-leaving)
        alive = while_there - rate * T + np.log1p(-leaving)
        left = while_there - rate * t_x + np.log(leaving)
        top = max(alive.max(), left.max())
        alive, left = np.exp(alive - top), np.exp(left - top)
        total = alive.sum() + left.sum()
        made[place] = (alive @ none + left.sum()) / total, alive @ number / total
    return made


def _cdnow(root: Path, engine: str) -> list[list[str]]:
    """23,570 buyers of CDs who bought first in early 1997 (Fader and Hardie), judged on their last 90 days."""
    file = Path(lifetimes.datasets.__file__).with_name("CDNOW_master.txt")
    lines = (line.split() for line in file.read_text().splitlines()[1:])
    orders = ((who, date(int(on[:4]), int(on[4:6]), int(on[6:])), amount) for who, on, _, amount in lines)
    asked = {f"{name}_90": {**each, "horizon_days": 90, "features": "all"} for name, each in ASKED.items()}
    _project(root, orders, asked, date(1998, 6, 30), engine)
    return [*_rows(root, "CDNOW", asked)]


def _journey(root: Path, engine: str) -> list[list[str]]:
    """2,500 households of a grocer over a year (dunnhumby), judged on its last 30 days."""
    example = PROJECT / "examples" / "complete_journey"
    asked = {f"{name}_30": {**each, "horizon_days": 30, "features": "all"} for name, each in ASKED.items()}
    (root / "config").mkdir()
    for file in (example / "config").iterdir():
        (root / "config" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    _run(root, asked, engine)
    return [*_rows(root, "Complete Journey", asked)]


def _project(root: Path, orders: Iterable[tuple[str, date, str]], asked: Mapping[str, Any], as_of: date, engine: str) -> None:
    """A project of nothing but orders, run on the day."""
    (root / "config").mkdir()
    with (root / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("order_id", "customer_id", "ordered_at", "amount"))
        writer.writerows((number, *order) for number, order in enumerate(orders))
    sources = {"orders": {"files": "orders.csv"}}
    (root / "config" / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}), encoding="utf-8")
    (root / "config" / "pipeline.yaml").write_text(
        yaml.safe_dump({"run": {"start_date": as_of - timedelta(days=YEARS * 365), "as_of": as_of}}), encoding="utf-8"
    )
    _run(root, asked, engine)


def _run(root: Path, asked: Mapping[str, Any], engine: str) -> None:
    choose(root, engine)
    (root / "config" / "models.yaml").write_text(json.dumps({"models": {**asked}}), encoding="utf-8")
    pipeline(root)


def _rows(root: Path, data: str, asked: Mapping[str, Any], best: Mapping[str, Best] | None = None) -> Iterator[list[str]]:
    published = Settings(root).published
    with duckdb.connect(published, read_only=True) as connection:
        found = connection.execute("SELECT model, kind, metrics FROM model_registry WHERE is_champion").fetchall()
    metrics = {model: (kind, json.loads(figures)) for model, kind, figures in found}
    for name in asked:
        kind, told = metrics[name]
        if "gain" not in told:
            yield [data, name, *["-"] * (len(HEADINGS) - 3), kind]
            continue
        learnt = kind not in ("baseline", "not_credible")
        baseline = told["loss"] + told["gain"] if learnt else told["loss"]
        model = told["loss"] if learnt else told["loss"] - told["gain"]
        dull = baseline + told["baseline_gain"]
        possible = (best or {}).get(name)
        reached = f"{(dull - model) / (dull - possible.loss):.0%}" if possible else "-"
        yield [
            *(data, name, f"{told['judged_customers']:,.0f}", f"{dull:.4f}", f"{baseline:.4f}", f"{model:.4f}"),
            *(f"{possible.loss:.4f}" if possible else "-", reached),
            *(f"{told['auc']:.3f}", f"{possible.auc:.3f}" if possible else "-"),
            f"{told['gain']:.4f} [{told['gain_low']:.4f}, {told['gain_high']:.4f}]",
            *(f"{told['calibration_slope']:.2f}", kind),
        ]


if __name__ == "__main__":
    typer.run(main)
