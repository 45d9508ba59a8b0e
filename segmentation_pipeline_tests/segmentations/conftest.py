"""A handful of customers, and rules bound by the real rule language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import ibis.expr.types as ir
import pytest

from segmentation_pipeline.config.schema import Segmentation
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.rules.parse import Predicate
from segmentation_pipeline.rules.vocabulary import vocabulary
from segmentation_pipeline.segmentations.kinds.base import Bind
from segmentation_pipeline_tests.engine.conftest import engine as any_engine

__all__ = ["any_engine"]

AS_OF = date(2026, 3, 1)

COLUMNS = {
    c.name: c
    for c in (
        Column("customer_id", Type.TEXT, "Customer.", is_key=True),
        Column("recency_days", Type.INTEGER, "Days since the last order.", null_means="no orders"),
        Column("frequency", Type.INTEGER, "Orders."),
        Column("monetary", Type.MONEY, "Net revenue."),
        Column("monetary_365d", Type.MONEY, "Net revenue of a year."),
        Column("average_order_value", Type.MONEY, "Average.", null_means="no orders"),
        Column("discount_share", Type.NUMBER, "Share.", null_means="no orders"),
        Column("clv", Type.MONEY, "Value.", null_means="no orders"),
        Column("country", Type.TEXT, "Country.", null_means="unknown"),
        Column("recency_score", Type.INTEGER, "5 = recent.", null_means="no orders"),
        Column("frequency_score", Type.INTEGER, "5 = often.", null_means="no orders"),
        Column("monetary_score", Type.INTEGER, "5 = much.", null_means="no orders"),
        Column("rfm_score", Type.TEXT, "All three.", null_means="no orders"),
        Column("rfm_segment", Type.TEXT, "Named.", null_means="no orders"),
        Column("cluster", Type.TEXT, "Cluster.", null_means="no orders"),
        Column("cluster_distance", Type.NUMBER, "Distance.", null_means="no orders"),
    )
}

#     id   recency  orders  money     in 365 d  average   disc. clv       country     scores            named           cluster
ROWS = [
    ("anna", 12, 9, "900.00", "500.00", "100.00", 0.0, "1000.00", "Germany", 5, 5, 5, "555", "champions", "many_orders", 0.5),
    ("bert", 80, 3, "150.00", "150.00", "50.00", 0.1, "200.00", "germany ", 3, 3, 3, "333", "need_attention", "few_orders", 1.0),
    ("cora", 200, 2, "80.00", "80.00", "40.00", 0.5, "50.00", "Côte d'Ivoire", 2, 2, 2, "222", "hibernating", "few_orders", 0.2),
    ("dirk", 400, 1, "20.00", "0.00", "20.00", 0.5, "50.00", None, 1, 1, 1, "111", "lost", "few_orders", 0.1),
    ("emma", None, 0, "0.00", "0.00", None, None, None, "--", None, None, None, None, None, None, None),
]


@pytest.fixture(scope="module")
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def scored(engine) -> ir.Table:
    values = {name: [row[i] for row in ROWS] for i, name in enumerate(COLUMNS)}
    for name, column in COLUMNS.items():
        if column.type is Type.MONEY:
            values[name] = [None if v is None else Decimal(v) for v in values[name]]
    engine.write("t.scored", engine.memtable(values, {name: c.type.ibis for name, c in COLUMNS.items()}))
    return engine.table("t.scored")


def rule(text: str, segmentations: Mapping[str, Segmentation] | None = None) -> Predicate:
    return vocabulary(COLUMNS, segmentations or {}).parse(text)


def bind(text: str, table: ir.Table) -> ir.BooleanValue:
    return rule(text).bind(table, AS_OF)


def binding(segmentations: Mapping[str, Segmentation]) -> Bind:
    """How rules are bound that read other segmentations."""
    return lambda text, table: rule(text, segmentations).bind(table, AS_OF)
