"""Files whose columns are made of others, and whose rows are left out on purpose, as a load and a judgement see them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.ingest.deliveries import settings_of
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.ingest.screen import left_out
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.clean.project import clean, orders, reasons, rows

HEADER = "nr,who,day,qty,price,kind"
COLUMNS = {"order_id": "nr", "customer_id": "who", "ordered_at": "day", "amount": {"expression": "qty * price"}}
DAY = date(2025, 3, 31)


def test_every_row_is_accounted_for_by_the_name_of_what_leaves_it_out(engine, tmp_path):
    account = orders(
        engine,
        tmp_path,
        "o1,C1,2025-03-01,2,10.50,sale",
        "o2,C1,2025-03-01,1,1.00,test",
        "o3,C1,2025-03-01,1,1.00,test",
        "o4,C1,2025-03-01,-1,1.00,sale",
        "o5,C1,2025-03-01,few,1.00,sale",
        "o6,C1,2025-03-01,few,1.00,test",
        ",C1,2025-03-01,1,1.00,sale",
        "o8,C1,2025-03-01,,1.00,sale",
        header=HEADER,
        mapping={"columns": COLUMNS, "skip_when": {"tests": "kind = 'test'", "returns": "qty < 0", "blank": "nr is null"}},
    )
    assert clean(engine, "order_id", "amount") == [("o1", Decimal("21.00"))]
    assert account.skipped_by_name == {"tests": 3, "returns": 1, "blank": 1}
    # Whether o5 is a return nobody can tell; o6 is a test whatever its quantity.
    assert reasons(engine) == {5: "unreadable:order_id;unreadable:amount", 8: "missing:amount"}
    kept = rows(engine, tables.quarantine("orders"), "_row", "order_id", "amount")
    assert kept[0] == (5, "cannot be made from qty 'few'", "cannot be made from qty 'few'")
    assert (account.read, account.clean, account.quarantined, account.skipped) == (8, 1, 2, 5)


def test_a_text_that_cannot_be_made_is_refused_and_never_taken_for_a_word(engine, tmp_path):
    status = {
        "expression": "case when price < 0 then 'cancelled' when price > 100 then 'odd' else 'completed' end",
        "other": "completed",
    }
    channel = {"expression": "case when qty > 1 then 'bulk' end"}
    account = orders(
        engine,
        tmp_path,
        "o1,C1,2025-03-01,2,10.50,1",
        "o2,C1,2025-03-01,2,ten,1",
        "o3,C1,2025-03-01,many,200,1",
        header=HEADER,
        mapping={"columns": {**COLUMNS, "amount": "kind", "status": status, "channel": channel}},
    )
    assert clean(engine, "order_id", "status", "channel") == [("o1", "completed", "bulk"), ("o3", "completed", None)]
    assert reasons(engine) == {2: "unreadable:status"}
    assert account.blanked_by_reason == {"unreadable:channel": 1}, "what is optional is blanked and counted"


def test_parquet_keeps_its_types_beside_what_is_made(engine, tmp_path):
    columns = {
        "nr": pa.array([1, 2, 3], pa.int64()),
        "who": ["a", "b", "c"],
        "day": pa.array([date(2025, 3, 1)] * 3),
        "qty": pa.array([2.0, float("nan"), 1.0]),
        "price": pa.array([Decimal("10.50"), Decimal("1.00"), Decimal("2.25")]),
        "kind": ["sale", "sale", "test"],
    }
    pq.write_table(pa.table(columns), tmp_path / "o.parquet")
    mapping = {
        **COLUMNS,
        "order_id": {"from": ["day", "nr"]},
        "status": {"expression": "case when day > date '2024-12-31' and year_of(day) = 2025 then 'completed' end"},
    }
    config = SourceConfig.model_validate({"files": "*.parquet", "columns": mapping, "skip_when": {"tests": "kind = 'test'"}})
    load_source(engine, tmp_path, "orders", config, DAY)
    found = rows(engine, tables.raw("orders"), "order_id", "ordered_at", "amount", "status")
    assert found == [
        ("2025\\-03\\-01-1", date(2025, 3, 1), "21", "completed"),
        ("2025\\-03\\-01-2", date(2025, 3, 1), None, "completed"),
    ]
    assert left_out(engine, "orders") == {"erased": 0, "expired": 0, "skipped:tests": 1}


def test_json_lines_and_dates_with_a_source_wide_format(engine, tmp_path):
    (tmp_path / "o.jsonl").write_text('{"nr": "o1", "who": "a", "d": "01.02.2025", "t": "08:30", "sum": 2, "n": 3}\n')
    config = {
        "files": "*.jsonl",
        "date_format": "%d.%m.%Y",
        "columns": {
            "order_id": "nr",
            "customer_id": "who",
            "ordered_at": {"from": ["d", "t"], "format": "%d.%m.%Y %H:%M"},
            "amount": {"expression": "sum * n"},
            "updated_at": {"expression": "parse_date(d, '%d.%m.%Y')"},
        },
    }
    from segmentation_pipeline_tests.clean.project import clean_all
    from segmentation_pipeline_tests.clean.project import config as project

    clean_all(engine, tmp_path, project({"orders": config}))
    assert clean(engine, "amount", "ordered_at", "updated_at") == [
        (Decimal("6.00"), datetime(2025, 2, 1, 8, 30), datetime(2025, 2, 1))
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": {**COLUMNS, "amount": {"expression": "qty * prize"}}}, "column 'prize' (orders.amount) is not in the file. "
         "Did you mean 'price'?"),
        ({"columns": COLUMNS, "skip_when": {"tests": "kindd = 'x'"}}, "column 'kindd' (orders.skip_when.tests) is not in the file. "
         "Did you mean 'kind'? It has: nr, who, day, qty, price, kind. Correct sources.orders.skip_when.tests"),
        ({"columns": COLUMNS, "fill_down": {"columns": ["whoo"], "within": "nr"}}, "'whoo' (orders.fill_down.columns)"),
        ({"columns": {**COLUMNS, "customer_id": {"first_of": ["who", "mail"]}}}, "'mail' (orders.customer_id)"),
        ({"columns": {**COLUMNS, "order_id": {"from": ["yr", "nr"]}}}, "'yr' (orders.order_id)"),
    ],
)  # fmt: skip
def test_a_column_no_file_has_is_told_with_the_nearest(engine, tmp_path, settings, message):
    (tmp_path / "o.csv").write_text(f"{HEADER}\no1,C1,2025-03-01,1,1,x\n")
    with pytest.raises(SourceFileError) as error:
        load_source(engine, tmp_path, "orders", SourceConfig.model_validate({"files": "*.csv", **settings}), DAY)
    assert message in str(error.value)


def test_of_several_that_may_stand_for_one_each_file_needs_only_one(engine, tmp_path):
    (tmp_path / "old.csv").write_text("nr,mail,day,sum\no1,a@mail.test,2025-03-01,1\n")
    (tmp_path / "new.csv").write_text("nr,who,mail,day,sum\no2,,b@mail.test,2025-03-01,1\no3,C3,c@mail.test,2025-03-01,1\n")
    columns = {"order_id": "nr", "customer_id": {"first_of": ["who", "mail"]}, "ordered_at": "day", "amount": "sum"}
    load_source(engine, tmp_path, "orders", SourceConfig.model_validate({"files": "*.csv", "columns": columns}), DAY)
    assert rows(engine, tables.raw("orders"), "order_id", "customer_id") == [
        ("o1", "a@mail.test"),
        ("o2", "b@mail.test"),
        ("o3", "C3"),
    ]


def test_what_says_nothing_new_is_the_same_delivery_and_another_condition_is_not(tmp_path):
    entry = "sources: {orders: {files: o.csv, columns: {order_id: nr, customer_id: c, ordered_at: d, amount: a}}}\n"
    (tmp_path / "sources.yaml").write_text(entry)
    plain = load_config(tmp_path).sources["orders"]
    plain = plain.model_copy(update={"columns": {"order_id": plain.columns["order_id"]}})
    assert settings_of(plain) == (
        '{"files": "o.csv", "database": null, "derive_from": null, "columns": {"order_id": {"source_column": "nr", '
        '"from_row": false, "value": null, "format": null, "values": {}}}}'
    )
    skipping = plain.model_copy(update={"skip_when": {"tests": "kind = 'test'"}})
    assert settings_of(skipping) != settings_of(plain)


def test_another_condition_reads_the_files_again(engine, tmp_path):
    (tmp_path / "o.csv").write_text(f"{HEADER}\no1,C1,2025-03-01,1,1,x\no2,C1,2025-03-01,1,1,y\n")
    settings = {"files": "*.csv", "columns": COLUMNS}
    first = {**settings, "skip_when": {"xes": "kind = 'x'"}}
    for config, read, kept in ((first, 1, ["o2"]), (first, 0, ["o2"]), (settings, 1, ["o1", "o2"])):
        report = load_source(engine, tmp_path, "orders", SourceConfig.model_validate(config), DAY)
        assert (len(report.read), [row[0] for row in rows(engine, tables.raw("orders"), "order_id")]) == (read, kept)


def test_what_is_known_before_a_value_nobody_can_read_decides(engine, tmp_path):
    """``not`` is asked whole whether it is known: SQL would ask what stands behind it."""
    account = orders(
        engine,
        tmp_path,
        "o1,C1,2025-03-01,few,1.00,sale",
        "o2,C1,2025-03-01,few,1.00,test",
        "o3,C1,2025-03-01,few,1.00,",
        header=HEADER,
        mapping={
            "columns": COLUMNS | {"amount": "price"},
            "skip_when": {"others": "coalesce(not (kind = 'sale'), qty < 0)"},
        },
    )
    assert clean(engine, "order_id") == [("o1",)]
    assert account.skipped_by_name == {"others": 1}
    assert reasons(engine) == {3: "unreadable:order_id"}
