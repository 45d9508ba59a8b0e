"""Cancellations and lookups that find nothing are counted alike by both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, rows, write
from segmentation_pipeline_tests.engine.conftest import _spark

ORDERS = {
    "anonymous": ["0"],
    "negative": "cancel",
    "columns": {
        "order_id": {"from": ["shop", "nr"], "pad_to": {"nr": 4}},
        "customer_id": "who",
        "ordered_at": "day",
        "amount": "sum",
        "cancels": "cancels",
        "channel": "ways.name",
    },
    "lookup": {"ways": {"files": "ways.csv", "key": "way", "unmatched": "empty"}},
}
RULES = (
    "cancellations_find_their_order",
    "some_cancellations_find_their_order",
    "lookups_have_the_keys",
    "lookups_have_some_keys",
)


@pytest.mark.wide
def test_both_engines_tell_the_same(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    lines = [
        "a,1,ann,2025-03-01,5.00,,w",
        "a,2,ann,2025-03-02,-5.00,a-0001,w",
        "a,3,bob,2025-03-02,-7.00,a-9,x",
        "a,4,0,2025-03-02,2.00,,",
    ]
    lines += ["a,5,0,2025-03-02,-2.00,a-0004,y"]
    write(tmp_path, "orders", "shop,nr,who,day,sum,cancels,way", *lines)
    write(tmp_path, "ways", "way,name", "w,web")
    configured = config({"orders": ORDERS})

    def told(engine: Engine) -> tuple[dict[str, str], list[tuple[object, ...]]]:
        clean_all(engine, tmp_path, configured)  # type: ignore[arg-type]
        results = {each.rule.name: each.message for each in check_thresholds(engine, configured, "orders", AS_OF)}
        return {name: results[name] for name in RULES}, rows(engine, tables.clean("orders"), "order_id", "channel")  # type: ignore[arg-type]

    duckdb, spark = told(DuckDBEngine(None)), told(_spark(request, tmp_path))
    assert duckdb == spark
    assert "1 of 3 do not, such as orders.csv row 3: nothing is taken off for their 7.00" in duckdb[0][RULES[0]]
    assert "ways does not have 2 of 4 keys (way = way), the first in orders.csv row 3" in duckdb[0][RULES[2]]
    assert duckdb[1] == [("a-0001", "web"), ("a-0002", "web"), ("a-0003", None)]
