"""A no finds whom it is about however people and programs spell keys and addresses; a yes does not."""

from __future__ import annotations

from hashlib import md5, sha1, sha256
from itertools import count

import ibis
import ibis.expr.types as ir
import pytest

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.ledger import current_suppressions, names_nobody
from segmentation_pipeline.privacy.named import at_their_addresses, named_accounts, with_forms
from segmentation_pipeline.privacy.spellings import bare_key, mailbox, untagged_mailbox, without_marks
from segmentation_pipeline_tests.campaigns import shop
from segmentation_pipeline_tests.engine.conftest import engine as any_engine
from segmentation_pipeline_tests.privacy.test_ledger import ENGINE, listing

__all__ = ["any_engine"]

PEOPLE = [
    ("1230017", "a", True, "ann@mail.test", "+4915170000321", None, None, None),
    ("C-18", "b", True, "b.ob@gmail.com", "01517 0000322", None, None, None),
    (
        "c19",
        "c",
        True,
        "carl+shop@mail.test",
        None,
        "m\u00fcllerweg3|53115|bonn",
        "m\u00fcllerweg3|53115",
        "m\u00fcllerweg3|bonn",
    ),
    ("2", "d", True, None, None, None, None, None),
    ("230", "e", True, None, None, None, None, None),
    ("no. 2 & 230", "f", True, "anna@m\u00fcller.test", None, "st-annaplatz4|10115|berlin", "stannaplatz4|10115", None),
    ("g", "g", True, "gus@xn--mller-kva.test", None, "gasse900|60311|frankfurtammain", None, "gasse900|frankfurtammain"),
]


SAID: list[tuple[dict[str, str], list[str]]] = [
    *(
        ({"customer_id": key}, ["1230017"])
        for key in ('="1230017"', "1 230 017", "1.230.017", "1230017,0", "#1230017", "<1230017>")
    ),
    *(({"customer_id": key}, ["C-18"]) for key in ("c18", "C_18", "{C-18}", "C 18", "customer:C-18", '["C-18"]')),
    ({"customer_id": "C-18;c19"}, ["C-18", "c19"]),
    ({"customer_id": '{"id":"c19"}'}, ["c19"]),
    *(({"customer_id": f"C-18{sign}c19"}, ["C-18", "c19"]) for sign in (" und ", " & ", "+", " or ")),
    *(({"customer_id": f"{word} 1230017"}, ["1230017"]) for word in ("Kunde", "Nr.", "customer no.", "Kd.-Nr.")),
    # Somebody's key, and nobody else's.
    ({"customer_id": "no. 2 & 230"}, ["no. 2 & 230"]),
    ({"customer_id": "No. 2 & 230"}, ["no. 2 & 230"]),
    # Thousands are no list, nor is what stands behind a slash.
    ({"customer_id": "2,230,000"}, []),
    ({"customer_id": "2024/230"}, []),
    ({"customer_id": "C-1"}, []),
    *(
        ({"email": text}, ["1230017"])
        for text in ("ann%40mail.test", "ann @ mail.test", "ann(at)mail.test", "ann [AT] mail.test")
    ),
    ({"customer_id": "ann (at) mail.test"}, ["1230017"]),
    *(
        ({column: text}, ["1230017"])
        for column in ("email", "customer_id")
        for text in (
            *("ann@mail.test*", "!ann@mail.test", "ann@mail.test#", "ann@mail.test\u2013", "\u2022ann@mail.test"),
            *("\u201eann@mail.test\u201c", "\u00abann@mail.test\u00bb", "`ann@mail.test`", "-ann@mail.test", "+ann@mail.test"),
            *("ann@@mail.test", "www.ann@mail.test", "ann@mail,test", "ann@mail.test\u2026", "*!www.ann@mail.test!"),
        )
    ),
    ({"email": "x_ann@mail.test"}, []),
    ({"email": "ann@mail.test,gone"}, ["1230017"]),
    ({"email": "https://shop.test/leave?mail=ann@mail.test&all=1"}, ["1230017"]),
    ({"email": "ann+news@mail.test"}, ["1230017"]),
    ({"email": "bob@googlemail.com"}, ["C-18"]),
    *(({column: text}, ["1230017", "c19"]) for column in ("email", "customer_id") for text in ("@Mail.test", "*@mail.test")),
    ({"email": "@nowhere.test"}, []),
    ({"email": "B.O.B@gmail.com"}, ["C-18"]),
    ({"email": "carl@mail.test"}, ["c19"]),
    ({"email": md5(b"ann@mail.test").hexdigest().upper()}, ["1230017"]),
    ({"customer_id": md5(b"ann@mail.test").hexdigest()}, ["1230017"]),
    ({"email": "sha256:" + sha256(b"ann@mail.test").hexdigest()}, ["1230017"]),
    ({"customer_id": "1,230,017.00"}, ["1230017"]),
    ({"customer_id": "1.230.017,0"}, ["1230017"]),
    ({"email": sha1(b"ann@mail.test").hexdigest()}, ["1230017"]),
    ({"customer_id": sha1(b"ann@mail.test").hexdigest().upper()}, ["1230017"]),
    ({"email": "0x" + sha256(b"ann@mail.test").hexdigest()}, ["1230017"]),
    ({"phone": "mobil 01517 0000321"}, ["1230017"]),
    ({"phone": "+49 1517 0000321 ext. 5"}, ["1230017"]),
    ({"phone": "+49 1517 0000321 oder 0228 123"}, ["1230017"]),
    *(
        ({"phone": text}, ["1230017"])
        for text in (
            *("'01517 0000321", '="015170000321"', "+491517\u20130000321", "0228 1234567\n01517 0000321", "[01517] 0000321"),
            *("015170000321 *", "015170000321+", "01517,0000321", "01517_0000321", "01517\\0000321", "01517:0000321"),
            *("01517 0000321/22", "1517 0000 321.0", "".join(chr(0x660 + int(digit)) for digit in "015170000321")),
        )
    ),
    ({"phone": sha256(b"+4915170000321").hexdigest()}, ["1230017"]),
    ({"phone": sha256(b"004915170000321").hexdigest()}, ["1230017"]),
    ({"phone": sha256(b"015170000321").hexdigest()}, ["1230017"]),
    ({"phone": md5(b"+4915170000321").hexdigest()}, ["1230017"]),
    *(({"street": street, "postal_code": "53115"}, ["c19"]) for street in ("M\u00fcllerweg 3", "Muellerweg 3", "MULLERWEG 3")),
    ({"street": "Muellerweg 3", "city": "B\u00f3nn"}, ["c19"]),
    ({"street": "M\u00fcllerweg 3, 2. OG", "postal_code": "53115"}, ["c19"]),
    ({"street": "M\u00fcllerweg 3", "postal_code": "D-53115 Bonn"}, ["c19"]),
    ({"street": "M\u00fcllerweg 3", "city": "53115 Bonn"}, ["c19"]),
    ({"street": "M\u00fcllerweg 3", "city": "53113 Bonn"}, []),
    ({"street": "Sankt-Anna-Pl. 4", "postal_code": "10115"}, ["no. 2 & 230"]),
    ({"street": "Gasse 900", "city": "Frankfurt/Main"}, ["g"]),
    *(({"email": f"anna@{domain}"}, ["no. 2 & 230"]) for domain in ("xn--mller-kva.test", "M\u00fcller.test")),
    *(({"customer_id": f"gus@{domain}"}, ["g"]) for domain in ("XN--mller-kva.test", "m\u00fcller.test")),
    ({"email": "@xn--mller-kva.test"}, ["g", "no. 2 & 230"]),
]


def test_a_no_is_found_in_every_spelling(any_engine: Engine) -> None:
    numbers = count()

    def stage(table: ir.Table) -> ir.Table:
        name = f"stages.s{next(numbers)}"
        any_engine.write(name, table)
        return any_engine.table(name)

    listed = current_suppressions(listing(*(row for row, _ in SAID)), shop.AS_OF)
    found: dict[int, set[str]] = {}
    for one in any_engine.rows(named_accounts(listed, with_forms(shop.table(shop.ACCOUNT, PEOPLE), stage), stage)):
        found.setdefault(int(str(one["_row"])), set()).add(str(one["customer_id"]))
    told = [(row, sorted(found.get(number, ()))) for number, (row, _) in enumerate(SAID, start=1)]
    assert told == SAID


def test_a_no_of_one_account_holds_for_who_has_its_address_in_another_spelling_on_that_channel(any_engine: Engine) -> None:
    numbers = count()

    def stage(table: ir.Table) -> ir.Table:
        name = f"spread.s{next(numbers)}"
        any_engine.write(name, table)
        return any_engine.table(name)

    place = ("m\u00fcllerweg3|53115|bonn", "m\u00fcllerweg3|53115", "m\u00fcllerweg3|bonn")
    other = ("muellerweg3|53115|bonnamrhein", "muellerweg3|53115", "muellerweg3|bonnamrhein")
    people = [
        ("a", "a", True, "a@mail.test", "+4915170000321", *place),
        ("b", "b", True, "b@mail.test", "015170000321", None, None, None),
        ("c", "c", True, "c@mail.test", "4915170000321", *other),
        ("d", "d", True, "d@mail.test", "+4315170000321", None, None, None),
        ("e", "e", True, "e@mail.test", "+49015170000321", *place),
        ("f", "f", True, "a+shop@mail.test", None, None, None, None),
    ]
    accounts = with_forms(shop.table(shop.ACCOUNT, people), stage)
    schema = {"customer_id": "string", "channel": "string"}

    def spread(channel: str | None) -> list[tuple[object, object]]:
        found = at_their_addresses(shop.table(schema, [("a", channel)]), accounts, stage)
        return sorted((row["customer_id"], row["channel"] or "all") for row in any_engine.rows(found))

    sms, others = [(key, "sms") for key in "bce"], [("c", "post"), ("f", "ads"), ("f", "email")]
    assert spread(None) == sorted([("a", "all"), *sms, *others])
    assert spread("sms") == [("a", "sms"), *sms]
    assert spread("email") == [("a", "email"), ("f", "email")]


def test_an_address_in_a_strange_spelling_names_somebody() -> None:
    listed = current_suppressions(
        listing(*({"email": text} for text in (md5(b"x").hexdigest(), "ann (at) mail.test", "@mail.test"))), shop.AS_OF
    )
    assert [row["nobody"] for row in ENGINE.rows(listed.select(nobody=names_nobody(listed)))] == [False, False, False]


@pytest.mark.slow
def test_forms_of_one_thing_are_equal_and_those_of_two_are_not() -> None:
    texts = {"a.b@gmail.com": "ab@gmail.com", "ab@googlemail.com": "ab@gmail.com", "a.b@mail.test": "a.b@mail.test"}
    table = ENGINE.memtable({"text": list(texts)}, {"text": "string"})
    assert [row["found"] for row in ENGINE.rows(table.select(found=mailbox(table.text)))] == list(texts.values())
    forms = {"tag": untagged_mailbox(ibis.literal("a.b+c@gmail.com")), "key": bare_key(ibis.literal("-- 0017/a"))}
    forms |= {"none": bare_key(ibis.literal("--")), "place": without_marks(ibis.literal("gro\u00dfer\u00f3ue"))}
    found = ENGINE.rows(table.limit(1).select(**forms))[0]
    assert found == {"tag": "ab@gmail.com", "key": "17a", "none": None, "place": "gro\u00dferou"}
