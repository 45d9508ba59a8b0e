"""How a file writes dates and times: strptime patterns, and the numbers that stand for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations

SPECIAL_FORMATS = ("excel", "epoch", "epoch_ms")
"""Days since 1899-12-30 as spreadsheets count them; seconds and milliseconds since 1970 in UTC."""

_DIRECTIVE = re.compile("%(-?[A-Za-z%])")
_KNOWN = frozenset([*"aAbBdfgHIjmMnpSuUWyYzZ%", *(f"-{letter}" for letter in "dmHIMSyj")])
_LETTERS = (
    ("YYYY", "%Y"), ("yyyy", "%Y"), ("JJJJ", "%Y"), ("AAAA", "%Y"), ("MMM", "%b"), ("MM", "%m"), ("DD", "%d"), ("dd", "%d"),
    ("TT", "%d"), ("JJ", "%d"), ("HH24", "%H"), ("HH", "%H"), ("hh", "%H"), ("mm", "%M"), ("mi", "%M"), ("MI", "%M"),
    ("ss", "%S"), ("SS", "%S"), ("YY", "%y"), ("yy", "%y"), ("tt", "%p"),
)  # fmt: skip


def known_format(pattern: str) -> str:
    """``pattern``, when it is one; raises ``ValueError`` with the pattern that was probably meant.

    >>> known_format("DD.MM.YYYY HH:mm")
    Traceback (most recent call last):
    ...
    ValueError: 'DD.MM.YYYY HH:mm' is no pattern of dates; write '%d.%m.%Y %H:%M'
    """
    if pattern in SPECIAL_FORMATS:
        return pattern
    if "%" not in pattern:
        raise ValueError(f"'{pattern}' is no pattern of dates; write '{_meant(pattern)}'")
    for directive in _DIRECTIVE.findall(pattern):
        if directive not in _KNOWN:
            raise ValueError(f"'{pattern}' has %{directive}, which reads nothing; use %Y %m %d %H %M %S, %b, %p, %z and the like")
    return pattern


def readings_agree(formats: Sequence[str]) -> None:
    """Raise ``ValueError`` when two patterns of a list read one text as two days: the first would win, and be wrong for some.

    >>> readings_agree(["%d/%m/%Y", "%m/%d/%Y"])
    Traceback (most recent call last):
    ...
    ValueError: '%d/%m/%Y' and '%m/%d/%Y' read '05/04/2003' as two days, so that nobody can tell which is meant; name one of them
    """
    for one, other in permutations([pattern for pattern in formats if pattern not in SPECIAL_FORMATS], 2):
        try:
            text = _PROBE.strftime(one)
            read = datetime.strptime(text, other)
        except ValueError:
            continue
        if read.year >= _PROBE.year - 100 and read.date() != _PROBE.date():
            raise ValueError(
                f"'{one}' and '{other}' read '{text}' as two days, so that nobody can tell which is meant; name one of them"
            )


_PROBE = datetime(2003, 4, 5, 10, 7, tzinfo=UTC)
"""A day whose parts may each be day, month or year."""


def _meant(pattern: str) -> str:
    meant, rest = "", pattern
    while rest:
        letters, sign = next(((w, s) for w, s in _LETTERS if rest.startswith(w)), (rest[0], rest[0]))
        after_hour = meant.endswith(("%H:", "%H.")) and sign == "%m"
        meant, rest = meant + ("%M" if after_hour else sign), rest[len(letters) :]
    return meant if "%" in meant else "%Y-%m-%d"
