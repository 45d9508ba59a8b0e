"""Keys of several columns are one key wherever they name one thing, however their parts are written."""

from __future__ import annotations

from segmentation_pipeline_tests.clean.project import clean, clean_all, config, write


def test_parts_of_keys_are_padded_so_that_files_that_write_them_otherwise_meet(engine, tmp_path):
    write(
        tmp_path, "orders", "shop,nr,who,day,sum", "1,42,ann,2025-03-01,5", "01,000043,bob,2025-03-02,6", "W,A7,cat,2025-03-02,6"
    )
    write(
        tmp_path, "returns", "rid,shop,nr,day,sum", "r1,01,000042,2025-03-05,5", "r2,1.0,43,2025-03-05,6", "r3,W,A7,2025-03-05,1"
    )
    key = {"from": ["shop", "nr"], "pad_to": {"shop": 2, "nr": 6}}
    orders = {"order_id": key, "customer_id": "who", "ordered_at": "day", "amount": "sum"}
    returns = {"return_id": "rid", "order_id": key, "returned_at": "day", "amount": "sum"}
    clean_all(engine, tmp_path, config({"orders": {"columns": orders}, "returns": {"columns": returns}}))
    assert clean(engine, "order_id") == [("01-000042",), ("01-000043",), ("W-A7",)], "only digits are padded"
    assert clean(engine, "return_id", "order_id", source="returns") == [("r1", "01-000042"), ("r2", "01-000043"), ("r3", "W-A7")]
