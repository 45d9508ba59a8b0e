"""Every fault is delivered at its rate and listed in the truth; an independent look at the files finds it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from segmentation_pipeline.demo.dirt import faults
from segmentation_pipeline.demo.fault import UNPARSABLE_DATE, Effect
from segmentation_pipeline.demo.generate import AS_OF, generate
from segmentation_pipeline_tests.demo.conftest import Shop

SOURCE_ROWS = {
    "customers": "customers.csv",
    "orders": "orders_*.csv",
    "order_items": "order_items.csv.gz",
    "returns": "returns.csv",
    "suppressions": "suppressions.csv",
    "campaign_contacts": "campaign_contacts.csv",
    "marketing_costs": "marketing_costs.csv",
    "stores": "stores.csv",
    "places": "places.csv",
    "store_visits": "store_visits.csv.gz",
    "web_sessions": "web_sessions.csv.gz",
    "email_events": "email_events.csv.gz",
    "social_events": "social_events.csv",
    "surveys": "surveys.csv",
    "support": "support.csv",
    "loyalty": "loyalty.csv.gz",
    "subscriptions": "subscriptions.csv",
    "usage": "usage.csv",
    "firmographics": "firmographics.csv",
    "repayments": "repayments.csv",
    "identities": "identities.csv",
    "merge_decisions": "merge_decisions.csv",
}


@pytest.mark.parametrize("source", sorted(SOURCE_ROWS))
def test_each_fault_occurs_at_about_its_rate(shop: Shop, source: str) -> None:
    """Within five standard deviations of the binomial, counting those hidden behind a lost order."""
    rows = sum(n for name, n in shop.report.rows.items() if name.startswith(source if source != "orders" else "orders_"))
    listed = f"SELECT fault, count(*) FROM {shop.truth('faults')} WHERE source = ? AND fault <> 'order_quarantined' GROUP BY 1"
    found = dict(shop.con.execute(listed, [source]).fetchall())
    for fault in faults(AS_OF)[source]:
        expected = rows * fault.rate
        assert abs(found.get(fault.name, 0) - expected) <= 5 * expected**0.5 + 1, fault.name


LOOKS = {
    ("orders", "null_amount"): "total IS NULL",
    ("orders", "null_customer"): "cust_no IS NULL",
    ("orders", "negative_amount"): "total::DOUBLE < 0",
    ("orders", "absurd_amount"): "total::DOUBLE > 1000000",
    ("orders", "unparsable_date"): f"order_date = '{UNPARSABLE_DATE}'",
    ("orders", "future_date"): f"try_cast(order_date AS DATE) > DATE '{AS_OF}' + 366",
    ("orders", "untidy_key"): "cust_no <> upper(trim(cust_no))",
    ("orders", "unknown_customer"): "cust_no LIKE 'CX%'",
    ("orders", "correction"): "last_changed IS NOT NULL",
    ("returns", "null_date"): "return_date IS NULL",
    ("returns", "unparsable_date"): f"return_date = '{UNPARSABLE_DATE}'",
    ("returns", "negative_amount"): "refund::DOUBLE < 0",
    ("customers", "null_key"): "cust_no IS NULL",
    ("customers", "quoted_newline"): "contains(street, chr(10))",
    ("customers", "untidy_key"): "cust_no <> upper(trim(cust_no))",
    ("customers", "correction"): "changed_at <> registered",
    ("suppressions", "untidy_key"): "customer_id <> upper(trim(customer_id))",
    ("order_items", "unknown_order"): "order_no LIKE 'OX%'",
    ("order_items", "untidy_key"): "order_no <> upper(trim(order_no))",
    ("campaign_contacts", "unknown_customer"): "customer_id LIKE 'CX%'",
}


@pytest.mark.parametrize("source, fault", LOOKS)
def test_the_truth_lists_what_a_look_into_the_files_finds(shop: Shop, source: str, fault: str) -> None:
    """Items of lost orders are listed as lost with their order, so those may be more in the files."""
    (seen,) = shop.one(f"SELECT count(*) FROM {shop.read(SOURCE_ROWS[source])} WHERE {LOOKS[source, fault]}")
    (listed,) = shop.one(f"SELECT count(*) FROM {shop.truth('faults')} WHERE source = '{source}' AND fault = '{fault}'")
    (hidden,) = shop.one(f"SELECT count(*) FROM {shop.truth('faults')} WHERE source = '{source}' AND fault = 'order_quarantined'")
    assert listed <= seen <= listed + hidden
    assert seen > 0


def test_exact_duplicates_are_exact(shop: Shop) -> None:
    (extra,) = shop.one(f"SELECT sum(n - 1) FROM (SELECT *, count(*) AS n FROM {shop.read('orders_*.csv')} GROUP BY ALL)")
    (listed,) = shop.one(f"SELECT count(*) FROM {shop.truth('faults')} WHERE source = 'orders' AND fault = 'exact_duplicate'")
    assert extra == listed > 0


def test_broken_bytes_are_not_utf8(shop: Shop) -> None:
    for name in ("customers.csv", "returns.csv"):
        content = (shop.report.folder / name).read_bytes()
        (listed,) = shop.one(
            f"SELECT count(*) FROM {shop.truth('faults')} WHERE source || '.csv' = '{name}' AND fault = 'broken_bytes'"
        )
        assert sum(b"\xf6" in line for line in content.splitlines() if not _is_utf8(line)) == listed > 0


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_one_orders_file_ends_in_a_cut_record_and_one_has_a_column_too_many(shop: Shop) -> None:
    listed = dict(
        shop.con.execute(
            f"SELECT fault, (file, key) FROM {shop.truth('faults')} WHERE source = 'orders' AND file IS NOT NULL"
        ).fetchall()
    )
    cut_file, cut_order = listed["cut_off_record"]
    text = (shop.report.folder / cut_file).read_text(encoding="utf-8")
    assert not text.endswith("\n")
    assert text.splitlines()[-1].startswith(cut_order + ",")
    assert text.count(cut_order) == 1
    long_file, long_order = listed["wrong_column_count"]
    last = (shop.report.folder / long_file).read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith(long_order)
    assert last.count(",") == 9


def test_every_event_of_the_ledger_is_whole_since_half_a_no_would_stop_the_run(shop: Shop) -> None:
    lines = (shop.report.folder / "consents.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["customer"] for line in lines)


def test_items_of_a_lost_order_are_lost_too(shop: Shop) -> None:
    found = shop.one(f"""
        WITH lost AS (SELECT key FROM {shop.truth("faults")} WHERE source = 'orders' AND effect = '{Effect.QUARANTINED}'
                      AND fault NOT IN ('unknown_customer', 'wrong_column_count')),
        items AS (SELECT upper(trim(order_no)) AS order_no FROM {shop.read("order_items.csv.gz")})
        SELECT (SELECT count(*) FROM items JOIN lost ON order_no = key),
               (SELECT count(*) FROM {shop.truth("faults")} WHERE source = 'order_items' AND fault = 'order_quarantined')""")
    assert found[0] >= found[1] > 0


def test_parquet_has_only_the_faults_it_can_hold(shop: Shop, tmp_path: Path) -> None:
    report = generate(1500, 7, tmp_path, file_format="parquet")
    listed = {row[0] for row in shop.con.execute(f"SELECT DISTINCT fault FROM '{report.truth}/faults.parquet'").fetchall()}
    assert {"exact_duplicate", "null_amount", "future_date"} <= listed
    assert not listed & {"unparsable_date", "broken_bytes", "cut_off_record", "wrong_column_count"}


def test_gzip_carries_no_time(shop: Shop) -> None:
    packed = (shop.report.folder / "order_items.csv.gz").read_bytes()
    assert packed[4:8] == b"\0\0\0\0"
    assert gzip.decompress(packed).startswith(b"order_no,pos,sku,qty,line_total,line_discount\n")


def test_the_readme_of_the_sample_states_every_rate() -> None:
    root = Path(__file__).parents[2]
    pages = (root / "data" / "raw" / "README.md", root / "examples" / "every_source" / "README.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for source, listed in faults(AS_OF).items():
        for fault in listed:
            assert f"| {source} | {fault.name} | {fault.rate * 100:g} % | {fault.effect} |" in text
