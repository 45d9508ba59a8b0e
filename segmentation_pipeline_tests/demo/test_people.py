"""The people of the sample can be nobody: reserved domains, reserved numbers, names that say so."""

from __future__ import annotations

import re

from segmentation_pipeline.demo.people import LAST_NAMES
from segmentation_pipeline_tests.demo.conftest import CUSTOMERS, Shop


def test_every_mail_address_is_in_a_reserved_domain(shop: Shop) -> None:
    found = shop.con.execute(f"SELECT email FROM {shop.read('customers.csv')} WHERE email IS NOT NULL").fetchall()
    mails = [row[0] for row in found]
    assert len(mails) > 0.9 * CUSTOMERS
    assert all(re.fullmatch(r"[a-z0-9.\-]+@example\.(com|org)", mail) for mail in mails)


def test_no_file_mentions_another_domain(shop: Shop) -> None:
    text = (shop.report.folder / "customers.csv").read_text(encoding="utf-8", errors="replace")
    assert set(re.findall(r"@[\w.]+", text)) <= {"@example.com", "@example.org"}


def test_every_telephone_number_is_in_a_block_nobody_has(shop: Shop) -> None:
    """Bundesnetzagentur, numbers for media productions: (0)30 23125 000 to 999; +999 is not assigned."""
    phones = shop.con.execute(f"SELECT phone FROM {shop.read('customers.csv')} WHERE phone IS NOT NULL").fetchall()
    assert len(phones) > 0.5 * CUSTOMERS
    assert all(re.fullmatch(r"\+493023125\d{3}|\+99955\d{7}", row[0]) for row in phones)


def test_family_names_are_those_of_samples(shop: Shop) -> None:
    found = {row[0] for row in shop.con.execute(f"SELECT DISTINCT last_name FROM {shop.read('customers.csv')}").fetchall()}
    assert found <= set(LAST_NAMES)


def test_customers_are_adults_and_registered_before_they_ordered(shop: Shop) -> None:
    customers, orders = shop.read("customers.csv"), shop.read("orders_*.csv")
    (minors,) = shop.one(f"SELECT count(*) FROM {customers} WHERE strptime(birthday, '%d.%m.%Y') > DATE '2008-06-30'")
    (early,) = shop.one(f"""
        SELECT count(*) FROM {customers} c JOIN {orders} o ON upper(trim(o.cust_no)) = c.cust_no
        WHERE try_cast(o.order_date AS TIMESTAMP) < c.registered::TIMESTAMP""")
    assert (minors, early) == (0, 0)
