"""One value at a time: text, keys, money, days and moments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation_pipeline_tests.clean.project import ORDERS, clean, clean_all, config, orders, reasons, write

COLUMNS = {name: name for name in ("order_id", "customer_id", "ordered_at", "amount")}


@pytest.mark.parametrize(("case", "expected"), [("keep", "aB1"), ("upper", "AB1"), ("lower", "ab1")])
def test_keys_are_trimmed_and_put_in_the_configured_case(engine, tmp_path, case, expected):
    orders(engine, tmp_path, " aB1 ,\tC1 ,2025-03-01,10", business={"key_case": case})
    assert clean(engine, "order_id", "customer_id") == [(expected, "C1" if case != "lower" else "c1")]


def test_references_meet_in_any_case_when_keys_have_one(engine, tmp_path):
    write(tmp_path, "customers", "customer_id", "c1")
    write(tmp_path, "orders", ORDERS, "o1, C1 ,2025-03-01,10")
    accounts = clean_all(engine, tmp_path, config({"customers": {}, "orders": {}}, business={"key_case": "upper"}))
    assert accounts["orders"].clean == 1


def test_text_is_trimmed_but_keeps_its_case(engine, tmp_path):
    orders(engine, tmp_path, "o1,C1,2025-03-01,10, Web Shop ", "o2,C1,2025-03-01,10,   ", header=f"{ORDERS},channel")
    assert clean(engine, "order_id", "channel") == [("o1", "Web Shop"), ("o2", None)]


def test_values_are_renamed_without_regard_to_case_and_others_stay(engine, tmp_path):
    channel = {"from": "channel", "values": {"Online Shop": "web", "filiale": "store"}}
    orders(
        engine,
        tmp_path,
        "o1,C1,2025-03-01,10, online shop",
        "o2,C1,2025-03-01,10,FILIALE",
        "o3,C1,2025-03-01,10,Phone",
        header=f"{ORDERS},channel",
        mapping={"columns": {**COLUMNS, "channel": channel}},
    )
    assert clean(engine, "order_id", "channel") == [("o1", "web"), ("o2", "store"), ("o3", "Phone")]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10", "10.00"),
        (" 10.5 ", "10.50"),
        ("1e2", "100.00"),
        ("69.8000", "69.80"),
        ("69.80000000000001", "69.80"),
        ("+3.10", "3.10"),
    ],
)
def test_money_has_two_places(engine, tmp_path, text, amount):
    orders(engine, tmp_path, f"o1,C1,2025-03-01,{text}")
    assert clean(engine, "amount") == [(Decimal(amount),)]


def test_date_formats_are_tried_in_order_per_source_and_per_column(engine, tmp_path):
    columns = {**COLUMNS, "updated_at": {"from": "updated_at", "format": "%Y%m%d"}}
    orders(
        engine,
        tmp_path,
        "o1,C1,02.01.2025,10,20250103",
        "o2,C1,01/02/2025 13:30,10,2025-01-03",
        "o3,C1,2025-01-02,10,",
        header=f"{ORDERS},updated_at",
        mapping={"columns": columns, "date_format": ["%d.%m.%Y", "%m/%d/%Y %H:%M"]},
    )
    assert clean(engine, "order_id", "ordered_at", "updated_at") == [
        ("o1", datetime(2025, 1, 2), datetime(2025, 1, 3)),
        ("o2", datetime(2025, 1, 2, 13, 30), None),
    ]
    assert reasons(engine) == {3: "unreadable:ordered_at"}, "with formats given, only they count"


MOMENTS = [
    ("2025-01-15 00:30", "Europe/Berlin", None, datetime(2025, 1, 14, 23, 30), date(2025, 1, 15)),
    ("2025-01-15 23:30", "Europe/Berlin", "UTC", datetime(2025, 1, 15, 23, 30), date(2025, 1, 16)),
    ("2025-01-15", "Europe/Berlin", None, datetime(2025, 1, 14, 23), date(2025, 1, 15)),
    ("2024-07-15 00:30", "Europe/Berlin", None, datetime(2024, 7, 14, 22, 30), date(2024, 7, 15)),
    ("2024-07-15 20:00", "Europe/Berlin", "America/New_York", datetime(2024, 7, 16, 0), date(2024, 7, 16)),
    ("2025-01-15T23:30:00Z", "Europe/Berlin", None, datetime(2025, 1, 15, 23, 30), date(2025, 1, 16)),
    ("2025-01-15T23:30:00Z", "Europe/Berlin", "Europe/Berlin", datetime(2025, 1, 15, 23, 30), date(2025, 1, 16)),
    ("2025-01-15T02:00:00+09:00", "UTC", None, datetime(2025, 1, 14, 17), date(2025, 1, 14)),
    ("2025-03-30 03:30", "Europe/Berlin", None, datetime(2025, 3, 30, 1, 30), date(2025, 3, 30)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "business", "source", "utc", "day"), MOMENTS)
def test_moments_become_utc_and_the_business_day(engine, tmp_path, text, business, source, utc, day):
    orders(engine, tmp_path, f"o1,C1,{text},10", mapping={"timezone": source}, business={"timezone": business})
    assert clean(engine, "ordered_at", "event_date") == [(utc, day)]


def test_native_types_of_parquet_are_taken_as_they_are(engine, tmp_path):
    zoned = pa.array([datetime(2025, 1, 15, 23, 30, tzinfo=UTC), None], pa.timestamp("us", tz="UTC"))
    pq.write_table(
        pa.table(
            {
                "order_id": [1, 2],
                "customer_id": [7, 8],
                "ordered_at": [datetime(2025, 1, 15, 0, 30), datetime(2025, 1, 16)],
                "amount": [Decimal("10.50"), Decimal("-1.00")],
                "discount_amount": [0.1, None],
                "updated_at": zoned,
            }
        ),
        tmp_path / "orders.parquet",
    )
    settings = config({"orders": {"files": "orders.parquet", "date_format": "%d.%m.%Y"}}, business={"timezone": "Europe/Berlin"})
    clean_all(engine, tmp_path, settings)
    assert clean(engine, "order_id", "customer_id") == [("1", "7")]
    assert clean(engine, "amount", "discount_amount") == [(Decimal("10.50"), Decimal("0.10"))]
    assert clean(engine, "ordered_at", "updated_at", "event_date") == [
        (datetime(2025, 1, 14, 23, 30), datetime(2025, 1, 15, 23, 30), date(2025, 1, 15)),
    ]
    assert reasons(engine) == {2: "negative:amount"}


def test_zoned_parquet_moments_give_the_business_day(engine, tmp_path):
    zoned = pa.array([datetime(2025, 1, 15, 23, 30, tzinfo=UTC)], pa.timestamp("us", tz="America/New_York"))
    table = pa.table({"order_id": ["o"], "customer_id": ["C"], "ordered_at": zoned, "amount": [1.0]})
    pq.write_table(table, tmp_path / "orders.parquet")
    clean_all(engine, tmp_path, config({"orders": {"files": "orders.parquet"}}, business={"timezone": "Europe/Berlin"}))
    assert clean(engine, "ordered_at", "event_date") == [(datetime(2025, 1, 15, 23, 30), date(2025, 1, 16))]


def test_native_days_are_days(engine, tmp_path):
    table = pa.table({"order_id": ["o"], "customer_id": ["C"], "ordered_at": [date(2025, 1, 15)], "amount": [1.0]})
    pq.write_table(table, tmp_path / "orders.parquet")
    clean_all(engine, tmp_path, config({"orders": {"files": "orders.parquet"}}, business={"timezone": "Europe/Berlin"}))
    assert clean(engine, "ordered_at", "event_date") == [(datetime(2025, 1, 14, 23), date(2025, 1, 15))]


def test_accidents_of_export_are_no_part_of_keys_texts_and_numbers(engine, tmp_path):
    orders(
        engine,
        tmp_path,
        "o1,ann\u00a0,2025-03-01,10\u2009,E\u0301clair\u200b",
        "o2,\u200bann,\u00a02025-03-01,10,\u00c9clair",
        "o3,1234567.0,2025-03-01,10,\u3000",
        "o4,5.00E+12,2025-03-01,10,web",
        "5,\u200b,2025-03-01,\u00a0,web",
        header=f"{ORDERS},channel",
    )
    assert clean(engine, "order_id", "customer_id", "channel") == [
        ("o1", "ann", "\u00c9clair"),
        ("o2", "ann", "\u00c9clair"),
        ("o3", "1234567", None),
    ]
    assert reasons(engine) == {4: "imprecise:customer_id", 5: "missing:customer_id;missing:amount"}


def test_whole_numbers_of_parquet_and_csv_meet_whichever_type_they_have(engine, tmp_path):
    table = {"customer_id": pa.array([1234567.0, None, 90071992547409931.0]), "suppressed_at": ["2025-01-01"] * 3}
    pq.write_table(pa.table(table), tmp_path / "suppressions_a.parquet")
    write(tmp_path, "suppressions_b", "customer_id,suppressed_at", "1234567,2025-01-02", "1234567.0,2025-01-03")
    write(tmp_path, "orders", ORDERS, "o1,1234567,2025-03-01,10")
    for files in ("suppressions_a.parquet", "suppressions_*"):
        clean_all(engine, tmp_path, config({"orders": {}, "suppressions": {"files": files}}))
        assert {key for (key,) in clean(engine, "customer_id", source="suppressions")} == {"1234567"}
        assert set(reasons(engine, "suppressions").values()) == {"missing:customer_id", "imprecise:customer_id"}


def test_keys_of_digits_are_padded_wherever_they_name_the_same_thing(engine, tmp_path):
    write(tmp_path, "customers", "customer_id", "0000001000", "K1")
    write(tmp_path, "orders", ORDERS, "1,1000,2025-03-01,10", "2,K1,2025-03-01,10", "3,12345678901,2025-03-01,10")
    write(tmp_path, "identities", "record_id,customer_id,system,kind,identifier,seen_at", "1,1000,web,email,a@x.de,2025-01-01")
    write(tmp_path, "merge_decisions", "customer_id,other_customer_id,verdict,decided_at", "1000,K1,never_merge,2025-01-01")
    settings = config(
        {key: {} for key in ("customers", "orders", "identities", "merge_decisions")}, business={"pad_to": {"customer_id": 10}}
    )
    clean_all(engine, tmp_path, settings)
    assert clean(engine, "order_id", "customer_id") == [("1", "0000001000"), ("2", "K1")]
    assert clean(engine, "customer_id", source="identities") == [("0000001000",)]
    assert clean(engine, "customer_id", source="merge_decisions") == [("0000001000",)]
    assert reasons(engine) == {3: "unknown:customer_id"}


def test_renamed_values_are_met_however_they_are_composed(engine, tmp_path):
    channel = {"from": "channel", "values": {"Cafe\u0301": "store"}}
    mapping = {"columns": {**COLUMNS, "channel": channel}}
    orders(engine, tmp_path, "o1,C1,2025-03-01,10,caf\u00e9\u00a0", header=f"{ORDERS},channel", mapping=mapping)
    assert clean(engine, "channel") == [("store",)]


def test_a_word_for_no_key_makes_no_customer_of_all_who_have_none(engine, tmp_path):
    """Two guests are not one customer, whatever a program writes where it knows nobody."""
    words = ["NULL", "nan", "N/A", "#N/A", "None", "Guest", "unknown", "-", "\\N"]
    lines = [f"o{number},{word},2025-03-01,1.00" for number, word in enumerate(words)]
    kept = [f"n{number},{word},2025-03-01,1.00" for number, word in enumerate(["Nona", "0", "A-1", "Null & Co"])]
    account = orders(engine, tmp_path, *lines, *kept, "NaN,C1,2025-03-01,1.00")
    assert account.quarantined_by_reason == {"missing:customer_id": len(words), "missing:order_id": 1}
    assert account.clean == len(kept)


def test_a_word_for_no_key_is_nobodys_where_an_empty_one_is(engine, tmp_path):
    rows_of = ["o1,NULL,2025-03-01,1.00", "o2,,2025-03-01,1.00", "o3,guest,2025-03-01,1.00", "o4,C1,2025-03-01,1.00"]
    assert orders(engine, tmp_path, *rows_of, mapping={"anonymous": [""]}).anonymous == 3
    assert orders(engine, tmp_path, *rows_of, mapping={"anonymous": ["null"]}).quarantined == 2


def test_moments_that_a_parquet_file_holds_as_numbers_are_read_by_their_format(engine, tmp_path):
    numbers = {"epoch_ms": 1772355600000, "%Y%m%d": 20250301, "excel": 45717.5}
    read = []
    for pattern, number in numbers.items():
        columns = {"order_id": ["o1"], "customer_id": ["C1"], "ordered_at": [number], "amount": [1]}
        pq.write_table(pa.table(columns), tmp_path / "orders.parquet")
        cfg = config({"orders": {"files": "orders.parquet", "date_format": pattern}})
        clean_all(engine, tmp_path, cfg, date(2026, 6, 30))
        read += clean(engine, "ordered_at")
    assert read == [(datetime(2026, 3, 1, 9),), (datetime(2025, 3, 1),), (datetime(2025, 3, 1, 12),)]


@pytest.mark.slow
def test_months_in_words_are_read_in_the_languages_of_the_exports(engine, tmp_path):
    read = {"1. März 2025": "%d. %B %Y", "3 févr. 2025": "%d %b %Y", "01-MRZ-25": "%d-%b-%y", "5 maja 2025": "%d %B %Y"}
    days = []
    for day, pattern in read.items():
        orders(engine, tmp_path, f"o1,C1,{day},10", mapping={"date_format": pattern}, as_of=date(2025, 12, 31))
        days += [moment.date() for (moment,) in clean(engine, "ordered_at")]
    assert days == [date(2025, 3, 1), date(2025, 2, 3), date(2025, 3, 1), date(2025, 5, 5)]
    orders(engine, tmp_path, "o1,C1,2. Smarch 2025,10", mapping={"date_format": "%d. %B %Y"})
    assert reasons(engine) == {1: "unreadable:ordered_at"}


def test_an_object_or_a_list_is_no_key(engine, tmp_path):
    members = ('"C1"', '["C2"]', '{"id": "C3"}', '"[x"')
    lines = [
        f'{{"order_id": "o{n}", "customer_id": {m}, "ordered_at": "2025-03-01", "amount": 1}}' for n, m in enumerate(members)
    ]
    (tmp_path / "orders.jsonl").write_text("\n".join(lines))
    clean_all(engine, tmp_path, config({"orders": {"files": "orders.jsonl"}}))
    assert clean(engine, "order_id", "customer_id") == [("o0", "C1"), ("o3", "[x")]
    assert reasons(engine) == {2: "missing:customer_id", 3: "missing:customer_id"}
