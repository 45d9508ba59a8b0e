"""Values within nested JSON are read by the names of what they lie in."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.erased_rows import Reading
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.privacy.tombstones import Kind, Sought
from segmentation_pipeline.quality.sample_files import write_sample
from segmentation_pipeline.rights.source_files import NotRewritten, rewrite_source_file
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


LIST = """[
  {"id": "o1", "customer": {"id": "ann", "at": {"city": "Bonn"}}, "day": "2025-03-01",
   "items": [{"price": "1.50"}]},
  {"id": "o2", "customer": {"id": "bob\\nLee"}, "day": "2025-03-02", "items": [{"price": 3}]}, 7,
  {"id": "o3", "id": "o4", "customer": {"id": "cat"}, "day": "2025-03-02", "items": [{"price": 3}]}
]
"""


def test_a_file_that_is_one_list_has_a_record_for_each_element(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "o.json").write_text(LIST)
    (tmp_path / "p.json.gz").write_bytes(
        gzip.compress(b'[{"id": "p1", "customer": {"id": "dan"}, "day": "2025-03-01", "items": [{"price": 9}]}]')
    )
    (tmp_path / "q.json").write_text("[]\n")
    settings = config({"orders": {"files": ["o.json", "p.json.gz", "q.json"], "columns": COLUMNS}})
    accounts = clean_all(engine, tmp_path, settings)
    assert clean(engine, "order_id", "customer_id", "amount", "_row") == [
        ("o1", "ann", Decimal("1.50"), 1),
        ("o2", "bob\nLee", Decimal("3.00"), 2),
        ("p1", "dan", Decimal("9.00"), 1),
    ]
    assert reasons(engine) == {3: "malformed:invalid_json", 4: "malformed:repeated_key"}
    assert accounts["orders"].read == 5


@pytest.mark.slow
def test_a_list_of_many_keeps_its_order_and_one_that_breaks_off_stops(engine: DuckDBEngine, tmp_path: Path) -> None:
    elements = [f'{{"order_id": "o{n}", "customer_id": "c", "ordered_at": "2025-03-01", "amount": 1}}' for n in range(1, 60_001)]
    (tmp_path / "o.json").write_text("[" + ", ".join(elements) + "]")
    clean_all(engine, tmp_path, config({"orders": {"files": "o.json"}}))
    orders = engine.table("clean.orders")
    assert engine.count(orders.filter(orders.order_id == "o" + orders._row.cast("string"))) == 60_000
    (tmp_path / "o.json").write_text("[" + ", ".join(elements[:20_000]) + ', {"order_id": "o')
    with pytest.raises(SourceFileError, match="cannot be read"):
        clean_all(engine, tmp_path, config({"orders": {"files": "o.json"}}))


def test_an_erasure_leaves_a_list_as_it_is_and_says_so(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "o.json").write_text(LIST)
    settings = config({"orders": {"files": "o.json", "columns": COLUMNS}})
    reading = Reading("orders", settings.sources["orders"], settings.pipeline.business)
    file = SourceFile(tmp_path / "o.json", "o.json", "json")
    moment = datetime(2026, 1, 1)
    with pytest.raises(NotRewritten, match="one JSON list is not rewritten, and holds 1 records"):
        rewrite_source_file(engine, reading, file, Sought.of(moment, {Kind.CUSTOMER: ["ann"]}))
    assert (tmp_path / "o.json").read_text() == LIST
    assert rewrite_source_file(engine, reading, file, Sought.of(moment, {Kind.CUSTOMER: ["zoe"]})) is None


def test_a_check_looks_at_the_first_records_of_a_list(engine: DuckDBEngine, tmp_path: Path) -> None:
    (tmp_path / "o.json").write_text(LIST)
    source = config({"orders": {"files": "o.json", "columns": COLUMNS}}).sources["orders"]
    write_sample(SourceFile(tmp_path / "o.json", "o.json", "json"), source, tmp_path / "sample" / "o.json")
    assert len(json.loads((tmp_path / "sample" / "o.json").read_text())) == 4
