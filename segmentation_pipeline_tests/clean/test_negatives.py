"""Negative amounts and quantities: refused, returns or cancellations, and never sales."""

from __future__ import annotations

from decimal import Decimal

from segmentation_pipeline_tests.clean.project import ORDERS, clean, clean_all, config, orders, reasons, write

ITEMS = "order_id,line_number,customer_id,ordered_at,quantity,amount"
LINES = (
    "o1,1,C1,2025-03-01,2,40.00",
    "o1,2,C1,2025-03-01,-1,20.00",
    "o2,1,C1,2025-03-02,1,-15.00",
    "o3,1,C2,2025-03-02,1,9.00",
)


def _derived(engine, tmp_path, **items):
    write(tmp_path, "order_items", ITEMS, *LINES)
    return clean_all(engine, tmp_path, config({"orders": {"derive_from": "order_items"}, "order_items": items}))


def test_negative_rows_are_refused_unless_the_configuration_says_what_they_are(engine, tmp_path):
    _derived(engine, tmp_path)
    assert reasons(engine, "order_items") == {2: "negative:quantity", 3: "negative:amount"}
    assert clean(engine, "order_id", "amount") == [("o1", Decimal(40)), ("o3", Decimal(9))]


def test_lines_that_came_back_are_subtracted_from_no_sale_and_told_as_returned(engine, tmp_path):
    _derived(engine, tmp_path, negative="return")
    assert clean(engine, "order_id", "amount", "returned_amount", "status") == [
        ("o1", Decimal(40), Decimal(20), None),
        ("o2", Decimal(0), Decimal(15), "returned"),
        ("o3", Decimal(9), None, None),
    ]


def test_lines_that_cancel_an_order_count_for_nothing_and_those_that_name_none_are_refused(engine, tmp_path):
    lines = [f"{line},{cancels}" for line, cancels in zip(LINES, ("", "", "o1", ""), strict=True)]
    write(tmp_path, "order_items", f"{ITEMS},cancels", *lines)
    sources = {"orders": {"derive_from": "order_items"}, "order_items": {"negative": "cancel"}}
    clean_all(engine, tmp_path, config(sources))
    assert reasons(engine, "order_items") == {2: "negative:quantity"}, "nothing would be taken off for it"
    assert clean(engine, "order_id", "amount", "status", "cancels") == [
        ("o1", Decimal(40), None, None),
        ("o2", Decimal(0), "cancelled", "o1"),
        ("o3", Decimal(9), None, None),
    ]


def test_an_order_that_came_back_has_no_amount_of_its_own(engine, tmp_path):
    lines = ("o1,C1,2025-03-01,30", "o2,C1,2025-03-02,-12.50")
    account = orders(engine, tmp_path, *lines, header=ORDERS, mapping={"negative": "return"})
    assert clean(engine, "order_id", "amount", "returned_amount", "status") == [
        ("o1", Decimal(30), None, None),
        ("o2", Decimal(0), Decimal("12.50"), "returned"),
    ]
    assert (account.read, account.clean) == (2, 2)


def test_an_unreadable_refund_refuses_the_order_rather_than_counting_it_whole(engine, tmp_path):
    header = f"{ORDERS},returned_amount"
    orders(engine, tmp_path, "o1,C1,2025-03-01,30,all", "o2,C1,2025-03-01,30,", "o3,C1,2025-03-01,30,0", header=header)
    assert reasons(engine) == {1: "unreadable:returned_amount"}


def test_an_order_with_the_status_of_a_return_is_none_and_its_amount_was_paid_back(engine, tmp_path):
    status = {"from": "status", "values": {"credit note": "returned"}}
    columns = {name: name for name in ORDERS.split(",")} | {"status": status}
    lines = ("o1,C1,2025-03-01,30,completed", "o2,C1,2025-03-02,12.50,Credit Note")
    orders(engine, tmp_path, *lines, header=f"{ORDERS},status", mapping={"columns": columns})
    assert clean(engine, "order_id", "amount", "returned_amount", "status") == [
        ("o1", Decimal(30), None, "completed"),
        ("o2", Decimal(0), Decimal("12.50"), "returned"),
    ]
