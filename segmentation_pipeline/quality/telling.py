"""Which values of refused rows may be told: columns shift, and what stands where a status should be may be somebody's name.

Messages go to logs, to the UI and to published tables, where nothing personal may be and from where nothing is erased.
What may be personal is told by its shape: ``a`` for letters and ``9`` for digits.
"""

from __future__ import annotations

import re

from segmentation_pipeline.config.diagnostics import shown
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.quality.cures import date_formats
from segmentation_pipeline.rules.file_columns import UNREADABLE

ENOUGH_CUSTOMERS = 3
"""A word that so many customers share names none of them."""

_CELL = re.compile("'([^']*)'")
_MOST_DIGITS = 8
"""Numbers with more may be telephone numbers."""

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_UNIT, _LONGEST_NUMBER = 3, 63
_MOMENT = re.compile(
    r"^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ][0-9:.,]*)?\s*([+-][0-9:]{1,8}|[A-Z]{1,4})?$"
    r"|^[0-9]{5}([.][0-9]+)?$|^1[0-9]{9}([0-9]{3})?$"
)
_USUAL = frozenset(
    """active annulled authorized awaiting bezahlt cancel canceled cancelled cart checkout closed complete completed confirmed
    declined deleted delivered denied dispute disputed done draft error expired failed fraud fulfilled gelöscht hold in invoiced
    new no not null offen on open order paid partial partially payment pending picked placed processing received refund
    refunded rejected removed retour return returned review sent shipped shipping storniert storno success test transit
    trash unfulfilled unknown unpaid up versendet void voided waiting wc yes
    false granted ja n nein non opt opted optin optout out revoked subscribed true unsubscribed withdrawn y""".split()  # noqa: SIM905  read as words
)


def told(value: str, column: Column) -> str:
    """A value of a column as it may be told; of one that could not be made of others, those."""
    text = value.strip()
    if text.startswith(UNREADABLE):
        return _CELL.sub(lambda cell: quoted(_safe(cell[1], column)), text)
    return quoted(_safe(text, column))


def _safe(text: str, column: Column) -> str:
    if column.type in (Type.INTEGER, Type.NUMBER, Type.MONEY):
        safe = _is_number(text)
    elif column.type in (Type.INSTANT, Type.DAY):
        safe = bool(_MOMENT.match(text)) or bool(date_formats([text]))
    else:
        safe = False
    return text if safe else shape(text)


def _is_number(text: str) -> bool:
    """Whether it is digits and signs, with one short word such as a currency at most, in letters of any script.

    >>> _is_number("12,50 EUR"), _is_number("--"), _is_number("\u041c\u0430\u0440\u0438\u044f"), _is_number("\u738b\u5c0f\u660e")
    (True, True, False, False)
    """
    words, digits = _WORD.findall(text), sum(map(str.isdigit, text))
    if (words and not digits) or len(words) > 1 or len(text) > _LONGEST_NUMBER:
        return False
    return digits <= _MOST_DIGITS and all(len(word) <= _LONGEST_UNIT for word in words)


def told_word(word: str, customers: int) -> str:
    """A word that nobody gave a meaning: plain when it is a usual one or ``customers`` enough have it."""
    parts = _WORD.findall(word.lower())
    usual = bool(parts) and all(part in _USUAL for part in parts)
    shared = customers >= ENOUGH_CUSTOMERS and "@" not in word and sum(map(str.isdigit, word)) <= 3
    return quoted(word if usual or shared else shape(word))


def shape(text: str) -> str:
    """
    >>> shape("Anna Müller, 0171")
    'aaaa aaaaaa, 9999'
    """
    return "".join("a" if sign.isalpha() else "9" if sign.isdigit() else sign for sign in text)


def quoted(text: str) -> str:
    """On one line, not too long, without signs that a screen obeys."""
    return shown(text)
