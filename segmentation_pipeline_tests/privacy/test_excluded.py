"""Whose data is kept and not used: objectors to profiling, the restricted and the too young."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pytest

from segmentation_pipeline.config.schema import PrivacyConfig
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.excluded import AGE_UNKNOWN, TOO_YOUNG, by_age, excluded_customers, whose
from segmentation_pipeline.privacy.ledger import current_restrictions, standing_objections
from segmentation_pipeline.values.states import CLEAN, FUTURE_DATED, REJECTED
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
MAY, JUNE = datetime(2026, 5, 1), datetime(2026, 6, 1)
SAID_NO = ("a", "all", "profiling", "withdrawn", MAY)
AGREED = ("a", "all", "profiling", "granted", JUNE)


def midnight_is_the_end(instant):
    return (instant == instant.truncate("D")).ifelse(instant + ibis.interval(hours=23), instant)


def objectors(*rows, state=CLEAN):
    validated = shop.judged_consents(*rows, state=state)
    return [row["customer_id"] for row in ENGINE.rows(standing_objections(validated, (), midnight_is_the_end))]


@pytest.mark.parametrize(
    ("rows", "state", "objects"),
    [
        ([SAID_NO], CLEAN, True),
        ([SAID_NO], FUTURE_DATED, True),
        ([("a", None, "Profiling", "object", None)], REJECTED, True),
        ([("a", None, "profiling", "granted", None)], REJECTED, False),
        ([("a", "email", "marketing", "withdrawn", MAY)], CLEAN, False),
        ([("a", "all", "all", "withdrawn", MAY)], CLEAN, False),
        ([AGREED], CLEAN, False),
        ([SAID_NO, AGREED], CLEAN, False),
        ([SAID_NO, AGREED], FUTURE_DATED, True),
        ([(*AGREED[:4], MAY), (*SAID_NO[:4], JUNE)], CLEAN, True),
        ([SAID_NO, ("b", *AGREED[1:])], CLEAN, True),
        ([SAID_NO, (*AGREED[:4], datetime(2026, 5, 1, 10))], CLEAN, True),
    ],
)
def test_an_objection_to_profiling_holds_until_the_same_customer_soundly_agrees_later(rows, state, objects):
    assert objectors(*rows, state=state) == (["a"] if objects else [])


def test_a_restriction_ends_after_its_last_day_only():
    schema = {"customer_id": "string", **shop.NOBODY, "event_date": "date", "ends_on": "date", "_state": "int8"}
    rows = {
        "open": (None, CLEAN),
        "over": (date(2026, 3, 30), CLEAN),
        "today": (shop.AS_OF, CLEAN),
        "unsound": (date(2026, 3, 30), REJECTED),
    }
    listed = [(key, *[None] * len(shop.NOBODY), date(2026, 1, 1), ends, state) for key, (ends, state) in rows.items()]
    found = current_restrictions(shop.table(schema, listed).mutate(_file="customer_id", _row=1), shop.AS_OF)
    assert {row["customer_id"] for row in ENGINE.rows(found)} == {"open", "today", "unsound"}


@pytest.mark.parametrize("unknown", [True, False])
def test_the_age_is_that_of_the_day_and_the_latest_birth_date_of_a_person_counts(unknown):
    people = {
        "young": date(2010, 4, 1),
        "birthday": date(2010, 3, 31),
        "old": date(1980, 1, 1),
        "leap": date(2008, 2, 29),
        "nobody knows": None,
        "twice": date(1980, 1, 1),
        "second account": date(2012, 1, 1),
    }
    accounts = [(key, "twice" if key == "second account" else key, True, *[None] * 5) for key in people]
    pii = shop.table({"customer_id": "string", "birth_date": "date"}, list(people.items()))
    everybody = shop.table(shop.ACCOUNT, accounts)
    found = ENGINE.rows(by_age(everybody, pii, 16, unknown=unknown, as_of=shop.AS_OF))
    wanted = {"young": TOO_YOUNG, "twice": TOO_YOUNG} | ({"nobody knows": AGE_UNKNOWN} if unknown else {})
    assert {row["customer_id"]: row["reason"] for row in found} == wanted
    without = ENGINE.rows(by_age(everybody, None, 16, unknown=unknown, as_of=shop.AS_OF))
    assert len(without) == (len(people) - 1 if unknown else 0)


def test_all_accounts_of_a_person_are_left_out_once():
    everybody = shop.table(shop.ACCOUNT, [(key, key[0], True, *[None] * 5) for key in ("a", "a2", "b", "c")])
    named = shop.table({"customer_id": "string"}, [("a2",), ("a",)])
    found = excluded_customers(whose(named, everybody, "one"), whose(named, everybody, "another"))
    assert ENGINE.rows(found) == [{"customer_id": "a", "reason": "another"}]
    assert ENGINE.rows(excluded_customers()) == []


def test_a_minimum_age_needs_an_answer_for_unknown_birth_dates():
    with pytest.raises(ValueError, match="given together"):
        PrivacyConfig(minimum_age=16)
    with pytest.raises(ValueError, match="given together"):
        PrivacyConfig(unknown_birth_date="exclude")
    PrivacyConfig(minimum_age=16, unknown_birth_date="include")
