"""The checks of every table of a finished project, by Great Expectations or by hand.

    python -m benchmarks.checks_run gx|sql PROJECT RESULT.json

Tells the seconds and, per table and rule, the number of failing rows.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.checks_sql import counts_by_hand
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.demo.generate import AS_OF
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.quality.validate import Validator, warm_up
from segmentation_pipeline.settings import Settings

Counts = dict[str, dict[str, int]]
"""Failing rows by table and rule."""


def main(side: str, root: Path, result: Path) -> None:
    settings = Settings(root)
    config = load_config(settings.config)
    engine = DuckDBEngine(settings.warehouse, config.pipeline.engine, settings.temp)
    try:
        seconds, counts = _by_gx(engine, config) if side == "gx" else _by_hand(engine, config)
    finally:
        engine.close()
    result.write_text(json.dumps({"seconds": seconds, "counts": counts}, indent=1), encoding="utf-8")


def _tables(engine: DuckDBEngine, config: Config) -> dict[str, tuple[Check, ...]]:
    return {table: rules for table, rules in checks_for(config).items() if rules and engine.has(table)}


def _by_gx(engine: DuckDBEngine, config: Config) -> tuple[dict[str, float], Counts]:
    """Through the pipeline's own validator; the import, which a run does beside other work, is told apart."""
    seconds: dict[str, float] = {}
    counts: Counts = {}
    started = time.perf_counter()
    warm_up().join()
    seconds["import"] = time.perf_counter() - started
    with Validator(engine) as validator:
        for table, rules in _tables(engine, config).items():
            started = time.perf_counter()
            results = validator.validate(table, rules, AS_OF)
            seconds[table] = time.perf_counter() - started
            counts[table] = {found.rule.name: found.unexpected_count for found in results}
    return seconds, counts


def _by_hand(engine: DuckDBEngine, config: Config) -> tuple[dict[str, float], Counts]:
    """One statement per table."""
    seconds: dict[str, float] = {}
    counts: Counts = {}
    for table, rules in _tables(engine, config).items():
        started = time.perf_counter()
        [row] = engine.backend.con.sql(counts_by_hand(table, rules, AS_OF)).fetchall()
        seconds[table] = time.perf_counter() - started
        counts[table] = {rule.name: int(count) for rule, count in zip(rules, row, strict=True)}
    return seconds, counts


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
