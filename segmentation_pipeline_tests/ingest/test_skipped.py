"""Rows that are left out on purpose are neither clean nor refused, and every row stays accounted for."""

from __future__ import annotations

import json

from segmentation_pipeline.contracts import tables
from segmentation_pipeline_tests.clean.project import ORDERS, clean, orders, reasons, rows

COLUMNS = {name: name for name in ORDERS.split(",")}
HEADER = f"{ORDERS},status"
LINES = (
    "1,a,2025-03-01,5,wc-completed",
    "2,a,2025-03-02,500,wc-failed",
    "3,a,2025-03-03,600,WC-Pending",
    "4,a,2025-03-04,700,trash",
    "5,b,2025-03-04,10,wc-cancelled",
    "6,b,2025-03-04,10,",
)


def _status(**meaning):
    return {"columns": {**COLUMNS, "status": {"from": "status", **meaning}}}


def test_words_may_be_skipped_by_name_and_all_others_at_once(engine, tmp_path):
    values = {"wc-completed": "completed", "wc-cancelled": "cancelled", "trash": "skip"}
    account = orders(engine, tmp_path, *LINES, header=HEADER, mapping=_status(values=values, other="skip"))
    assert clean(engine, "order_id", "status") == [("1", "completed"), ("5", "cancelled"), ("6", None)]
    assert account.skipped_by_name == {"status trash": 1, "status, other words": 2} and account.quarantined == 0
    assert (account.read, account.clean, account.skipped) == (6, 3, 3)
    [(skipped, told)] = rows(engine, tables.ROW_ACCOUNTING, "skipped", "skipped_by_name")
    assert (skipped, json.loads(told)) == (3, account.skipped_by_name)


def test_other_gives_all_words_that_are_not_named_a_meaning(engine, tmp_path):
    orders(engine, tmp_path, *LINES, header=HEADER, mapping=_status(values={"wc-completed": "completed"}, other="cancelled"))
    assert [status for _, status in clean(engine, "order_id", "status")] == ["completed", *["cancelled"] * 4, None]


def test_words_nobody_named_are_refused(engine, tmp_path):
    orders(engine, tmp_path, *LINES, header=HEADER, mapping=_status(values={"wc-completed": "completed", "trash": "skip"}))
    assert reasons(engine) == dict.fromkeys((2, 3, 5), "not_allowed:status")
