"""Values within nested JSON are read by the names of what they lie in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.clean.project import clean, clean_all, config, reasons

LINES = (
    '{"id": "o1", "customer": {"id": "ann", "at": {"city": "Bonn"}}, "day": "2025-03-01", "items": [{"price": "1.50"}, {"price": 2}]}',
    '{"id": "o2", "customer": {"id": "bob"}, "customer.id": "eve", "day": "2025-03-02", "items": [{"price": 3}]}',
    '{"id": "o3", "customer": null, "day": "2025-03-03", "items": [{"price": 4}]}',
    '{"id": "o4", "customer": {"id": "ann", "id": "bob"}, "day": "2025-03-03", "items": [{"price": 5}]}',
    '{"id": "o5", "customer": {"id": "ann"}, "customer": {"id": "bob"}, "day": "2025-03-03", "items": [{"price": 5}]}',
    '{"id": "o6", "customer": {"id": 7}, "day": "2025-03-04", "items": [{"tax": 1}, {"price": 6}]}',
)
COLUMNS = {
    "order_id": "id",
    "customer_id": "customer.id",
    "ordered_at": "day",
    "amount": "items[0].price",
    "channel": "customer.at.city",
}


@pytest.fixture
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def test_values_are_found_in_objects_and_lists_and_what_is_twofold_is_refused(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "o.jsonl").write_text("\n".join(LINES) + "\n")
    accounts = clean_all(engine, tmp_path, config({"orders": {"files": "o.jsonl", "columns": COLUMNS}}))
    assert clean(engine, "order_id", "customer_id", "amount", "channel") == [
        ("o1", "ann", Decimal("1.50"), "Bonn"),
        ("o2", "eve", Decimal("3.00"), None),
    ], "a member of that very name counts before what lies within another"
    assert accounts["orders"].quarantined == 4
    assert reasons(engine) == {
        3: "missing:customer_id",
        4: "malformed:repeated_key",
        5: "malformed:repeated_key",
        6: "missing:amount",
    }


def test_an_expression_names_them_too(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "o.jsonl").write_text(LINES[0] + "\n")
    columns = {**COLUMNS, "amount": {"expression": '"items[0].price" + "items[1].price"'}}
    clean_all(engine, tmp_path, config({"orders": {"files": "o.jsonl", "columns": columns}}))
    assert clean(engine, "amount") == [(Decimal("3.50"),)]


def test_a_name_that_is_nowhere_is_told_with_the_nearest(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "o.jsonl").write_text("\n".join(LINES) + "\n")
    columns = {**COLUMNS, "customer_id": "customer.key"}
    with pytest.raises(SourceFileError, match=r"customer\.id") as error:
        clean_all(engine, tmp_path, config({"orders": {"files": "o.jsonl", "columns": columns}}))
    assert "'customer.key' (orders.customer_id) is not in the file" in str(error.value)
