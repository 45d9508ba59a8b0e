"""Rows of a real PostgreSQL server arrive whole, and only those that are new."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.landing.catalog import source_model
from segmentation_pipeline.landing.land import land
from segmentation_pipeline.landing.state import Landed
from segmentation_pipeline_tests.conftest import URL_ENV, Database

ORDERS = """CREATE TABLE orders (order_no text, cust_no text, placed timestamptz, total numeric, changed timestamptz)"""
COLUMNS = {"order_id": "order_no", "customer_id": "cust_no", "ordered_at": "placed", "amount": "total", "updated_at": "changed"}


def orders(columns: dict[str, str] = COLUMNS, cursor: str | None = None, **origin: str) -> SourceConfig:
    database: dict[str, object] = {"url_env": URL_ENV} | (origin or {"table": "public.orders"})
    if cursor:
        database["cursor"] = {"column": cursor}
    return source_model().model_validate({"database": database, "columns": columns})


def insert(database: Database, *rows: str) -> None:
    database.run(*(f"INSERT INTO orders VALUES ({row})" for row in rows))


def landed_rows(folder: Path) -> pa.Table:
    tables = [pq.read_table(path) for path in sorted((folder / "orders" / "rows").glob("*.parquet"))]
    return pa.concat_tables(tables)


def numbers(folder: Path) -> list[str]:
    return sorted(landed_rows(folder)["order_no"].to_pylist())


@pytest.fixture
def shop(database: Database) -> Database:
    database.run(ORDERS)
    insert(
        database,
        "'2', 'b', '2026-01-02 10:00+00', 20.10, '2026-01-02'",
        "'1', 'a', '2026-01-01 23:30-05', 0.30, '2026-01-01'",
    )
    return database


# ---------------------------------------------------------------- values


def test_values_arrive_whole(database: Database, tmp_path: Path) -> None:
    database.run(
        "CREATE TYPE channel AS ENUM ('web')",
        "CREATE TABLE orders (order_id uuid, customer_id bigint, ordered_at timestamptz, amount numeric, discount_amount real, "
        "channel channel, store_id int[], category jsonb, status char(12), updated_at timestamp)",
        "INSERT INTO orders VALUES ('00000000-0000-0000-0000-000000000001', 9007199254740993, '2026-01-01 23:30-05', "
        "12345678901234567890.12, 0.1, 'web', '{1,2}', '{\"a\": 1}', 'completed', 'infinity')",
    )
    land(tmp_path, "orders", orders({}))
    table = landed_rows(tmp_path)
    assert table.schema.field("ordered_at").type == pa.timestamp("us", "UTC")
    [row] = table.to_pylist()
    assert str(row.pop("ordered_at")) == "2026-01-02 04:30:00+00:00"
    assert str(row.pop("updated_at")) == "9999-12-31 00:00:00", "the checks tell that this is too far in the future"
    assert row == {
        "order_id": "00000000-0000-0000-0000-000000000001",
        "customer_id": 9007199254740993,
        "amount": "12345678901234567890.12",
        "discount_amount": "0.1",
        "channel": "web",
        "store_id": "{1,2}",
        "category": '{"a": 1}',
        "status": "completed",
    }


def test_nulls_and_an_empty_table(database: Database, tmp_path: Path) -> None:
    database.run(ORDERS)
    land(tmp_path, "orders", orders())
    assert landed_rows(tmp_path).num_rows == 0
    insert(database, "NULL, NULL, NULL, NULL, NULL")
    land(tmp_path, "orders", orders())
    assert landed_rows(tmp_path).to_pylist() == [dict.fromkeys(COLUMNS.values())]


def test_only_mapped_columns_leave_the_database(shop: Database, tmp_path: Path) -> None:
    shop.run("ALTER TABLE orders ADD COLUMN note text, ADD COLUMN photo bytea")
    land(tmp_path, "orders", orders())
    assert landed_rows(tmp_path).column_names == list(COLUMNS.values())


def test_many_rows_arrive_in_several_batches(database: Database, tmp_path: Path) -> None:
    database.run(
        ORDERS, "INSERT INTO orders SELECT n, repeat('c', 200), '2026-01-01', n, '2026-01-01' FROM generate_series(1, 200000) n"
    )
    landed = land(tmp_path, "orders", orders())
    assert landed.rows == 200_000
    file = pq.ParquetFile(tmp_path / "orders" / "rows" / "all.parquet")
    assert file.metadata.num_row_groups > 1, "a batch is written before the next one is read"


def test_a_query_may_end_as_people_write_it(shop: Database, tmp_path: Path) -> None:
    land(tmp_path, "orders", orders(query="SELECT * FROM orders WHERE total > 1;  \n-- only large ones"))
    assert numbers(tmp_path) == ["2"]


# ---------------------------------------------------------------- without a cursor


def test_an_unchanged_table_leaves_the_file_alone_whatever_its_order_on_disk(shop: Database, tmp_path: Path) -> None:
    first = land(tmp_path, "orders", orders())
    assert first.fetched == ("all.parquet",)
    file = tmp_path / "orders" / "rows" / "all.parquet"
    written = file.stat().st_mtime_ns
    shop.run("UPDATE orders SET total = total WHERE order_no = '1'")  # PostgreSQL moves the row to the end
    again = land(tmp_path, "orders", orders())
    assert again == Landed(first.files, (), (), 0, 2)
    assert file.stat().st_mtime_ns == written
    shop.run("DELETE FROM orders WHERE order_no = '1'")
    land(tmp_path, "orders", orders())
    assert numbers(tmp_path) == ["2"]


# ---------------------------------------------------------------- with a cursor


def test_increments_bring_what_is_new_or_changed(shop: Database, tmp_path: Path) -> None:
    source = orders(cursor="changed")
    land(tmp_path, "orders", source)
    assert numbers(tmp_path) == ["1", "2"]
    assert land(tmp_path, "orders", source).fetched == (), "nothing new"
    insert(shop, "'3', 'a', '2026-01-03', 5, '2026-01-03'")
    shop.run("UPDATE orders SET total = 1, changed = '2026-01-04' WHERE order_no = '1'")
    landed = land(tmp_path, "orders", source)
    assert landed.rows == 3, "the tied row of before, the new one and the changed one"
    assert numbers(tmp_path) == ["1", "1", "2", "3"]
    last = landed_rows(tmp_path).to_pylist()[-1]
    assert (last["order_no"], last["total"]) == ("1", "1"), "of two rows with one key the later file wins"


def test_rows_that_arrive_later_with_the_last_value_are_not_missed(shop: Database, tmp_path: Path) -> None:
    source = orders(cursor="changed")
    land(tmp_path, "orders", source)
    insert(shop, "'2b', 'c', '2026-01-02', 7, '2026-01-02'")
    land(tmp_path, "orders", source)
    assert numbers(tmp_path) == ["1", "2", "2b"], "and the row they tie with is there once"


def test_rows_without_a_place_in_the_order_are_read_each_time(shop: Database, tmp_path: Path) -> None:
    source = orders(cursor="changed")
    insert(shop, "'4', 'a', '2026-01-03', 5, NULL", "'5', 'a', '2026-01-03', 5, 'infinity'")
    land(tmp_path, "orders", source)
    insert(shop, "'6', 'a', '2026-01-03', 5, '2026-01-03'", "'7', 'a', '2026-01-03', 5, NULL")
    land(tmp_path, "orders", source)
    assert numbers(tmp_path) == ["1", "2", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", ("9", "10", "11")),
        ("numeric", ("9.5", "10.25", "11")),
        ("text", ("'a''b'", "'b'", "'c'")),
        ("date", ("'2026-01-01'", "'2026-01-02'", "'2026-01-03'")),
        ("timestamp", ("'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'", "'2026-01-02'")),
    ],
)
def test_cursors_of_other_types(database: Database, tmp_path: Path, kind: str, values: tuple[str, str, str]) -> None:
    database.run(ORDERS.replace("changed timestamptz", f"changed {kind}"))
    source = orders(cursor="changed")
    for number, value in enumerate(values):
        insert(database, f"'{number}', 'a', '2026-01-01', 1, {value}")
        land(tmp_path, "orders", source)
    assert numbers(tmp_path) == ["0", "1", "2"]


def test_an_interrupted_landing_never_counts(shop: Database, tmp_path: Path) -> None:
    source = orders(cursor="changed")
    land(tmp_path, "orders", source)
    rows = tmp_path / "orders" / "rows"
    tied = max(rows.glob("*.parquet"))
    (rows / "000002-settled.parquet").write_bytes(tied.read_bytes())  # complete, but the state was not written
    (rows / ".000002-tied.parquet.part").write_bytes(b"half")
    assert land(tmp_path, "orders", source).fetched == ()
    assert numbers(tmp_path) == ["1", "2"]
    assert list(rows.glob(".*")) == []


def test_full_reads_anew_and_so_does_another_table(shop: Database, tmp_path: Path) -> None:
    source = orders(cursor="changed")
    land(tmp_path, "orders", source)
    shop.run("DELETE FROM orders WHERE order_no = '1'")
    land(tmp_path, "orders", source)
    assert numbers(tmp_path) == ["1", "2"], "a cursor does not see what was deleted"
    land(tmp_path, "orders", source, full=True)
    assert numbers(tmp_path) == ["2"]
    shop.run("CREATE TABLE other AS SELECT '9'::text AS order_no, cust_no, placed, total, changed FROM orders")
    land(tmp_path, "orders", orders(cursor="changed", table="public.other"))
    assert numbers(tmp_path) == ["9"]


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (orders(table="public.ordres"), "there is no table 'public.ordres' that the user may see; did you mean 'public.orders'?"),
        (orders({**COLUMNS, "channel": "totl"}), "there is no column 'totl' (orders.channel); did you mean 'total'?"),
        (orders({**COLUMNS, "amount": {"expression": "totl * 2"}}), "there is no column 'totl' (orders.amount); did you mean"),
        (orders().model_copy(update={"skip_when": {"x": "totl < 1"}}), "there is no column 'totl' (orders.skip_when.x); did you"),
        (orders({}), "there is no column 'order_id' (orders.order_id)"),
        (orders(cursor="chnged"), "there is no column 'chnged' (sources.orders.database.cursor.column); did you mean 'changed'?"),
        (orders(query="SELECT nothing FROM orders"), 'column "nothing" does not exist. Correct the column\'s name.'),
        (orders(query="SELECT * FROM public.nowhere"), 'relation "public.nowhere" does not exist'),
        (orders(query="SELECT order_no, cust_no, placed, 1 / (total - total) AS total, changed FROM orders"), "division by zero"),
        (orders(query="SELECT nextval('numbers')::text AS order_no, cust_no, placed, total, changed FROM orders"), "read-only"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(shop: Database, tmp_path: Path, source: SourceConfig, said: str) -> None:
    shop.run("CREATE SEQUENCE numbers")
    land(tmp_path, "orders", orders())
    with pytest.raises(ConnectionProblem) as caught:
        land(tmp_path, "orders", source)
    message = str(caught.value)
    assert message.startswith("source 'orders': ") and said in message
    assert "\n" not in message and shop.server.url() not in message
    assert numbers(tmp_path) == ["1", "2"]


def test_all_that_columns_are_made_of_and_conditions_ask_is_read_and_nothing_else(shop: Database, tmp_path: Path) -> None:
    made = {**COLUMNS, "order_id": {"from": ["order_no", "cust_no"]}, "amount": {"expression": "total * 2"}}
    source = orders({name: made[name] for name in ("order_id", "amount")}).model_copy(
        update={"skip_when": {"old": "placed is null"}}
    )
    land(tmp_path, "orders", source)
    assert set(landed_rows(tmp_path).column_names) == {"order_no", "cust_no", "total", "placed"}


def test_bytes_are_refused_where_they_are_mapped(shop: Database, tmp_path: Path) -> None:
    shop.run("ALTER TABLE orders ADD COLUMN photo bytea")
    with pytest.raises(ConnectionProblem, match=r"column 'photo' \(orders.channel\) holds bytes"):
        land(tmp_path, "orders", orders({**COLUMNS, "channel": "photo"}))
