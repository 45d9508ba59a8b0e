"""Of several rows with one key the latest counts: by version, then by what the names of files tell."""

from __future__ import annotations

from decimal import Decimal

from segmentation_pipeline_tests.clean.project import ORDERS, clean, clean_all, config, write


def test_file_ten_is_later_than_file_nine_and_the_account_says_so(engine, tmp_path):
    write(tmp_path, "orders_export_9", f"{ORDERS},status", "1,ann,2024-03-01,100,completed", "2,ann,2024-03-02,50,completed")
    write(tmp_path, "orders_export_10", f"{ORDERS},status", "1,ann,2024-03-01,100,cancelled", "3,ann,2024-03-05,7,completed")
    account = clean_all(engine, tmp_path, config({"orders": {"files": "orders_export_*.csv"}}))["orders"]
    assert clean(engine, "order_id", "amount", "status") == [
        ("1", Decimal(100), "cancelled"),
        ("2", Decimal(50), "completed"),
        ("3", Decimal(7), "completed"),
    ]
    assert account.latest_by == "updated_at where it is given, then file, the last being orders_export_10.csv, then row"
