"""Amounts in other currencies are converted by a rate somebody gave, or refused."""

from __future__ import annotations

from decimal import Decimal

from segmentation_pipeline_tests.clean.project import ORDERS, clean, clean_all, config, orders, reasons, write

HEADER = f"{ORDERS},discount_amount,currency"
LINES = (
    "o1,C1,2025-03-01,100,10,",
    "o2,C1,2025-03-01,100,10,eur",
    "o3,C1,2025-03-01,100,10,USD",
    "o4,C1,2025-03-10,100,,USD",
    "o5,C1,2025-03-10,100,,GBP",
)


def test_another_currency_without_a_rate_is_refused(engine, tmp_path):
    orders(engine, tmp_path, *LINES, header=HEADER)
    assert clean(engine, "order_id", "amount") == [("o1", Decimal(100)), ("o2", Decimal(100))]
    assert reasons(engine) == dict.fromkeys((3, 4, 5), "no_exchange_rate:currency")


def test_fixed_rates_convert_every_amount_and_are_kept(engine, tmp_path):
    business = {"currency": "EUR", "exchange_rates": {"USD": 0.9}}
    orders(engine, tmp_path, *LINES, header=HEADER, business=business)
    assert clean(engine, "order_id", "amount", "discount_amount", "currency", "exchange_rate") == [
        ("o1", Decimal(100), Decimal(10), None, None),
        ("o2", Decimal(100), Decimal(10), "EUR", None),
        ("o3", Decimal(90), Decimal(9), "USD", 0.9),
        ("o4", Decimal(90), None, "USD", 0.9),
    ]
    assert reasons(engine) == {5: "no_exchange_rate:currency"}


def test_the_rate_of_the_day_is_the_latest_given_up_to_it_and_the_rows_own_comes_first(engine, tmp_path):
    write(
        tmp_path,
        "exchange_rates",
        "currency,day,rate",
        "usd,2025-02-28,0.95",
        "USD,2025-03-05,0.9",
        "USD,2025-03-11,0.5",
        "GBP,2025-03-11,1.2",
    )
    own = ("o6,C1,2025-03-10,100,,USD,0.8", *(f"{line}," for line in LINES))
    write(tmp_path, "orders", f"{HEADER},exchange_rate", *own)
    clean_all(engine, tmp_path, config({"exchange_rates": {}, "orders": {}}))
    assert clean(engine, "order_id", "amount", "exchange_rate") == [
        ("o1", Decimal(100), None),
        ("o2", Decimal(100), None),
        ("o3", Decimal(95), 0.95),
        ("o4", Decimal(90), 0.9),
        ("o6", Decimal(80), 0.8),
    ]
    assert reasons(engine) == {6: "no_exchange_rate:currency"}, "no rate was given up to that day"


def test_lines_are_converted_before_they_make_orders(engine, tmp_path):
    items = "order_id,line_number,customer_id,ordered_at,amount,currency"
    write(tmp_path, "order_items", items, "o1,1,C1,2025-03-01,10,USD", "o1,2,C1,2025-03-01,10,EUR")
    sources = {"orders": {"derive_from": "order_items"}, "order_items": {}}
    clean_all(engine, tmp_path, config(sources, business={"exchange_rates": {"USD": 0.5}}))
    assert clean(engine, "order_id", "amount") == [("o1", Decimal(15))]


def test_a_rate_of_a_later_day_waits_and_is_no_fault(engine, tmp_path):
    """A day run again reads files that go on: rates given since then are neither used nor refused."""
    write(tmp_path, "exchange_rates", "currency,day,rate", "USD,2025-03-01,0.5", "USD,2025-04-01,0.9")
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount,currency", "o1,a,2025-03-31,100.00,USD")
    told = clean_all(engine, tmp_path, config({"exchange_rates": {}, "orders": {}}))
    assert (told["exchange_rates"].clean, told["exchange_rates"].later, told["exchange_rates"].quarantined) == (1, 1, 0)
    assert clean(engine, "amount") == [(Decimal("50.00"),)]
