"""The shop's totals of a day, small enough to add up by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.measurement import Inputs
from segmentation_pipeline.measurement.shop_totals import SHOP_TOTALS
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write


def test_orders_and_what_was_paid_back_of_customers_and_of_nobody(tmp_path: Path) -> None:
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount,status",
        "o1,anna,2025-01-01,20.00,completed",
        "o2,,2025-02-01,50.00,completed",
        "o3,bert,2025-03-01,90.00,cancelled",
        "o4,anna,2025-04-01,70.00,completed",  # not yet known
    )
    write(tmp_path, "returns", "return_id,order_id,returned_at,amount", "r1,o1,2025-01-09,5.00")
    engine, configured = DuckDBEngine(None), config({"orders": {"anonymous": [""]}, "returns": {}})
    clean_all(engine, tmp_path, configured)
    made = SHOP_TOTALS.make(Inputs(engine.table, configured, AS_OF))
    assert [tuple(row.values())[1:] for row in engine.rows(made.order_by("belongs_to"))] == [
        ("customers", 1, Decimal("20.00"), Decimal("5.00"), Decimal("15.00")),
        ("nobody", 1, Decimal("50.00"), Decimal("0.00"), Decimal("50.00")),
    ]
    assert tuple(made.columns) == tuple(column.name for column in SHOP_TOTALS.contract.columns)
    engine.close()
