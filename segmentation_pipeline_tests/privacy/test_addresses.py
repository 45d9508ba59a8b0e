"""What counts as a usable address, and the form it leaves the house in."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.accounts import ADDRESS, accounts
from segmentation_pipeline.privacy.addresses import (
    CHANNEL_FIELDS,
    contact_fields,
    normalised_email,
    normalised_phone,
)
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)


def normalised(function, texts):
    table = ENGINE.memtable({"n": range(len(texts)), "text": texts}, {"n": "int64", "text": "string"})
    return [row["text"] for row in ENGINE.rows(table.select("n", text=function(table.text)).order_by("n"))]


def test_good_emails_are_trimmed_and_lower_case():
    texts = [" Anna@Example.COM\t", "a.b+news@mail.example.co.uk", "o'hara@example.org", "zoë@exämple.de"]
    assert normalised(normalised_email, texts) == ["anna@example.com", *texts[1:]]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "anna",
        "anna@",
        "@example.com",
        "anna@example",
        "anna@@example.com",
        "a b@example.com",
        "anna@example..com",
        "anna@example.com.",
        "anna@exa mple.com",
        "anna@example.com, bert@example.com",
        "<anna@example.com>",
        "anna@example.c",
        "anna@example.com\nbcc: x@example.com",
        "anna\u00a0@example.com",
        "an\u200bna@example.com",
        "anna@exam\u202eple.com",
        "anna\u3000lee@example.com",
        "anna\ufe0f@example.com",
        "=1+1@example.com",
        "+anna@example.com",
        "-anna@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_other_emails_are_not_usable(text):
    assert normalised(normalised_email, [text]) == [None]


def test_what_copying_leaves_around_an_address_is_no_part_of_it():
    assert normalised(normalised_email, ["\u200banna@example.com\u00a0", "\uff41nna@example.com"]) == ["anna@example.com"] * 2
    assert normalised(normalised_phone, ["\u202a+49 1711234567\u202c", "4917112345678.0"]) == ["+491711234567", "4917112345678"]


def test_good_phone_numbers_lose_their_separators():
    texts = [
        "+49 (0) 171 / 123-45.67",
        "0049 171 1234567",
        "(0171) 1234567",
        " 01711234567 ",
        "+1 212 555 0100",
        "+49\u00a01711234567",
    ]
    assert normalised(normalised_phone, texts) == [
        "+491711234567",
        "+491711234567",
        "01711234567",
        "01711234567",
        "+12125550100",
        "+491711234567",
    ]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "+",
        "1234567",
        "1234567890123456",
        "+49 171 1234567 ext 5",
        "call me",
        "++491711234567",
        "49+1711234567",
        "=1711234567",
    ],
)
def test_other_phone_numbers_are_not_usable(text):
    assert normalised(normalised_phone, [text]) == [None]


POST = {"customer_id": "p", "street": "Long Street 1", "postal_code": "10115", "city": "Berlin"}


def reachable(*rows):
    """The channels by which each of the people can be reached, as the gate sees it."""
    people = shop.people(*rows)
    profile = shop.profile(*((row["customer_id"], True, 1.0) for row in rows))
    found = ENGINE.rows(accounts(profile, None, *people, places=True))
    return {row["customer_id"]: {c for c in CHANNEL_FIELDS if row[ADDRESS[c]] is not None} for row in found}


def test_post_needs_street_code_and_city():
    assert reachable(POST) == {"p": {"post"}}
    for missing in ("street", "postal_code", "city"):
        assert reachable(POST | {missing: None}) == {"p": set()}
        assert reachable(POST | {missing: " \t "}) == {"p": set()}


def test_each_channel_needs_its_own_address():
    people = ({"customer_id": "e", "email": "e@example.com"}, {"customer_id": "s", "phone": "0171 1234567"})
    assert reachable(*people) == {"e": {"email", "ads"}, "s": {"sms"}}


def test_the_place_may_be_unknown_when_the_customer_has_no_clean_row():
    pii, _ = shop.people({"customer_id": "e", "email": "e@example.com"})
    _, nobody = shop.people()
    found = ENGINE.rows(accounts(shop.profile(("e", True, 1.0)), None, pii, nobody, places=False))
    assert found[0]["email"] == "e@example.com"


@pytest.mark.parametrize("channel", CHANNEL_FIELDS)
def test_contact_fields_are_those_of_exactly_the_reachable(channel):
    rows = (POST, {"customer_id": "e", "email": "e@example.com"}, {"customer_id": "s", "phone": "0171 1234567"})
    fields = contact_fields(channel, *shop.people(*rows))
    assert fields.columns == ("customer_id", *CHANNEL_FIELDS[channel])
    expected = {customer for customer, channels in reachable(*rows).items() if channel in channels}
    assert {row["customer_id"] for row in ENGINE.rows(fields)} == expected


def test_texts_are_one_line_without_control_characters():
    person = POST | {"first_name": " Anna\r\nMaria\x07 "}
    assert ENGINE.rows(contact_fields("post", *shop.people(person)))[0]["first_name"] == "Anna Maria"


@pytest.mark.parametrize("channel", CHANNEL_FIELDS)
def test_without_a_customers_source_nobody_is_reachable(channel):
    assert ENGINE.rows(accounts(shop.profile(("e", True, 1.0)), None, None, None, places=True))[0][ADDRESS[channel]] is None
    assert contact_fields(channel, None, None).columns == ("customer_id", *CHANNEL_FIELDS[channel])
    assert ENGINE.rows(contact_fields(channel, None, None)) == []
