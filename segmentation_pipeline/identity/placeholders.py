"""Values people type when they have none: they look like an identifier and connect whoever typed them.

Which values these are for one shop more than this says the list ``identity.placeholders``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import cast

import ibis
import ibis.expr.types as ir

_WORDS = (
    *("anonym", "anonymous", "asdf", "asdfg", "asdfgh", "asdfghjkl", "blank", "customer", "default", "dummy", "empty", "fake"),
    *("gast", "guest", "invalid", "kasse", "kein", "keine", "keineangabe", "keineemail", "keinemail", "kunde", "leer", "missing"),
    *("na", "nan", "nil", "nobody", "noemail", "nomail", "none", "nonumber", "nophone", "notapplicable", "notavailable"),
    *("notgiven", "notprovided", "null", "ohne", "placeholder", "privat", "qwer", "qwert", "qwerty", "qwertyuiop", "qwertz"),
    *("tba", "tbd", "undefined", "unbekannt", "unknown", "void", "xyz", "yxcv", "zxcv", "zxcvbn", "inconnu", "desconocido"),
    *("sconosciuto", "onbekend", "abc", "abcd", "abcde", "abcdef", "foo", "foobar", "aucun", "ninguno", "nessuno", "geen"),
    *("anonymised", "anonymisiert", "anonymized", "deleted", "erased", "fehlt", "geloescht", "gel\u00f6scht", "lost", "removed"),
    *("example", "false", "true", "neu", "new", "notfound", "notset", "notsupplied", "optout", "pending", "ref", "temp", "test"),
    *("tester", "testkunde", "user", "username", "verloren", "janedoe", "johndoe", "erikamustermann", "mustermann"),
    *("maxmustermann", "barverkauf", "kasse", "laufkunde", "laufkundschaft", "unknowncustomer", "walkin", "walkincustomer"),
    *("master", "mitarbeiter", "personal", "staff", "bitte", "noexiste", "notiene", "tbc", "nodata", "nichtvorhanden"),
)
_COMPOSED = (
    r"^(de|den|do|dummy|fake|gast|haus|kasse|kassen|kein|keine|kunden|laden|master|mitarbeiter|muster|na|neue|new|no|not|ohne|ohnee"
    r"|pasde|pasd|personal|sans|senza|shop|sin|sine|staff|store|temp|test|without|zonder)"
    r"(address|adres|adresse|angabe|card|carte|contact|correo|courriel|customer|e?mail|e?mailaddress|handy|have|karte"
    r"|kunde|mobile|name|number|nummer|phone|tarjeta|tel|telefon|telefono|telephone|tessera|tieneemail)[0-9]*$"
)
"""``no card``, ``keine Karte``, ``sans mail``: what there is none of, or what belongs to the shop."""
_MADE_UP = "^(dummy|fake|temp|test|tester)[0-9]*$"
_MADE_UP_BOXES = "^(anonym|anonymous|customer|dummy|fake|gast|guest|kunde|nobody|noemail|nomail|none|temp|test|tester)[0-9]*$"
"""Who makes up one makes up more: ``dummy1``, ``gast123``."""
_BLANKS = r"[\s._/\\*?!()<>\[\]{}'#+,;:-]+"
_LONG_RUN = 7
"""As many equal or consecutive digits stand in fewer than one of 100,000 numbers that were given out."""
_SHORT_RUN = 6
"""At the end of a number; and of a number alone, four."""

_UP, _DOWN = "01234567890", "09876543210"


def is_placeholder(kind: ir.StringValue, value: ir.StringValue, more: Collection[str] = ()) -> ir.BooleanValue:
    """Whether a normalised ``value`` of a ``kind`` of identifier stands for none; null where ``value`` is.

    Words for nothing (``n/a``, ``none@...``), one sign repeated, digits or keys in a row.  Telephone numbers may have
    such digits within, since a country and area precede them.  A customer key of one or two digits is what tills and tests
    are numbered with.  ``more`` are further values, compared without regard
    to capitals, blanks and punctuation; one that ends in ``@`` is a mailbox of any domain.
    """
    lower = value.lower()
    bare = _bare(lower)
    mailbox = _bare(lower.re_extract("^([^@+]*)", 1))
    domain = _bare(lower.re_extract("@([^@.]+)", 1))
    names = sorted({_plain(entry) for entry in more if entry.strip() and not entry.strip().endswith("@")})
    boxes = sorted({*_WORDS, *(_plain(entry) for entry in more if entry.strip().endswith("@"))})
    anything = (bare == "") | bare.isin([*_WORDS, *names]) | bare.re_search(f"{_MADE_UP}|{_COMPOSED}")
    anything = anything | bare.re_search(_one_sign(1, "0") + "|" + _one_sign(3, "x"))
    of_nobody = mailbox.isin(boxes) | mailbox.re_search(f"{_MADE_UP_BOXES}|{_COMPOSED}")
    of_nobody = of_nobody | mailbox.re_search(_same_sign(3)) | _in_a_row(mailbox, 3)
    # x@x.de, and email@email.com, but not a family's own domain.
    twice = (mailbox == domain) & (mailbox.length() <= _SHORT_NAME)
    of_mail = of_nobody | twice | domain.isin(_EMPTY_DOMAINS) | lower.endswith(".invalid")
    of_phone = bare.re_search(_within(_LONG_RUN)) | bare.re_search(_repeated(_SHORT_RUN) + "$") | bare.re_search(_PAIRS)
    of_phone = of_phone | bare.re_search(_MADE_UP_ENDS) | bare.re_search(_FOR_FILMS)
    of_key = bare.re_search(_same_sign(4)) | _in_a_row(bare, 4) | bare.re_search(_ROUND)
    of_register = of_key | bare.re_search("^[0-9]{1,2}$")
    return anything | ibis.cases(
        (kind == "email", of_mail), (kind == "phone", of_phone), (kind == "customer_key", of_register), else_=of_key
    )


def is_no_name(name: ir.StringValue) -> ir.BooleanValue:
    """Whether all of what stands for a person's name says that there is none: ``n/a``, ``N.N.``, ``keine Angabe``, ``xxx``."""
    bare = _bare(name.lower())
    return bare.isin([*_WORDS, "nn", "noname", "nichtangegeben", "nichtbekannt"]) | bare.re_search(_same_sign(3))


_SHORT_NAME = 5
_MADE_UP_ENDS = "(" + "|".join(["123456", "654321", "121212", "123123", "1231231", "112233", "11223344", "0{5}[0-9]"]) + ")$"
"""What hands type at the end of a number."""
_FOR_FILMS = "^1[0-9]{3}55501[0-9]{2}$"
"""North American numbers that are never given out."""
_ROUND = "^([1-9]0{8,}|0{6,}[1-9])$"
_EMPTY_DOMAINS = ("keine", "keineemail", "na", "noemail", "nomail", "none", "nowhere", "null", "unbekannt", "unknown")


def _plain(entry: str) -> str:
    return re.sub(_BLANKS, "", entry.lower().strip().removesuffix("@"))


def _bare(text: ir.StringValue) -> ir.StringValue:
    return cast(ir.StringValue, text.re_replace(_BLANKS, ""))


def _one_sign(least: int, sign: str) -> str:
    return f"^{sign}{{{least},}}$"


def _repeated(times: int) -> str:
    """One digit so many times; regular expressions of engines do not look back."""
    return "(" + "|".join(f"{digit}{{{times}}}" for digit in range(10)) + ")"


def _same_sign(least: int) -> str:
    return "^(" + "|".join(f"{sign}{{{least},}}" for sign in "abcdefghijklmnopqrstuvwxyz0123456789") + ")$"


def _rows(length: int) -> list[str]:
    """The digits in a row, up and down, of one length."""
    return [row[n : n + length] for row in (_UP, _DOWN) for n in range(len(row) - length + 1)]


def _within(length: int) -> str:
    return "|".join([_repeated(length), *_rows(length)])


def _in_a_row(text: ir.StringValue, least: int) -> ir.BooleanValue:
    """Whether all of it is digits in a row, at least so many."""
    return text.isin([row for length in range(least, len(_UP) + 1) for row in _rows(length)])


_PAIRS = "(" + "|".join(f"({a}{b}){{4}}" for a in range(10) for b in range(10) if a != b) + ")$"
