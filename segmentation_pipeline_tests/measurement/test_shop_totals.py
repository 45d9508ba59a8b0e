"""The shop's totals of a day, small enough to add up by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.measurement.shop_totals import SHOP_TOTALS
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import features_of_files
from segmentation_pipeline_tests.measurement.shop import measured


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
    assert [tuple(row.values())[1:] for row in measured(engine, SHOP_TOTALS, AS_OF, configured)] == [
        ("customers", 1, Decimal("20.00"), Decimal("5.00"), Decimal("15.00")),
        ("nobody", 1, Decimal("50.00"), Decimal("0.00"), Decimal("50.00")),
    ]
    engine.close()


def test_an_order_cancelled_by_another_account_of_the_person_is_none(tmp_path: Path) -> None:
    """As in the person's own row: what customers bring in all is what each of them brings."""
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount,cancels,status",
        "o1,anna,2025-01-01,20.00,,",
        "o2,anna2,2025-01-02,0.00,o1,cancelled",
        "o3,anna,2025-02-02,50.00,,",
    )
    write(
        tmp_path,
        "identities",
        "record_id,customer_id,system,kind,identifier,seen_at",
        "i1,anna,web,loyalty_card,C1234567,2025-01-01",
        "i2,anna2,store,loyalty_card,C1234567,2025-01-01",
    )
    engine, configured = DuckDBEngine(None), config({"orders": {}, "identities": {}})
    [(_, anna)] = features_of_files(engine, tmp_path, configured).items()
    customers, _ = measured(engine, SHOP_TOTALS, AS_OF, configured)
    assert (customers["orders"], customers["net_revenue"]) == (anna["frequency"], anna["monetary"]) == (1, Decimal("50.00"))
    engine.close()


def test_what_an_order_says_was_paid_back_counts_where_there_are_no_returns(tmp_path: Path) -> None:
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount,returned_amount", "o1,anna,2025-01-01,20.00,5.00")
    engine, configured = DuckDBEngine(None), config({"orders": {}})
    clean_all(engine, tmp_path, configured)
    customers, _ = measured(engine, SHOP_TOTALS, AS_OF, configured)
    assert (customers["gross_revenue"], customers["returned_amount"]) == (Decimal("20.00"), Decimal("5.00"))
    engine.close()
