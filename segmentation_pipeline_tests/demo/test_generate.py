"""The generator gives the same files for the same arguments, and refuses what would mix two runs."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.demo.files import Format, LeftoverFiles
from segmentation_pipeline.demo.generate import AS_OF, generate, generate_on
from segmentation_pipeline_tests.demo.conftest import CUSTOMERS, Shop, bytes_of

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_same_arguments_give_the_same_bytes_on_any_number_of_threads(tmp_path: Path, file_format: Format) -> None:
    for threads in (1, 4):
        with duckdb.connect(config={"threads": threads}) as con:
            generate_on(
                con,
                300,
                3,
                tmp_path / str(threads) / "raw",
                file_format=file_format,
                as_of=AS_OF,
                sources=None,
                dirt=True,
                truth=None,
            )
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "4")


@pytest.mark.slow
def test_many_row_groups_are_written_in_the_same_order_on_any_number_of_threads(tmp_path: Path) -> None:
    for threads in (1, 4):
        with duckdb.connect(config={"threads": threads}) as con:
            generate_on(
                con,
                30_000,
                3,
                tmp_path / str(threads) / "raw",
                file_format="parquet",
                as_of=AS_OF,
                sources=["order_items", "web_sessions"],
                dirt=True,
                truth=None,
            )
    assert bytes_of(tmp_path / "1") == bytes_of(tmp_path / "4")


def test_a_longer_history_has_the_same_customers_and_more_orders(tmp_path: Path) -> None:
    told = {}
    for years in (1, 4):
        folder = generate(200, 1, tmp_path / str(years), file_format="parquet", dirt=False, years=years).folder
        told[years] = duckdb.sql(f"""
            SELECT (SELECT list(DISTINCT cust_no ORDER BY cust_no) FROM '{folder}/customers.parquet'), count(*), min(order_date)::DATE
            FROM '{folder}/orders_*.parquet'""").fetchall()[0]
    (few_customers, few, first), (customers, many, long_ago) = told[1], told[4]
    assert few_customers == customers
    assert many > 2 * few
    assert (AS_OF - first).days <= 365 < 1300 < (AS_OF - long_ago).days <= 1460


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    first = generate(50, 1, tmp_path / "a").folder / "customers.csv"
    second = generate(50, 2, tmp_path / "b").folder / "customers.csv"
    assert first.read_bytes() != second.read_bytes()


def test_orders_are_the_same_with_and_without_the_other_sources(tmp_path: Path) -> None:
    generate(100, 1, tmp_path / "all")
    few = generate(100, 1, tmp_path / "few", sources=["orders"])
    assert {name.split("_")[0] for name in few.rows} == {"orders"}
    for name in few.rows:
        assert (tmp_path / "few" / name).read_bytes() == (tmp_path / "all" / name).read_bytes()


@pytest.mark.slow
def test_small_shops_are_csv_and_large_ones_parquet(tmp_path: Path) -> None:
    assert generate(20_001, 1, tmp_path / "large", sources=["suppressions"]).file_format == "parquet"
    assert generate(20_000, 1, tmp_path / "small", sources=["suppressions"]).file_format == "csv"


def test_flawless_files_hold_no_fault(tmp_path: Path) -> None:
    report = generate(200, 1, tmp_path, dirt=False)
    assert duckdb.execute(f"SELECT count(*) FROM '{report.truth}/faults.parquet'").fetchall() == [(0,)]
    assert report.rows["customers.csv"] == 200


def test_a_customer_orders_about_ten_times_two_and_a_half_lines(shop: Shop) -> None:
    orders = sum(rows for name, rows in shop.report.rows.items() if name.startswith("orders_"))
    assert 8 < orders / CUSTOMERS < 12.5
    assert 2.0 < shop.report.rows["order_items.csv.gz"] / orders < 3.0
    (prospects,) = shop.one(f"SELECT avg((orders = 0)::INTEGER) FROM {shop.truth('customer_truth')}")
    assert 0.02 < prospects < 0.07


def test_the_history_has_three_years_and_ends_with_as_of(shop: Shop) -> None:
    first, last = shop.one(f"""
        SELECT min(day), max(day) FILTER (day < DATE '2027-01-01')
        FROM (SELECT try_cast(order_date AS TIMESTAMP)::DATE AS day FROM {shop.read("orders_*")})""")
    assert date(2023, 7, 1) <= first <= date(2023, 7, 8)
    assert last == AS_OF


def test_nothing_else_happens_after_as_of(tmp_path: Path) -> None:
    report = generate(400, 1, tmp_path, dirt=False, file_format="parquet")
    moments = {
        "returns": "return_date",
        "consents": '"at"',
        "suppressions": "suppressed_at",
        "customers": "registered",
        "orders_*": "order_date",
        "campaign_contacts": "coalesce(converted_at, contacted_at)",
    }
    for file, column in moments.items():
        (last,) = duckdb.execute(f"SELECT max({column})::DATE FROM '{report.folder}/{file}.parquet'").fetchall()[0]
        assert last <= AS_OF, file


def test_an_order_costs_what_its_lines_cost(tmp_path: Path) -> None:
    report = generate(200, 1, tmp_path, dirt=False, file_format="parquet")
    different = duckdb.execute(f"""
        SELECT count(*) FROM '{report.folder}/orders_*.parquet' o
        JOIN (SELECT order_no, sum(line_total) AS total, sum(line_discount) AS discount
              FROM '{report.folder}/order_items.parquet' GROUP BY 1) i USING (order_no)
        WHERE o.total <> i.total OR o.discount <> i.discount OR o.total <= 0""").fetchall()
    assert different == [(0,)]


def test_parquet_holds_the_csv_rows_in_native_types(tmp_path: Path) -> None:
    generate(100, 1, tmp_path / "csv", dirt=False)
    generate(100, 1, tmp_path / "parquet", dirt=False, file_format="parquet")
    types = duckdb.execute(f"DESCRIBE FROM '{tmp_path}/parquet/orders_2025.parquet'").fetchall()
    assert {row[0]: row[1] for row in types}["order_date"] == "TIMESTAMP"
    assert {row[0]: row[1] for row in types}["total"] == "DECIMAL(18,2)"
    assert (
        duckdb.execute(f"""(SELECT order_no, order_date, total FROM '{tmp_path}/parquet/orders_*.parquet')
        EXCEPT (SELECT order_no, order_date, total::DECIMAL(18,2) FROM '{tmp_path}/csv/orders_*.csv')""").fetchall()
        == []
    )


def test_files_of_another_run_are_not_mixed_with_the_new_ones(tmp_path: Path) -> None:
    generate(50, 1, tmp_path)
    with pytest.raises(LeftoverFiles, match=r"already holds campaign_contacts\.csv, consents\.jsonl"):
        generate(50, 1, tmp_path, file_format="parquet")
    generate(60, 1, tmp_path)


def test_wrong_arguments_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown source order: choose from customers"):
        generate(10, 1, tmp_path, sources=["order"])
    with pytest.raises(ValueError, match="0 customers"):
        generate(0, 1, tmp_path)


def test_one_customer_is_a_shop_too(tmp_path: Path) -> None:
    assert generate(1, 1, tmp_path).rows["customers.csv"] >= 1


def test_the_committed_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    """Compared unpacked: what gzip makes of the same text depends on the zlib at hand."""
    report = generate(2000, 1, tmp_path / "raw", truth=tmp_path / "truth")
    for name in report.rows:
        made, committed = tmp_path / "raw" / name, REPOSITORY / "data" / "raw" / name
        unpack = gzip.decompress if name.endswith(".gz") else bytes
        assert unpack(made.read_bytes()) == unpack(committed.read_bytes()), f"{name}: see data/raw/README.md to make it again"
