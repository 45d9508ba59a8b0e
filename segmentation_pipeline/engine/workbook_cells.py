"""What stands in a cell of a workbook, as the text that files of text would have.

Belongs here: one cell at a time.  Which cells are read is decided in ``workbooks.py``.
"""

from __future__ import annotations

import datetime as dates
import re
from decimal import Decimal

MOST_DIGITS = 15
"""Spreadsheets keep so many digits of a number; of a longer key the rest is lost."""

_MOST_WHOLE = 10**MOST_DIGITS
_THREE_DECIMALS = re.compile(r"[.,][0-9]{3}$")

Cell = str | float | bool | dates.datetime | dates.date | dates.time | dates.timedelta


def cell_text(value: Cell, decimal: str | None = None) -> str | None:
    """The text of a cell; null for an empty one.

    Whole numbers have no decimals, others as few as make them the same number again.  Numbers of more digits than
    spreadsheets keep are spelled so that as a key they are seen to be inexact.  ``decimal`` is the decimal sign of a column
    of numbers: there three decimals become four, since three could be thousands.

    >>> cell_text(12345.0), cell_text(19.989999999999998), cell_text("007"), cell_text(True), cell_text("")
    ('12345', '19.99', '007', 'true', None)
    >>> cell_text(1.234, ","), cell_text(1234567890123456.0), cell_text(1e-7)
    ('1,2340', '1.23456789012346E+15', '0.0000001')
    >>> cell_text(dates.date(2025, 3, 10)), cell_text(dates.datetime(2025, 3, 10, 9, 15)), cell_text(dates.timedelta(hours=30))
    ('2025-03-10', '2025-03-10T09:15:00', '30:00:00')
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(float(value), decimal)
    if isinstance(value, dates.timedelta):
        seconds = round(value.total_seconds())
        sign = "-" if seconds < 0 else ""
        return f"{sign}{abs(seconds) // 3600:02d}:{abs(seconds) // 60 % 60:02d}:{abs(seconds) % 60:02d}"
    return value.isoformat()


def _number(value: float, decimal: str | None) -> str:
    whole = value.is_integer()
    if whole and abs(value) < _MOST_WHOLE:
        return str(int(value))
    if whole and decimal is None:
        return f"{value:.{MOST_DIGITS - 1}E}"
    text = str(int(value)) if whole else repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    if decimal is not None and not whole:
        text = text.replace(".", decimal)
        text += "0" if _THREE_DECIMALS.search(text) else ""
    return text


def column_letters(column: int) -> str:
    """The letters above a column, counted from 0.

    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(701), column_letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The column, counted from 0, that has ``letters`` above it.

    >>> column_number("A"), column_number("XFD")
    (0, 16383)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
