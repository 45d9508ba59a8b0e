"""A project that is run on the day, and what its registry tells of its models."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.engines import choose
from benchmarks.exam.shop import Order
from benchmarks.measured import PROJECT, CommandFailed, pipeline, progress
from segmentation_pipeline.config.schema import EngineConfig
from segmentation_pipeline.engine.published import opened_publication, publication
from segmentation_pipeline.settings import Settings

YEARS = 3
TOLD_OF_LOG = 4_000
"""Characters at the end of a run's log, which tell why it failed."""
Registry = Mapping[str, tuple[str, Mapping[str, Any]]]
"""By model the kind of the day's champion and its metrics."""


def run_orders(root: Path, orders: Iterable[Order], models: Mapping[str, Any], as_of: date, engine: str) -> Registry:
    """A project of nothing but orders, run in the empty folder ``root``."""
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
    return _run(root, models, engine)


def run_example(root: Path, name: str, models: Mapping[str, Any], engine: str) -> Registry:
    """A project of ``examples/``, whose data its configuration names, run in the empty folder ``root``."""
    shutil.copytree(PROJECT / "examples" / name / "config", root / "config")
    return _run(root, models, engine)


def _run(root: Path, models: Mapping[str, Any], engine: str) -> Registry:
    choose(root, engine)
    (root / "config" / "models.yaml").write_text(json.dumps({"models": {**models}}), encoding="utf-8")
    try:
        pipeline(root)
    except CommandFailed:
        progress.print((root / "pipeline.log").read_text(encoding="utf-8")[-TOLD_OF_LOG:])  # it goes with the folder
        raise
    with opened_publication(publication(Settings(root), EngineConfig.model_validate({"kind": engine}))) as published:
        found = published.select("SELECT model, kind, metrics FROM model_registry WHERE is_champion")
    return {row["model"]: (row["kind"], json.loads(row["metrics"])) for row in found}
