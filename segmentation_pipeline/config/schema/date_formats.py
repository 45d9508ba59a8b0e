"""How a file writes dates and times: strptime patterns, and the numbers that stand for them."""

from __future__ import annotations

import re

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


def _meant(pattern: str) -> str:
    meant, rest = "", pattern
    while rest:
        letters, sign = next(((w, s) for w, s in _LETTERS if rest.startswith(w)), (rest[0], rest[0]))
        after_hour = meant.endswith(("%H:", "%H.")) and sign == "%m"
        meant, rest = meant + ("%M" if after_hour else sign), rest[len(letters) :]
    return meant if "%" in meant else "%Y-%m-%d"
