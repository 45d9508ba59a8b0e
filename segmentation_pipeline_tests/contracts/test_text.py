"""What is no part of a text or key: blanks, signs without room, and decimals nobody typed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import ibis.expr.types as ir
import pytest

from segmentation_pipeline.contracts.text import Form, as_text, in_form, looks, lost_digits, plain
from segmentation_pipeline.engine.duckdb import DuckDBEngine

ENGINE = DuckDBEngine(None)

KEYS = {
    "ann": "ann",
    " ann\t": "ann",
    "ann\u00a0": "ann",
    "\u3000ann\u2009": "ann",
    "\u200bann": "ann",
    "\ufeffann": "ann",
    "a\u200dn\u00adn": "ann",
    "\u202eann\u202c": "ann",
    "\uff21\uff11": "A1",
    "u\u0308": "\u00fc",
    "\ufb01x": "fix",
    "ann\u00a0lee": "ann lee",
    "\u3164": None,
    "\u200b \u00a0": None,
    "": None,
    "00123": "00123",
    "123.0": "123",
    "1234567.00": "1234567",
    "0.0": "0",
    "9007199254740992.0": "9007199254740992",
    "\uff11.0": "1",
    "1.000": "1.000",
    "01.0": "01.0",
    "1.5": "1.5",
    "12E3": "12E3",
    "1.234567E6": "1234567",
    "1.234567e+06": "1234567",
    "123456789012345678901": "123456789012345678901",
}
LOST = ["5.00E+12", "1e+16", "9.007199254740994E+16", "9007199254740994.0", "1.2E3", "9\u200b007199254740994.0"]


def made(values: list[object], kind: str, function: Callable[[ir.Value], ir.Value]) -> list[object]:
    table = ENGINE.memtable({"n": range(len(values)), "v": values}, {"n": "int64", "v": kind})
    return [row["v"] for row in ENGINE.rows(table.select("n", v=function(table.v)).order_by("n"))]


def as_keys(text: ir.StringValue) -> ir.StringValue:
    return in_form(text, Form.KEY)


def test_keys_lose_what_is_no_part_of_them():
    assert made(list(KEYS), "string", as_keys) == list(KEYS.values())
    assert [plain(key, Form.KEY) or None for key in KEYS] == list(KEYS.values()), "configuration reads them alike"


def test_a_key_that_lost_digits_is_none_and_known_to_have_been_one():
    assert made(LOST, "string", as_keys) == [None] * len(LOST)
    assert made(LOST[:-1], "string", lost_digits) == [True] * (len(LOST) - 1)
    assert made([*KEYS], "string", lost_digits) == [False] * len(KEYS)


@pytest.mark.parametrize("form", [Form.TEXT, Form.PERSONAL, Form.ADDRESS])
def test_texts_keep_their_decimals_and_lose_blanks_at_their_ends(form):
    texts = ["\u00a0M\u00fcller\u2009", "Mu\u0308ller\u200b", "1234567.0", "New\u00a0York", "\u200b", None]
    expected = ["M\u00fcller", "M\u00fcller", "1234567.0", "New York", None, None]
    assert made(texts, "string", lambda text: in_form(text, form)) == expected


def test_signs_within_stay_where_an_address_would_be_another_without_them():
    assert plain("a\u200bnn") == "ann"
    assert plain("a\u200bnn", Form.PERSONAL) == plain("a\u200bnn", Form.ADDRESS) == "a\u200bnn"
    assert plain("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645") == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert plain("\uff21") == "\uff21", "a text is not a key"


def test_numbers_of_any_type_become_the_text_of_a_key():
    doubles = [1234567.0, None, float("nan"), 2.0**53, 90071992547409931.0, 1.5, -3.0]
    assert made(doubles, "float64", lambda v: as_keys(as_text(v))) == [
        *("1234567", None, None, "9007199254740992", None, "1.5", "-3")
    ]
    assert made([7.0, 2.0**25], "float32", lambda v: as_keys(as_text(v))) == ["7", None]
    assert made([Decimal("12.00"), Decimal("12.50")], "decimal(9, 2)", as_text) == ["12", "12.50"]
    assert made([90071992547409931], "int64", as_text) == ["90071992547409931"]


def test_different_keys_that_look_alike():
    alike = ["ann", "ANN", "\u0430nn", "'ann"]
    assert made(alike, "string", looks) == ["ann"] * 4
    assert made(["00123", "123", "000"], "string", looks) == ["123", "123", "000"]
