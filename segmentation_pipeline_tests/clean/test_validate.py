"""Each rule, each alone and together: who is rejected, who is blanked, who waits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, clean, clean_all, config, orders, reasons, rows, write

REJECTED = {
    "missing key": (",C1,2025-03-01,10", "missing:order_id"),
    "blank key": ("   ,C1,2025-03-01,10", "missing:order_id"),
    "missing day": ("o1,C1,,10", "missing:ordered_at"),
    "missing amount": ("o1,C1,2025-03-01,", "missing:amount"),
    "unreadable amount": ("o1,C1,2025-03-01,ten", "unreadable:amount"),
    "decimal comma": ('o1,C1,2025-03-01,"10,50"', "unreadable:amount"),
    "amount beyond the type": ("o1,C1,2025-03-01,99999999999999999999", "unreadable:amount"),
    "unreadable day": ("o1,C1,2025-02-30,10", "unreadable:ordered_at"),
    "below": ("o1,C1,2025-03-01,-0.01", "negative:amount"),
    "above": ("o1,C1,2025-03-01,1000000.01", "above_maximum:amount"),
    "too early": ("o1,C1,1989-12-31 23:59,10", "too_early:ordered_at"),
    "too far ahead": ("o1,C1,2035-03-30,10", "too_far_in_future:ordered_at"),
    "more digits than cents": ("o1,C1,2025-03-01,12.3456", "too_precise:amount"),
    "a point that may part thousands": ("o1,C1,2025-03-01,1.250", "ambiguous:amount"),
    "a number of a program": ("o1,C1,2025-03-01,1_000", "unreadable:amount"),
    "infinity": ("o1,C1,infinity,10", "unreadable:ordered_at"),
    "three at once": (",C1,soon,-5", "missing:order_id;unreadable:ordered_at;negative:amount"),
    "too many columns": ("o1,C1,2025-03-01,10,11", "malformed:too_many_columns"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_rows_that_break_a_rule_of_a_required_column_are_rejected_with_all_reasons(engine, tmp_path, case):
    line, expected = REJECTED[case]
    account = orders(engine, tmp_path, "ok,C1,2025-03-01,10", line)
    assert reasons(engine) == {2: expected}
    assert clean(engine, "order_id") == [("ok",)]
    assert (account.read, account.clean, account.quarantined) == (2, 1, 1)
    assert account.quarantined_by_reason == dict.fromkeys(expected.split(";"), 1)


def test_the_ends_of_every_range_are_inside(engine, tmp_path):
    account = orders(
        engine,
        tmp_path,
        "o1,C1,1990-01-01,0",
        "o2,C1,2025-03-31 23:59:59,1000000",
        "o3,C1,2025-04-10 23:59:59,1",
        "o4,C1,2025-04-11,1",
        quality={"max_future_days": 10},
    )
    assert clean(engine, "order_id", "amount") == [("o1", Decimal(0)), ("o2", Decimal(1_000_000))]
    assert account.later == 1 and reasons(engine) == {4: "too_far_in_future:ordered_at"}


OPTIONAL = "order_id,customer_id,ordered_at,amount,discount_amount,status,updated_at"


def test_optional_values_that_break_a_rule_are_blanked_and_counted(engine, tmp_path):
    account = orders(
        engine,
        tmp_path,
        "o1,C1,2025-03-01,10,-1,completed,",
        "o2,C1,2025-03-01,10,much,,",
        "o3,C1,2025-03-01,10,2000000,,",
        "o4,C1,2025-03-01,10,1.50,CANCELLED,1980-01-01",
        "o5,C1,2025-03-01,10,,,9999-12-31",
        "o6,,2025-03-01,10,x,x,x",
        header=OPTIONAL,
    )
    assert clean(engine, "order_id", "discount_amount", "status", "updated_at") == [
        ("o1", None, "completed", None),
        ("o2", None, None, None),
        ("o3", None, None, None),
        ("o4", Decimal("1.50"), "cancelled", None),
        ("o5", None, None, None),
    ]
    assert account.blanked_by_reason == {
        "above_maximum:discount_amount": 1,
        "below_minimum:discount_amount": 1,
        "too_early:updated_at": 1,
        "too_far_in_future:updated_at": 1,
        "unreadable:discount_amount": 1,
    }, "of accepted rows only"


def test_a_row_whose_status_nobody_knows_is_refused_and_no_purchase(engine, tmp_path):
    lines = ("o1,C1,2025-03-01,10,,wc-failed,", "o2,C1,2025-03-01,10,,,", "o3,C1,2025-03-01,10,,Completed,")
    account = orders(engine, tmp_path, *lines, header=OPTIONAL)
    assert reasons(engine) == {1: "not_allowed:status"} and account.blanked_by_reason == {}
    assert clean(engine, "order_id", "status") == [("o2", None), ("o3", "completed")]


def test_status_of_a_required_column_is_rejected_when_not_allowed(engine, tmp_path):
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,C1,2025-03-01,10")
    write(
        tmp_path,
        "consents",
        "customer_id,channel,purpose,status,occurred_at",
        "C1,email,marketing,Granted,2025-03-01",
        "C1,email,marketing,maybe,2025-03-02",
    )
    clean_all(engine, tmp_path, config({"orders": {}, "consents": {}}))
    assert clean(engine, "status", source="consents") == [("granted",)]
    assert reasons(engine, "consents") == {2: "not_allowed:status"}


def test_a_value_renamed_to_nothing_is_missing(engine, tmp_path):
    guests = {"from": "customer_id", "values": {"guest": ""}}
    columns = {"order_id": "order_id", "customer_id": guests, "ordered_at": "ordered_at", "amount": "amount"}
    orders(engine, tmp_path, "o1,C1,2025-03-01,10", "o2, Guest ,2025-03-01,10", mapping={"columns": columns})
    assert clean(engine, "order_id", "customer_id") == [("o1", "C1")]
    assert reasons(engine) == {2: "missing:customer_id"}


def test_birth_dates_may_be_old_but_never_lie_ahead(engine, tmp_path):
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount")
    write(
        tmp_path,
        "customers",
        "customer_id,birth_date",
        "C1,1930-05-01",
        "C2,2025-03-31",
        "C3,2025-04-01",
        "C4,1899-12-31",
        "C5,31.12.1980",
    )
    account = clean_all(engine, tmp_path, config({"orders": {}, "customers": {}}))["customers"]
    assert rows(engine, "pii.customers", "customer_id", "birth_date") == [
        ("C1", date(1930, 5, 1)),
        ("C2", AS_OF),
        ("C3", None),
        ("C4", None),
        ("C5", None),
    ]
    assert account.blanked_by_reason == {"too_early:birth_date": 1, "too_far_in_future:birth_date": 1, "unreadable:birth_date": 1}


# ------------------------------------------------------------ references


def shop(engine, folder, **sources):
    mapping = {"customers": {}, "orders": {}, "returns": {}, **sources}
    return clean_all(engine, folder, config(mapping))


def test_rows_that_point_nowhere_are_rejected_in_a_chain(engine, tmp_path):
    write(tmp_path, "customers", "customer_id", "C1", '""')
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,C1,2025-03-01,10", "o2,C2,2025-03-01,10")
    write(
        tmp_path,
        "returns",
        "return_id,order_id,returned_at,amount",
        "r1,o1,2025-03-02,5",
        "r2,o2,2025-03-02,5",
        "r3,,2025-03-02,x",
    )
    shop(engine, tmp_path)
    assert reasons(engine) == {2: "unknown:customer_id"}
    assert clean(engine, "return_id", source="returns") == [("r1",)]
    assert reasons(engine, "returns") == {2: "unknown:order_id", 3: "missing:order_id;unreadable:amount"}


def test_unknown_references_are_kept_where_the_configuration_says_so(engine, tmp_path):
    write(tmp_path, "customers", "customer_id", "C1")
    write(tmp_path, "orders", "order_id,customer_id,ordered_at,amount", "o1,C1,2025-03-01,10", "o2,C2,2025-03-01,10")
    write(tmp_path, "returns", "return_id,order_id,returned_at,amount")
    shop(engine, tmp_path, orders={"unknown_references": "keep"})
    assert clean(engine, "order_id") == [("o1",), ("o2",)]


def test_what_refers_to_a_later_row_waits_with_it(engine, tmp_path):
    write(tmp_path, "customers", "customer_id,signed_up_at", "C1,2025-01-01", "C2,2025-05-01")
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        "o1,C1,2025-03-01,10",
        "o2,C2,2025-03-01,10",
        "o3,C1,2025-04-02,10",
    )
    write(
        tmp_path,
        "returns",
        "return_id,order_id,returned_at,amount",
        "r1,o1,2025-03-02,5",
        "r2,o2,2025-03-02,5",
        "r3,o3,2025-03-30,5",
    )
    accounts = shop(engine, tmp_path)
    assert {name: (account.clean, account.later, account.quarantined) for name, account in accounts.items()} == {
        "customers": (1, 1, 0),
        "orders": (1, 2, 0),
        "returns": (1, 2, 0),
    }
    later = clean_all(engine, tmp_path, config({"customers": {}, "orders": {}, "returns": {}}), date(2025, 5, 1))
    assert [account.clean for account in later.values()] == [2, 3, 3]


def test_a_row_both_rejected_and_later_is_rejected(engine, tmp_path):
    account = orders(engine, tmp_path, "o1,C1,2025-05-01,-1")
    assert (account.later, account.quarantined) == (0, 1)


# ------------------------------------------------------------ what was known at the end of the day


@pytest.mark.parametrize(("zone", "known"), [("UTC", True), ("America/Los_Angeles", True), ("Asia/Tokyo", False)])
def test_a_correction_counts_until_the_business_day_ends(engine, tmp_path, zone, known):
    """23:30 UTC on the day is afternoon in Los Angeles and already tomorrow in Tokyo."""
    account = orders(
        engine,
        tmp_path,
        "o1,C1,2025-03-01T12:00:00Z,10,2025-03-01T12:00:00Z",
        "o1,C1,2025-03-01T12:00:00Z,20,2025-03-31T23:30:00Z",
        header="order_id,customer_id,ordered_at,amount,updated_at",
        business={"timezone": zone},
    )
    assert clean(engine, "amount") == [(Decimal(20 if known else 10),)]
    assert (account.superseded, account.later) == ((1, 0) if known else (0, 1))


def test_an_evening_order_stamped_in_utc_belongs_to_its_business_day(engine, tmp_path):
    """17:30 in Los Angeles on the 31st is half past midnight UTC on the 1st."""
    orders(
        engine,
        tmp_path,
        "o1,C1,2025-04-01T00:30:00Z,10,2025-04-01T00:30:00Z",
        header="order_id,customer_id,ordered_at,amount,updated_at",
        business={"timezone": "America/Los_Angeles"},
    )
    assert clean(engine, "event_date", "ordered_at") == [(date(2025, 3, 31), datetime(2025, 4, 1, 0, 30))]


def test_a_no_until_the_year_9999_does_not_end_and_is_no_mistake(engine, tmp_path):
    """A list in which every row says so is read, and none of its rows has ended."""
    write(tmp_path, "orders", ORDERS, "o1,C1,2025-03-01,1.00")
    lines = [f"C{number},2025-01-01,9999-12-31" for number in range(6)]
    write(tmp_path, "suppressions", "customer_id,suppressed_at,ends_on", *lines, "C9,2025-01-01,2099-12-31")
    account = clean_all(engine, tmp_path, config({"orders": {}, "suppressions": {}}))["suppressions"]
    assert (account.clean, account.blanked_by_reason) == (7, {"too_far_in_future:ends_on": 1})
