"""Results of checks as the published table ``data_quality``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.contracts.quality_tables import DATA_QUALITY_COLUMNS
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.result import RuleResult


def results_table(engine: Engine, results: Sequence[RuleResult], as_of: date) -> ir.Table:
    """One row per rule and day, ordered by table and rule; columns are ``DATA_QUALITY_COLUMNS``."""
    ordered = sorted(results, key=lambda result: (result.rule.table, result.rule.name))
    rows = [
        {
            "as_of": as_of,
            "table_name": r.rule.table,
            "rule": r.rule.name,
            "expectation": r.rule.expectation,
            "column_name": r.rule.column,
            "severity": r.rule.severity,
            "passed": r.passed,
            "checked_rows": r.checked_rows,
            "unexpected_count": r.unexpected_count,
            "unexpected_share": r.unexpected_share,
            "observed": r.observed,
            "message": r.message,
            "description": f"{r.rule.description}. {r.rule.catches}",
        }
        for r in ordered
    ]
    columns = {c.name: [row[c.name] for row in rows] for c in DATA_QUALITY_COLUMNS}
    return engine.memtable(columns, {c.name: c.type.ibis for c in DATA_QUALITY_COLUMNS})
