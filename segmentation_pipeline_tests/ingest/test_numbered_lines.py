"""Rows without a number of their own: the same in every export that has them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline_tests.clean.project import AS_OF, clean, clean_all, config, write

LINES = "order_id,customer_id,ordered_at,amount"
OF_LINES = {"columns": {**{name: name for name in LINES.split(",")}, "line_number": {"from_row": True}}}


def test_a_line_without_a_number_is_the_same_line_in_every_export_that_has_its_order(engine, tmp_path):
    """Two exports that overlap have an order at different rows: it was not bought twice."""
    write(tmp_path, "order_items_1", LINES, "1,C1,2025-03-01,5.00", "2,C1,2025-03-02,7.00", "2,C1,2025-03-02,1.00")
    write(tmp_path, "order_items_2", LINES, "2,C1,2025-03-02,7.00", "2,C1,2025-03-02,1.00", "3,C1,2025-03-03,9.00")
    cfg = config({"orders": {"derive_from": "order_items"}, "order_items": OF_LINES})
    accounts = clean_all(engine, tmp_path, cfg)
    assert accounts["order_items"].superseded == 2
    assert clean(engine, "order_id", "amount") == [("1", Decimal(5)), ("2", Decimal(8)), ("3", Decimal(9))]


def test_lines_of_an_order_in_two_files_that_do_not_agree_stop(engine, tmp_path):
    write(tmp_path, "order_items_1", LINES, "2,C1,2025-03-02,7.00", "2,C1,2025-03-02,1.00")
    write(tmp_path, "order_items_2", LINES, "2,C1,2025-03-02,4.00")
    cfg = config({"orders": {"derive_from": "order_items"}, "order_items": OF_LINES})
    clean_all(engine, tmp_path, cfg)
    failed = {r.rule.name: r.message for r in check_thresholds(engine, cfg, "order_items", AS_OF) if not r.passed}
    assert "1 with another amount" in failed["copies_of_a_key_agree"]


def test_the_number_of_a_row_is_no_key_where_several_files_have_it(engine, tmp_path):
    for name in ("web_sessions_1", "web_sessions_2"):
        write(tmp_path, name, "customer,at", "C1,2025-03-02")
    columns = {"session_id": {"from_row": True}, "customer_id": "customer", "started_at": "at"}
    write(tmp_path, "orders", LINES, "1,C1,2025-03-01,5.00")
    with pytest.raises(SourceFileError, match=r"web_sessions_1\.csv and web_sessions_2\.csv.*'\{from: \[...\]\}'"):
        clean_all(engine, tmp_path, config({"orders": {}, "web_sessions": {"columns": columns}}))
