"""What ledgers say, with every row taken into account: a no is never lost, a yes needs a sound row."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from itertools import count

import ibis
import pytest

from segmentation_pipeline.config.schema import NotAnOptOut, PrivacyConfig
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.answered import answered_rows, fingerprints
from segmentation_pipeline.privacy.ledger import (
    OptOutError,
    consent_events,
    current_suppressions,
    standing_objections,
    stop_when_nobody_is_named,
    without_time_of_day,
)
from segmentation_pipeline.privacy.named import granted_accounts, named_accounts, with_forms
from segmentation_pipeline.privacy.nameless import names_nobody
from segmentation_pipeline.privacy.unmatched import stop_when_keys_differ, unmatched_opt_outs
from segmentation_pipeline.values.states import FUTURE_DATED, REJECTED
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
NOON = datetime(2026, 3, 1, 12)
NO_LINES = shop.table({"_file": "string", "_row": "int64", "reason": "string"}, [])


_STAGES = count(1)


def stage(table):
    name = f"stages.s{next(_STAGES)}"
    ENGINE.write(name, table)
    return ENGINE.table(name)


def events(*rows, state=0, purposes=()):
    validated = shop.judged_consents(*rows, state=state)
    found = ENGINE.rows(consent_events(validated, shop.AS_OF, purposes, lambda instant: instant).order_by("_row"))
    return [(row["customer_id"], row["channel"], row["purpose"], row["status"], row["occurred_at"]) for row in found]


@pytest.mark.parametrize(
    "status",
    ["unsubscribed", "pending", "yes", "", None, "withdrawn", "!granted", "未opt-in", "un-subscribed", "-granted", "granted -"],
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
    assert events(*rows, state=FUTURE_DATED) == [("b", "email", "marketing", "withdrawn", late)]


def test_an_objection_to_profiling_leaves_no_marketing_and_no_later_grant_undoes_it():
    assert events(("a", "email", "profiling", "withdrawn", NOON)) == [("a", None, None, "withdrawn", None)]


def test_a_no_without_a_time_counts_at_the_end_of_its_day_in_its_zone_or_in_utc():
    instants = [datetime(2026, 3, 1, 23), datetime(2026, 3, 2), datetime(2026, 3, 2, 0, 1), None]
    told = ENGINE.memtable({"n": range(4), "at": instants}, {"n": "int64", "at": "timestamp"})
    found = ENGINE.rows(told.select("n", end=without_time_of_day(ENGINE, "Europe/Berlin")(told.at)).order_by("n"))
    expected = [datetime(2026, 3, 2, 22, 59, 59), datetime(2026, 3, 2, 23, 59, 59), datetime(2026, 3, 2, 0, 1), None]
    assert [row["end"] for row in found] == expected


_LISTED = {"customer_id": "string", **shop.NOBODY, "channel": "string", "event_date": "date", "ends_on": "date"}
_LISTED |= {"_state": "int8", "_file": "string", "_row": "int64"}


def listing(*rows):
    """Rows of a suppression list, each a mapping of what it says."""
    told = [{"_state": 0, "_file": "s.csv", "_row": number} | row for number, row in enumerate(rows, 1)]
    return shop.table(_LISTED, [[row.get(column) for column in _LISTED] for row in told])


def suppressed(*keys):
    return current_suppressions(listing(*({"customer_id": key} for key in keys)), shop.AS_OF)


def test_a_no_that_names_nobody_stops_with_file_and_record():
    with pytest.raises(
        OptOutError, match=r"'suppressions': 1 rows may say .* s\.csv, record 2: no customer_id and no address that can be read"
    ):
        stop_when_nobody_is_named(ENGINE, "suppressions", suppressed("a", None), NO_LINES)
    cut = NO_LINES.union(shop.table(dict(NO_LINES.schema()), [("c.jsonl", 7, "invalid JSON")]))
    with pytest.raises(OptOutError, match=r"c\.jsonl, record 7: invalid JSON"):
        stop_when_nobody_is_named(ENGINE, "consents", suppressed("a"), cut)
    stop_when_nobody_is_named(ENGINE, "consents", suppressed("a"), NO_LINES)
    with pytest.raises(OptOutError, match=r"\(fingerprint not known\).* 'not_opt_outs' with its file, row, fingerprint"):
        stop_when_nobody_is_named(ENGINE, "restrictions", suppressed(None), NO_LINES)


@pytest.mark.parametrize(
    ("row", "nobody"),
    [
        ({}, True),
        ({"email": "ann at example"}, True),
        ({"phone": "12"}, True),
        ({"street": "Hauptstr. 5"}, True),
        ({"postal_code": "10115", "city": "Berlin"}, True),
        ({"customer_id": "?"}, True),
        ({"customer_id": "7"}, False),
        ({"email": "Ann <a@x.test>"}, False),
        ({"email": sha256(b"a").hexdigest()}, False),
        ({"phone": "030 123456"}, False),
        ({"street": "Hauptstr. 5", "city": "Berlin"}, False),
    ],
)
def test_an_address_nobody_can_read_names_nobody(row, nobody):
    listed = current_suppressions(listing(row), shop.AS_OF)
    assert [one["nobody"] for one in ENGINE.rows(listed.select(nobody=names_nobody(listed)))] == [nobody]


def test_a_file_of_many_opt_outs_of_which_none_is_found_stops_though_others_are():
    named = suppressed(*(f"X{number}" for number in range(300)))
    named = named.mutate(_file=(named._row > 150).ifelse("strange.csv", "good.csv"))
    with pytest.raises(OptOutError, match=r"only 150 of its 300 .* none in 1 of its files .* strange\.csv, record 151"):
        stop_when_keys_differ(ENGINE, "d", named, named.filter(named._file == "good.csv"), accepted=False)


def test_a_no_finds_the_account_by_key_other_capitals_or_address_and_never_by_the_beginning_of_a_key():
    everybody = shop.table(
        shop.ACCOUNT,
        [
            ("K1", "K1", True, "one@example.com", "+49171123456", None, None, None),
            ("k1", "k1", True, "two@example.com", None, None, None, None),
            ("K22", "K22", True, None, None, None, None, None),
        ],
    )
    named = suppressed("K1", "k22", "TWO@example.com ", "+49 171 123-456", "K", "K2", None, "nobody@example.com")
    found = named_accounts(named, with_forms(everybody, stage), stage)
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
        stop_when_keys_differ(ENGINE, "a", named, nobody, accepted=False)
    stop_when_keys_differ(ENGINE, "a", named.filter(named._row < 20), nobody, accepted=False)
    stop_when_keys_differ(ENGINE, "a", named, named.filter(named._row == 20), accepted=False)
    stop_when_keys_differ(ENGINE, "b", named, nobody, accepted=True)


def test_a_list_of_which_half_as_many_are_found_as_at_the_last_run_stops_the_run():
    named = suppressed(*(f"X{number}" for number in range(30)))
    stop_when_keys_differ(ENGINE, "c", named, named.filter(named._row <= 20), accepted=False)
    with pytest.raises(OptOutError, match=r"only 9 of its 30 opt-outs matches a customer, and 67% of them at the last run"):
        stop_when_keys_differ(ENGINE, "c", named, named.filter(named._row <= 9), accepted=False)
    stop_when_keys_differ(ENGINE, "c", named, named.filter(named._row <= 10), accepted=False)
    stop_when_keys_differ(ENGINE, "c", named, named.filter(named._row <= 4), accepted=True)
    stop_when_keys_differ(ENGINE, "c", named, named.filter(named._row <= 4), accepted=False)


def test_a_suppression_ends_after_its_last_day_and_only_when_the_row_can_be_believed():
    day, before, after = shop.AS_OF, date(2026, 3, 30), date(2026, 4, 1)
    rows = {
        "endless": {},
        "over": {"ends_on": before, "event_date": before},
        "last day": {"ends_on": day, "event_date": before},
        "ends before it begins": {"ends_on": before, "event_date": after},
        "no beginning": {"ends_on": before},
        "refused": {"ends_on": before, "event_date": before, "_state": REJECTED},
    }
    found = current_suppressions(listing(*({"customer_id": key, **row} for key, row in rows.items())), day)
    assert {row["customer_id"] for row in ENGINE.rows(found)} == set(rows) - {"over"}


def test_a_suppression_holds_for_its_channel_and_for_all_where_the_word_may_mean_others():
    words = {"email": "email", "E-Mail": "email", "mail": None, "": None, None: None, "fax": None, "all": None, "SMS": "sms"}
    found = current_suppressions(listing(*({"customer_id": "a", "channel": word} for word in words)), shop.AS_OF)
    assert [row["channel"] for row in ENGINE.rows(found.order_by("_row"))] == list(words.values())


def sha(text):
    return sha256(text.encode()).hexdigest()


_PEOPLE = [
    ("a", "a", True, "a@x.test", "+4930123456", "hauptstr5|10115|berlin", "hauptstr5|10115", "hauptstr5|berlin"),
    ("b", "b", True, "b@x.test", "030123456", None, None, None),
    ("c", "c", True, "c@x.test", "+4330123456", "hauptstr5|1010|wien", "hauptstr5|1010", "hauptstr5|wien"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "means"),
    [
        ({"email": " A@x.test"}, "a"),
        ({"email": sha("a@x.test")}, "a"),
        ({"email": sha("a@x.test").upper()}, "a"),
        ({"customer_id": sha("b@x.test")}, "b"),
        ({"customer_id": "b", "email": "a@x.test"}, "ab"),
        ({"customer_id": "nobody", "email": "a@x.test"}, "a"),
        ({"phone": "+49 30 123456"}, "ab"),
        ({"phone": "0049 30 123456"}, "ab"),
        ({"phone": "4930123456"}, "a"),
        ({"phone": "030/123456"}, "abc"),
        ({"phone": sha("+4930123456")}, "a"),
        ({"phone": sha("4930123456")}, "a"),
        ({"street": "Hauptstraße 5", "postal_code": "10115"}, "a"),
        ({"street": "Hauptstr. 5", "city": "Wien"}, "c"),
        ({"street": "Hauptstr. 5", "postal_code": "10115", "city": "Berlin-Mitte"}, "a"),
        ({"street": sha("hauptstr5|1010|wien")}, "c"),
        ({"street": "Hauptstr. 5"}, ""),
        ({"email": "Ann <a@x.test>"}, "a"),
        ({"email": "a@x.test; b@x.test"}, "ab"),
        ({"email": "mailto:a@x.test"}, "a"),
        ({"email": "'a@x.test'."}, "a"),
        ({"customer_id": "Ann <a@x.test>"}, "a"),
        ({"phone": "tel:+493​0123456"}, "ab"),
        ({"phone": "+49 30 123456 / 030 99999999"}, "ab"),
        ({"phone": "+49 030 123456"}, "ab"),
        ({"phone": "49030123456"}, "a"),
        ({"street": "Hauptstr. 5", "postal_code": "D-10115"}, "a"),
        ({"street": "Hauptstr. 5", "postal_code": "010115.0"}, "a"),
        ({"email": "nobody@x.test", "phone": "1"}, ""),
    ],
)
def test_a_no_given_at_an_address_is_one_of_every_account_that_has_it(row, means):
    listed = current_suppressions(listing(row), shop.AS_OF)
    found = ENGINE.rows(named_accounts(listed, with_forms(shop.table(shop.ACCOUNT, _PEOPLE), stage), stage))
    assert sorted(str(one["customer_id"]) for one in found) == list(means)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "counts"),
    [
        ({"customer_id": "a", "channel": "email"}, [("a", "email")]),
        ({"customer_id": "a"}, [("a", None)]),
        ({"email": "a@x.test"}, [("a", "ads"), ("a", "email")]),
        ({"email": "a@x.test", "channel": "email"}, [("a", "email")]),
        ({"email": "a@x.test", "channel": "sms"}, []),
        ({"email": sha("a@x.test"), "channel": "email"}, [("a", "email")]),
        ({"customer_id": "a", "email": "old@x.test", "channel": "email"}, []),
        ({"customer_id": "a", "email": "b@x.test", "channel": "email"}, []),
        ({"customer_id": "a", "email": "old@x.test", "channel": "sms"}, [("a", "sms")]),
        ({"customer_id": "a", "email": "a@x.test"}, [("a", "ads"), ("a", "email"), ("a", "post"), ("a", "sms")]),
        ({"customer_id": "a", "email": "a@x.test", "channel": "push"}, [("a", "push")]),
        ({"phone": "0049 30 123456", "channel": "sms"}, [("a", "sms")]),
        ({"street": "Hauptstraße 5", "postal_code": "10115", "city": "Berlin", "channel": "post"}, [("a", "post")]),
        ({"street": "Hauptstraße 5", "postal_code": "10115", "channel": "post"}, []),
    ],
)
def test_a_grant_that_names_an_address_counts_for_that_address_only(row, counts):
    schema = {"customer_id": "string", **shop.NOBODY, "channel": "string", "_row": "int64"}
    grants = shop.table(schema, [[{"_row": 1, **row}.get(column) for column in schema]])
    found = ENGINE.rows(granted_accounts(grants, with_forms(shop.table(shop.ACCOUNT, _PEOPLE), stage), stage))
    assert sorted(((str(one["customer_id"]), one["channel"]) for one in found), key=str) == counts


def test_a_row_somebody_has_answered_for_is_met_as_it_stood_only():
    schema = {"_file": "string", "_row": "int64", "fingerprint": "string"}
    ENGINE.write("quarantine.consents", shop.table(schema, [("c.csv", 1, "a" * 12), ("c.csv", 2, "b" * 12)]))
    answers = [
        NotAnOptOut(source="consents", file="c.csv", row=row, fingerprint="a" * 12, reason="a page footer") for row in (1, 2, 3)
    ]
    assert ENGINE.rows(answered_rows(ENGINE, "consents", answers)) == [{"_file": "c.csv", "_row": 1}]
    ENGINE.drop("quarantine.consents")


def test_rows_that_name_nobody_may_be_answered_for_and_a_no_that_can_be_read_may_not():
    rows = [("s.csv", 1, None), ("s.csv", 2, "ann")]
    names = SOURCES["suppressions"].names
    schema = {"_file": "string", "_row": "int64", **dict.fromkeys(names, "string")}
    received = shop.table(schema, [(f, r, *(key if name == "customer_id" else None for name in names)) for f, r, key in rows])
    ENGINE.write("pii.suppressions_raw", received)
    ENGINE.write("pii.suppressions_judged", received.mutate(_state=ibis.literal(0, "int8")))
    try:
        assert set(fingerprints(ENGINE, "suppressions", [("s.csv", 1), ("s.csv", 2)])) == {("s.csv", 1)}
    finally:
        ENGINE.drop("pii.suppressions_raw")
        ENGINE.drop("pii.suppressions_judged")


@pytest.mark.parametrize("key", ["n/a", "-", "NULL", "unknown", "?", "#N/A", " "])
def test_what_stands_for_no_key_names_nobody(key):
    schema = {"customer_id": "string", **shop.NOBODY}
    row = [{"customer_id": key}.get(column) for column in schema]
    named = shop.table(schema, [row])
    assert ENGINE.rows(named.select(nobody=names_nobody(named))) == [{"nobody": True}]


@pytest.mark.parametrize(
    ("channel", "purpose", "objects"),
    [
        ("all", "profiling", True),
        ("email", "marketing, profiling", True),
        ("email", "profiling/marketing", True),
        ("profiling", "marketing", True),
        ("email", "marketing", False),
        (None, "Profiling", True),
    ],
)
def test_an_objection_to_profiling_is_one_beside_others_and_in_either_column(channel, purpose, objects):
    validated = shop.judged_consents(("a", channel, purpose, "withdrawn", NOON))
    assert bool(ENGINE.rows(standing_objections(validated, (), lambda instant: instant))) is objects


@pytest.mark.parametrize(
    ("channel", "address", "undone"),
    [("all", None, True), ("email", None, True), ("sms", None, False), ("all", "x@y.test", False)],
)
def test_an_objection_is_undone_by_a_grant_of_as_much_that_names_the_customer_alone(channel, address, undone):
    objection = shop.judged_consents(("a", "email", "profiling", "withdrawn", NOON))
    grant = shop.judged_consents(("a", channel, "profiling", "granted", datetime(2026, 4, 1)))
    grant = grant.mutate(_row=grant._row + 1, email=ibis.literal(address, "string"))
    found = ENGINE.rows(standing_objections(objection.union(grant.select(*objection.columns)), (), lambda instant: instant))
    assert (not found) is undone


@pytest.mark.parametrize("name", ["nameless_opt_outs", "unmatched_opt_outs"])
def test_to_go_on_without_an_opt_out_needs_a_reason(name):
    with pytest.raises(ValueError, match=f"'{name}: warn' needs '{name}_reason'"):
        PrivacyConfig(**{name: "warn", f"{name}_reason": " "})
    PrivacyConfig(**{name: "warn", f"{name}_reason": "looked at by hand"})
