"""Raw is a function of the files that are there: read once, replaced when changed, gone when removed."""

from __future__ import annotations

import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.ingest.load import LoadReport, load_source

DAY1, DAY2 = date(2025, 3, 1), date(2025, 3, 2)
HEADER = "order_id,customer_id,ordered_at,amount\n"


def load(engine: DuckDBEngine, root: Path, files: object = "*.csv", as_of: date = DAY1, **more: object) -> LoadReport:
    return load_source(engine, root, "orders", SourceConfig.model_validate({"files": files, **more}), as_of)


def raw(engine: DuckDBEngine, *columns: str) -> list[tuple[object, ...]]:
    rows = engine.rows(engine.table(tables.raw("orders")).select(*(columns or ("_file", "_row", "order_id"))))
    return sorted(tuple(row.values()) for row in rows)


def orders(path: Path, *ids: str) -> None:
    path.write_text(HEADER + "".join(f"{order_id},C1,2025-03-01,10.00\n" for order_id in ids))


def test_values_are_kept_as_received_with_their_origin(engine, tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + " o1 ,C1,01.03.2025,\n1,2,3,4,5\no2,,x,12\n")
    report = load(engine, tmp_path)
    assert raw(engine, "_file", "_row", "order_id", "customer_id", "ordered_at", "amount", "channel", "_loaded_as_of") == [
        ("a.csv", 1, " o1 ", "C1", "01.03.2025", None, None, DAY1),
        ("a.csv", 3, "o2", None, "x", "12", None, DAY1),
    ]
    malformed = engine.rows(engine.table(tables.malformed("orders")))
    assert malformed == [
        {"_row": 2, "reason": "malformed:too_many_columns", "line": "1,2,3,4,5", "_file": "a.csv", "_loaded_as_of": DAY1}
    ]
    assert (report.records, report.malformed, report.read, report.unchanged) == (2, 1, ("a.csv",), ())


def test_an_unchanged_file_is_not_read_again_even_when_touched(engine, tmp_path):
    orders(tmp_path / "a.csv", "o1")
    orders(tmp_path / "b.csv", "o2")
    first = load(engine, tmp_path)
    os.utime(tmp_path / "a.csv", (1, 1))
    orders(tmp_path / "b.csv", "o3", "o4")
    second = load(engine, tmp_path, as_of=DAY2)
    assert (second.read, second.unchanged, second.records) == (("b.csv",), ("a.csv",), 3)
    assert raw(engine, "order_id", "_loaded_as_of") == [("o1", DAY1), ("o3", DAY2), ("o4", DAY2)]
    assert second.fingerprint != first.fingerprint
    assert load(engine, tmp_path).read == ()


def test_added_and_removed_files(engine, tmp_path):
    for name in ("a", "b"):
        orders(tmp_path / f"{name}.csv", f"o{name}")
    load(engine, tmp_path)
    (tmp_path / "a.csv").unlink()
    orders(tmp_path / "c.csv", "oc")
    report = load(engine, tmp_path)
    assert (report.read, report.unchanged, report.removed) == (("c.csv",), ("b.csv",), ("a.csv",))
    assert raw(engine) == [("b.csv", 1, "ob"), ("c.csv", 1, "oc")]
    (tmp_path / "b.csv").unlink()
    (tmp_path / "c.csv").unlink()
    with pytest.raises(SourceFileError, match="no file matches"):
        load(engine, tmp_path)


def test_a_changed_mapping_reads_again_and_a_changed_time_zone_does_not(engine, tmp_path):
    (tmp_path / "a.csv").write_text("nr,who,whose,at,sum\no1,C1,C2,2025-03-01,10\n")
    mapping = {"order_id": "nr", "customer_id": "who", "ordered_at": "at", "amount": "sum"}
    load(engine, tmp_path, columns=mapping)
    assert load(engine, tmp_path, columns=mapping, timezone="Europe/Berlin").read == ()
    assert load(engine, tmp_path, columns={**mapping, "customer_id": "whose"}).read == ("a.csv",)
    assert raw(engine, "order_id", "customer_id") == [("o1", "C2")]


def test_constants_and_row_numbers_may_stand_for_columns(engine, tmp_path):
    (tmp_path / "a.csv").write_text("who,at,sum\nC1,2025-03-01,10\nC1,2025-03-01,11\n")
    columns = {
        "order_id": {"from_row": True},
        "customer_id": "who",
        "ordered_at": "at",
        "amount": "sum",
        "channel": {"value": "web"},
    }
    load(engine, tmp_path, columns=columns)
    assert raw(engine, "order_id", "amount", "channel") == [("1", "10", "web"), ("2", "11", "web")]


def test_two_columns_may_come_from_one(engine, tmp_path):
    (tmp_path / "a.csv").write_text("nr,at,sum\no1,2025-03-01,10\n")
    load(engine, tmp_path, columns={"order_id": "nr", "customer_id": "nr", "ordered_at": "at", "amount": "sum"})
    assert raw(engine, "order_id", "customer_id") == [("o1", "o1")]


def _parquet(path: Path, order_id: str, amount: object) -> None:
    row = {"order_id": order_id, "customer_id": "C1", "ordered_at": datetime(2025, 3, 1, 12), "amount": amount}
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), path)


def test_parquet_of_one_schema_stays_native_and_turns_to_text_beside_others(engine, tmp_path):
    _parquet(tmp_path / "a.parquet", "o1", Decimal("1.50"))
    _parquet(tmp_path / "b.parquet", "o2", Decimal("2.50"))
    load(engine, tmp_path, "*.parquet")
    assert raw(engine, "order_id", "amount", "ordered_at") == [
        ("o1", Decimal("1.50"), datetime(2025, 3, 1, 12)),
        ("o2", Decimal("2.50"), datetime(2025, 3, 1, 12)),
    ]
    _parquet(tmp_path / "b.parquet", "o2", 2.25)
    assert load(engine, tmp_path, "*.parquet").read == ("a.parquet", "b.parquet")
    assert raw(engine, "order_id", "amount") == [("o1", "1.50"), ("o2", "2.25")]
    orders(tmp_path / "c.csv", "o3")
    load(engine, tmp_path, ["*.parquet", "*.csv"])
    assert raw(engine, "order_id", "amount", "ordered_at") == [
        ("o1", "1.50", "2025-03-01 12:00:00"),
        ("o2", "2.25", "2025-03-01 12:00:00"),
        ("o3", "10.00", "2025-03-01"),
    ]
    (tmp_path / "c.csv").unlink()
    (tmp_path / "b.parquet").unlink()
    load(engine, tmp_path, ["*.parquet", "*.csv"])
    assert raw(engine, "order_id", "amount") == [("o1", Decimal("1.50"))]


def test_a_missing_required_column_is_told_with_the_nearest_name(engine, tmp_path):
    (tmp_path / "a.csv").write_text("order_id,customerid,ordered_at,amount\no1,C1,2025-03-01,1\n")
    with pytest.raises(SourceFileError) as error:
        load(engine, tmp_path)
    message = str(error.value)
    assert "a.csv: column 'customer_id' (orders.customer_id) is not in the file. Did you mean 'customerid'?" in message
    assert "It has: order_id, customerid, ordered_at, amount." in message and "sources.orders.columns" in message


def test_an_optional_column_may_be_missing_in_some_files_but_not_in_all_when_it_is_mapped(engine, tmp_path):
    orders(tmp_path / "a.csv", "o1")
    assert load(engine, tmp_path).records == 1, "unmapped: contract names are offers"
    mapped = {name: name for name in ("order_id", "customer_id", "ordered_at", "amount")} | {"channel": "chanel"}
    with pytest.raises(SourceFileError, match=r"column 'chanel' \(orders.channel\) is not in the file"):
        load(engine, tmp_path, columns=mapped)
    (tmp_path / "b.csv").write_text(HEADER.replace("\n", ",chanel\n") + "o2,C1,2025-03-01,10.00,web\n")
    load(engine, tmp_path, columns=mapped)
    assert raw(engine, "order_id", "channel") == [("o1", None), ("o2", "web")]
    (tmp_path / "b.csv").unlink()
    with pytest.raises(SourceFileError, match="chanel"):
        load(engine, tmp_path, columns=mapped)


def test_files_without_records(engine, tmp_path):
    (tmp_path / "a.csv").write_text(HEADER)
    (tmp_path / "b.jsonl").write_text("")
    report = load(engine, tmp_path, ["*.csv", "*.jsonl"])
    assert (report.records, report.malformed, raw(engine)) == (0, 0, [])


@pytest.mark.parametrize("lost", ["a.csv", "b.csv"])
def test_rows_whose_ledger_entry_is_lost_are_not_doubled(engine, tmp_path, lost):
    for name in ("a", "b"):
        orders(tmp_path / f"{name}.csv", f"o{name}")
    load(engine, tmp_path)
    engine.delete(tables.FILES, {"source": "orders", "file": lost})
    assert load(engine, tmp_path).read == (lost,)
    assert raw(engine) == [("a.csv", 1, "oa"), ("b.csv", 1, "ob")]


def test_a_file_that_cannot_be_read_leaves_everything_as_it_was(engine, tmp_path):
    orders(tmp_path / "a.csv", "o1")
    before = load(engine, tmp_path)
    orders(tmp_path / "a.csv", "o1", "o2")
    _parquet(tmp_path / "b.parquet", "o9", 1.0)
    content = bytearray((tmp_path / "b.parquet").read_bytes())
    content[4:60] = b"\xff" * 56
    (tmp_path / "b.parquet").write_bytes(content)
    with pytest.raises(SourceFileError, match=r"b\.parquet"):
        load(engine, tmp_path, ["*.csv", "*.parquet"])
    assert raw(engine) == [("a.csv", 1, "o1")]
    (tmp_path / "b.parquet").unlink()
    orders(tmp_path / "a.csv", "o1")
    assert load(engine, tmp_path) == LoadReport((), ("a.csv",), (), 1, 0, before.fingerprint)


def test_sources_do_not_touch_each_other_and_personal_data_has_its_room(engine, tmp_path):
    orders(tmp_path / "orders.csv", "o1")
    (tmp_path / "customers.csv").write_text("customer_id,email\nC1,anna@example.com\n")
    load(engine, tmp_path, "orders.csv")
    load_source(engine, tmp_path, "customers", SourceConfig(files="customers.csv"), DAY1)
    assert engine.has("raw.orders") and engine.has("pii.customers_raw") and not engine.has("raw.customers")
    assert raw(engine) == [("orders.csv", 1, "o1")]
    assert load(engine, tmp_path, "orders.csv").read == ()


@pytest.mark.parametrize("header", ["Status", "STATUS", " status_"])
def test_an_optional_column_that_one_file_spells_otherwise_is_told_and_not_taken_for_absent(engine, tmp_path, header):
    """Else orders that were cancelled would be completed."""
    (tmp_path / "a.csv").write_text("order_id,customer_id,ordered_at,amount,status\no1,C1,2025-03-01,1,completed\n")
    (tmp_path / "b.csv").write_text(f"order_id,customer_id,ordered_at,amount,{header}\no2,C1,2025-03-01,1,cancelled\n")
    with pytest.raises(SourceFileError) as error:
        load(engine, tmp_path)
    assert f"b.csv: column '{header.strip()}' would not be read, since 'status' is looked for" in str(error.value)
    assert "'columns: {order_id: order_id, customer_id: customer_id, ordered_at: ordered_at, amount: amount, status: " in str(
        error.value
    )


def test_a_column_that_is_read_under_its_own_name_is_no_other_spelling(engine, tmp_path):
    (tmp_path / "a.csv").write_text("order_id,customer_id,ordered_at,amount,Status\no1,C1,2025-03-01,1,cancelled\n")
    columns = {name: name for name in ("order_id", "customer_id", "ordered_at", "amount")}
    load(engine, tmp_path, columns={**columns, "status": "Status"})
    load(engine, tmp_path, columns=columns)
