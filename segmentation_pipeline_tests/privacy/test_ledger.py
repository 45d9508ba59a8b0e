"""What ledgers say, with every row taken into account: a no is never lost, a yes needs a sound row."""

from __future__ import annotations

from datetime import datetime

import pytest

from segmentation_pipeline.clean.states import LATER, REJECTED
from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.accounts import named_accounts
from segmentation_pipeline.privacy.ledger import (
    OptOutError,
    consent_events,
    stop_when_nobody_is_named,
    suppressed_customers,
    without_time_of_day,
)
from segmentation_pipeline.privacy.unmatched import stop_when_keys_differ, unmatched_opt_outs
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
NOON = datetime(2026, 3, 1, 12)
NO_LINES = shop.table({"_file": "string", "_row": "int64", "reason": "string"}, [])


def events(*rows, state=0, purposes=()):
    judged = shop.judged_consents(*rows, state=state)
    found = ENGINE.rows(consent_events(judged, shop.AS_OF, purposes, lambda instant: instant).order_by("_row"))
    return [(row["customer_id"], row["channel"], row["purpose"], row["status"], row["occurred_at"]) for row in found]


@pytest.mark.parametrize(
    "status", ["unsubscribed", "pending", "yes", "", None, "withdrawn", "!granted", "未opt-in", "un-subscribed"]
)
def test_a_refused_row_is_a_no_at_all_times_unless_it_surely_says_yes(status):
    assert events(("a", "email", "marketing", status, NOON), state=REJECTED) == [("a", "email", "marketing", "withdrawn", None)]


@pytest.mark.parametrize("status", ["granted", "Opt-In", "subscribed"])
def test_a_refused_yes_grants_nothing_and_stops_nobody(status):
    assert events(("a", "email", "marketing", status, None), state=REJECTED) == []


@pytest.mark.parametrize("channel", [None, "", "fax", "all", "*", "ALL ", "mail", "newsletter", "text"])
def test_a_no_counts_for_every_channel_it_could_mean(channel):
    assert events(("a", channel, "marketing", "withdrawn", NOON)) == [("a", None, "marketing", "withdrawn", NOON)]


def test_words_are_read_whatever_their_case_blanks_and_dashes():
    rows = [("a", channel, "Marketing ", "granted", NOON) for channel in ("E-Mail", "e mail", "EMAIL", "newsletter")]
    assert events(*rows) == [("a", "email", "marketing", "granted", NOON)] * 4
    assert events(("a", "all", "all", "granted", NOON)) == [("a", None, None, "granted", NOON)]


def test_a_yes_for_a_channel_or_purpose_nobody_declared_counts_for_nothing():
    assert events(("a", "fax", "marketing", "granted", NOON), ("a", "email", "wine club", "granted", NOON)) == []
    declared = events(("a", "email", "wine club", "granted", NOON), purposes=("wine club",))
    assert declared == [("a", "email", "wine club", "granted", NOON)]


def test_only_a_no_counts_before_its_day():
    late = datetime(2026, 4, 1, 0, 30)
    rows = [("a", "email", "marketing", "granted", late), ("b", "email", "marketing", "withdrawn", late)]
    assert events(*rows, state=LATER) == [("b", "email", "marketing", "withdrawn", late)]


def test_an_objection_to_profiling_leaves_no_marketing_and_no_later_grant_undoes_it():
    assert events(("a", "email", "profiling", "withdrawn", NOON)) == [("a", None, None, "withdrawn", None)]


def test_a_no_without_a_time_counts_at_the_end_of_its_day_in_its_zone_or_in_utc():
    instants = [datetime(2026, 3, 1, 23), datetime(2026, 3, 2), datetime(2026, 3, 2, 0, 1), None]
    told = ENGINE.memtable({"n": range(4), "at": instants}, {"n": "int64", "at": "timestamp"})
    found = ENGINE.rows(told.select("n", end=without_time_of_day(ENGINE, "Europe/Berlin")(told.at)).order_by("n"))
    expected = [datetime(2026, 3, 2, 22, 59, 59), datetime(2026, 3, 2, 23, 59, 59), datetime(2026, 3, 2, 0, 1), None]
    assert [row["end"] for row in found] == expected


def suppressed(*keys):
    schema = {"customer_id": "string", "event_date": "date", "_file": "string", "_row": "int64"}
    return suppressed_customers(shop.table(schema, [(key, None, "s.csv", row) for row, key in enumerate(keys, 1)]))


def test_a_no_that_names_nobody_stops_with_file_and_record():
    with pytest.raises(OptOutError, match=r"'suppressions': 1 rows may say .* s\.csv, record 2: no customer_id"):
        stop_when_nobody_is_named(ENGINE, "suppressions", suppressed("a", None), NO_LINES)
    cut = NO_LINES.union(shop.table(dict(NO_LINES.schema()), [("c.jsonl", 7, "invalid JSON")]))
    with pytest.raises(OptOutError, match=r"c\.jsonl, record 7: invalid JSON"):
        stop_when_nobody_is_named(ENGINE, "consents", suppressed("a"), cut)
    stop_when_nobody_is_named(ENGINE, "consents", suppressed("a"), NO_LINES)


def test_a_no_finds_the_account_by_key_other_capitals_or_address_and_never_by_the_beginning_of_a_key():
    everybody = shop.table(
        shop.ACCOUNT,
        [
            ("K1", "K1", True, "one@example.com", "+49171123456", None),
            ("k1", "k1", True, "two@example.com", None, None),
            ("K22", "K22", True, None, None, None),
        ],
    )
    named = suppressed("K1", "k22", "TWO@example.com ", "+49 171 123-456", "K", "K2", None, "nobody@example.com")
    found = named_accounts(named, everybody)
    rows = ENGINE.rows(found.order_by("_row"))
    assert [(row["_row"], row["customer_id"]) for row in rows] == [(1, "K1"), (2, "K22"), (3, "k1"), (4, "K1")]
    lines = shop.table(dict(NO_LINES.schema()), [("s.csv", 9, "too many columns")])
    told = ENGINE.rows(unmatched_opt_outs(named, found, lines, "suppressions", shop.AS_OF).order_by("row"))
    assert [(row["row"], row["named"], row["reason"]) for row in told] == [
        (5, "***", "no customer has this key"),
        (6, "***", "no customer has this key"),
        (7, None, "names nobody"),
        (8, "n***m", "no customer has this e-mail address"),
        (9, None, "names nobody"),
    ]


def test_twenty_opt_outs_of_which_none_is_found_stop_the_run():
    named = suppressed(*(f"X{number}" for number in range(20)))
    nobody = named.filter(named._row < 0)
    with pytest.raises(OptOutError, match=r"none of its 20 opt-outs matches a customer .*key_case"):
        stop_when_keys_differ(ENGINE, "suppressions", named, nobody)
    stop_when_keys_differ(ENGINE, "suppressions", named.filter(named._row < 20), nobody)
    stop_when_keys_differ(ENGINE, "suppressions", named, named.filter(named._row == 20))


@pytest.mark.parametrize("name", ["nameless_opt_outs", "unmatched_opt_outs"])
def test_to_go_on_without_an_opt_out_needs_a_reason(name):
    with pytest.raises(ValueError, match=f"'{name}: warn' needs '{name}_reason'"):
        PrivacyConfig(**{name: "warn", f"{name}_reason": " "})
    PrivacyConfig(**{name: "warn", f"{name}_reason": "looked at by hand"})
