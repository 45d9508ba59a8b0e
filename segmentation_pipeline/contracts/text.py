"""What a text and a key are once the accidents of how they were typed, copied and exported are gone.

The one place for it: every key that is joined and every text that is compared, in files, rules and configuration, has
been through here.  Nearly all values are plain already; the engine only looks whether one is.  What Unicode has
to say about the others is said in Python, value by value, so that it is the same on every engine.

A *key* is in Unicode's form NFKC (``Ａ１`` is ``A1``) without any sign that takes no room, and a whole number that a
spreadsheet or data frame made a decimal one is whole again.  A *text* is in form NFC, its blanks are plain ones, and
signs without room are gone but for the joiners that some scripts need.  A *personal* text keeps the signs within it,
because an *address*, which is in form NFKC too, is none when it has some.  A *mail domain* is read as it is shown:
``xn--mller-kva.test`` as ``müller.test``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from segmentation_pipeline.contracts.engine_function import engine_function


class Form(StrEnum):
    """What a text is for, which decides what about it is an accident."""

    KEY = "key"
    TEXT = "text"
    PERSONAL = "personal"
    ADDRESS = "address"
    MAIL_DOMAIN = "mail_domain"


_FORMS = {form.value: form for form in Form}

MOST_EXACT = 2**53
"""Up to here a double knows every whole number; beyond, what was a key may have become another."""

ASCII_BLANKS = " \t\n\r\v\f"
_BLANK = re.compile("(?![\\x00-\\x7f])[\\s\u115f\u1160\u2800\u3164\uffa0]")
"""What Unicode counts as white space beyond ASCII, and letters and signs that show as one."""
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
_NO_ROOM = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Unicode's default ignorable signs: zero width, direction, variants."""
NO_ROOM = "".join(f"\\x{{{ord(sign):x}}}" if sign != "-" else sign for sign in _NO_ROOM)
"""The same for an engine's regular expressions, within brackets."""
_SIGN = re.compile(f"[{_NO_ROOM}]")
_NOTABLE = re.compile(f"[\\s\u115f\u1160\u2800\u3164\uffa0{_NO_ROOM}]")
_NEEDLESS_SIGN = re.compile(f"(?![{_JOINERS}])[{_NO_ROOM}]")
_AT_THE_ENDS = re.compile(f"^[ {_NO_ROOM}]+|[ {_NO_ROOM}]+$")

FLOAT = r"^(0|[1-9][0-9]*)\.00?$|^[0-9](\.[0-9]+)?[eE]\+[0-9]{1,3}$|^[0-9]\.[0-9]+[eE][0-9]{1,2}$"
"""How spreadsheets and programs spell a whole number they take for a decimal one.  ``1.000`` may be a thousand, and
``12E3`` an article."""
_FLOAT_TEXT = re.compile(FLOAT)
SHORT = r"^(0|[1-9][0-9]{0,14})[.]0$"
"""So few digits that none can be wrong: all keys of a file may be spelled like this."""


def plain(text: str, form: Form = Form.TEXT) -> str:
    """``text`` in its form; empty when nothing is left, or when it is a key whose digits are lost.

    >>> [plain(key, Form.KEY) for key in ("\\u200bann\\xa0", "1234567.0", "1.234567E+06", "5.00E+12", "1.5")]
    ['ann', '1234567', '1234567', '', '1.5']
    """
    if form is Form.MAIL_DOMAIN:
        return _shown_domain(text) if "xn--" in text else text
    composed = unicodedata.normalize("NFKC" if form in (Form.KEY, Form.ADDRESS) else "NFC", text)
    if _NOTABLE.search(composed):
        composed = _BLANK.sub(" ", composed)
        if form in (Form.KEY, Form.TEXT):
            composed = (_SIGN if form is Form.KEY else _NEEDLESS_SIGN).sub("", composed)
        composed = _AT_THE_ENDS.sub("", composed).strip()
    return _whole(composed) if form is Form.KEY and _FLOAT_TEXT.match(composed) else composed


@lru_cache(maxsize=2**16)
def plain_once(text: str, form: str) -> str:
    """``plain`` for engines: the same names and places come again and again."""
    return plain(text, _FORMS[form])


def digits_are_lost(text: str) -> bool:
    """``lost_digits`` of one text."""
    return bool(_FLOAT_TEXT.match(text.strip(ASCII_BLANKS))) and not plain_once(text, Form.KEY.value)


def _shown_domain(address: str) -> str:
    """An address, or a domain alone, with the labels behind its @ that are Punycode decoded; those that are none stay."""
    box, at, domain = address.rpartition("@")
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return box + at + unicodedata.normalize("NFKC", ".".join(labels)).lower()


def _whole(number: str) -> str:
    """The digits of a whole number spelled as ``FLOAT``; empty when it does not have them all."""
    mantissa, _, exponent = number.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    places = int(exponent or 0)
    if (exponent and len(decimals) < places) or decimals[places:].strip("0"):
        return ""
    digits = (whole + decimals[:places]).lstrip("0") or "0"
    return digits if int(digits) <= MOST_EXACT else ""


def in_form(text: ir.StringValue, form: Form = Form.TEXT) -> ir.StringValue:
    """A column of texts in their form; null when nothing is left, and where ``lost_digits``."""
    return cast(ir.StringValue, _IN_FORM[form](text))


def said_once(value: ir.Value, of: Callable[[Any], ir.Value]) -> ir.Value:
    """``of(value)``, in which a long ``value`` that ``of`` names several times is said once.

    An engine plans every place where an expression stands, and each regular expression in it is compiled there: what grows
    with every step takes seconds to plan.  No function in Python may be within ``of``, which Spark runs for parts of a list.
    """
    return ibis.array([value]).map(of)[0]


def lost_digits(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a text is a number some of whose digits are lost, as ``5.00E+12``: as a key it names anything."""
    return cast(ir.BooleanValue, _lost_digits(text))


def is_odd_key(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a key may be written otherwise than its form, more than by plain blanks around it; null where there is none."""
    return cast(ir.BooleanValue, _is_odd_key(text))


def as_text(value: ir.Value) -> ir.StringValue:
    """A value of any type as text: whole numbers without decimals, however wide their type; no number is null."""
    kind = value.type()
    if isinstance(kind, dt.Floating):
        number = cast(ir.FloatingValue, value)
        number = ibis.ifelse(number.isnan(), ibis.null(kind), number)
        most = MOST_EXACT if kind.nbytes == 8 else 2**24
        whole = (number.abs() <= most) & (number.floor() == number)
        digits = number.cast("decimal(38, 0)").cast("string")
        # Too large a number is spelled so that as a key it is seen to be inexact.
        spelled = number.cast("float64").cast("string")
        spelled = (
            ibis.ifelse(number.abs() > most, "1e+" + spelled.length().cast("string"), spelled) if kind.nbytes < 8 else spelled
        )
        return cast(ir.StringValue, ibis.ifelse(whole, digits, spelled))
    text = cast(ir.StringValue, value.cast("string"))
    if isinstance(kind, dt.Decimal) and kind.scale:
        return cast(ir.StringValue, text.re_replace(r"\.0+$", ""))
    return text


def padded(key: ir.StringValue, width: int) -> ir.StringValue:
    """A key with leading zeros up to ``width``, where it is of digits alone."""
    short = key.re_search("^[0-9]+$") & (key.length() < width)
    return cast(ir.StringValue, ibis.ifelse(short, key.lpad(width, "0"), key))


NO_KEYS = (
    "null",
    "(null)",
    "\\n",
    "nan",
    "nat",
    "n/a",
    "#n/a",
    "n.a.",
    "<na>",
    "undefined",
    "#ref!",
    "#value!",
    "-",
    "--",
    "---",
    "?",
)
"""What programs write where there is no key, in lower case."""
NOBODYS_KEYS = ("none", "nil", "na", "unknown", "unbekannt", "inconnu", "desconocido", "guest", "gast", "anonymous")
"""What is written besides where nobody is named, in lower case."""


def is_no_key(key: ir.StringValue, *, of_person: bool) -> ir.BooleanValue:
    """Whether a key is a word for none: taken for a key, it would make one of all that have none."""
    words = (*NO_KEYS, *NOBODYS_KEYS) if of_person else NO_KEYS
    return cast(ir.BooleanValue, key.lower().isin(words).fill_null(False))


def looks(key: ir.StringValue) -> ir.StringValue:
    """What a person sees of a key: without capitals, leading zeros and quotes, letters of other scripts as the Latin
    ones they look like.  Different keys that look alike are told, never joined."""
    text = key.lower()
    text = ibis.ifelse(_beyond_ascii(text), text.translate(*_LOOK_ALIKE), text)
    quoted = (text < "0") | text.endswith("'") | text.endswith('"')
    text = ibis.ifelse(quoted, text.re_replace("^['\"`#]+|['\"`]+$", ""), text)
    padded = ibis.ifelse(text.startswith("0"), text.re_replace("^0+", ""), text)
    return cast(ir.StringValue, ibis.coalesce(padded.nullif(""), text))


_LOOK_ALIKE = (
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u0432\u043d\u043a\u043c\u0442"
    "\u03b1\u03bf\u03c1\u03bd\u03b9\u03ba\u03c4\u03c5\u03c7\u2010\u2011\u2013\u2014\u2212",
    "aceopxyijshdqwbhkmtaopviktyx-----",
)
"""Cyrillic and Greek letters and dashes, and what they are taken for."""


# Functions of the engine, each of which makes them of ``plain``: written out in every place they are needed, they
# would be most of what a query has to say.
FUNCTIONS = {form: f"segmentation_{form.value}" for form in Form}
"""The engine's function that brings texts into a form."""
LOST_DIGITS, IS_ODD_KEY = "segmentation_lost_digits", "segmentation_is_odd_key"


_key = engine_function(FUNCTIONS[Form.KEY], (dt.string,), dt.string)
_text = engine_function(FUNCTIONS[Form.TEXT], (dt.string,), dt.string)
_personal = engine_function(FUNCTIONS[Form.PERSONAL], (dt.string,), dt.string)
_address = engine_function(FUNCTIONS[Form.ADDRESS], (dt.string,), dt.string)
_mail_domain = engine_function(FUNCTIONS[Form.MAIL_DOMAIN], (dt.string,), dt.string)
_lost_digits = engine_function(LOST_DIGITS, (dt.string,), dt.boolean)
_is_odd_key = engine_function(IS_ODD_KEY, (dt.string,), dt.boolean)


_IN_FORM = {Form.KEY: _key, Form.TEXT: _text, Form.PERSONAL: _personal, Form.ADDRESS: _address, Form.MAIL_DOMAIN: _mail_domain}


_bits = engine_function("bit_length", (dt.string,), dt.int64)


def _beyond_ascii(text: ir.StringValue) -> ir.BooleanValue:
    return cast(ir.BooleanValue, _bits(text) != text.length() * 8)
