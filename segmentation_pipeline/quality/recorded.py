"""The day's results of a table in ``quality.data_quality``: written once checked, told again when nothing changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult
from segmentation_pipeline.quality.results import results_table


def record(engine: Engine, table: str, results: Sequence[RuleResult], as_of: date) -> None:
    """Replace the day's results of ``table``."""
    engine.replace_slice(tables.DATA_QUALITY, results_table(engine, results, as_of), {"as_of": as_of, "table_name": table})


def held(engine: Engine, table: str, day: date) -> frozenset[str]:
    """The rules of ``table`` that no row failed on ``day``."""
    stored = engine.table(tables.DATA_QUALITY)
    of_table = stored.filter(stored.as_of == day, stored.table_name == table, stored.passed, stored.unexpected_count == 0)
    return frozenset(str(row["rule"]) for row in engine.rows(of_table.select("rule")))


def recorded(engine: Engine, table: str, rules: Sequence[Check], as_of: date) -> list[RuleResult]:
    """The recorded results of ``rules``; examples are part of the message and not kept apart."""
    if not rules:
        return []
    stored = engine.table(tables.DATA_QUALITY)
    rows = {str(r["rule"]): r for r in engine.rows(stored.filter(stored.as_of == as_of, stored.table_name == table))}
    return [
        RuleResult(
            rule=rule,
            passed=bool(row["passed"]),
            checked_rows=int(row["checked_rows"]),
            unexpected_count=int(row["unexpected_count"]),
            unexpected_share=float(row["unexpected_share"]),
            observed=None if row["observed"] is None else str(row["observed"]),
            examples=(),
            message=str(row["message"]),
        )
        for rule in rules
        if (row := rows.get(rule.name))
    ]
