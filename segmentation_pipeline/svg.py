"""What every picture we draw needs: numbers short, texts escaped, and how wide a text will be.

Belongs here: arithmetic of marks and texts.  Does not belong here: any chart; those of Dagster's pages are in
``assets/pictures.py``, those of the report in ``report/charts``.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import isfinite
from unicodedata import east_asian_width

LETTER = 0.6
"""Width of a letter, as a share of its height: generous, as nobody knows the typeface of whoever looks."""

_NARROW = "\N{NO-BREAK SPACE}"
"""Python takes it for unprintable, as it takes all blanks but one."""


def escaped(text: str) -> str:
    """The text for an SVG; what cannot be printed is told by a sign of its own."""
    return escape("".join(sign if sign.isprintable() or sign == _NARROW else "\N{REPLACEMENT CHARACTER}" for sign in text))


def number(value: float) -> str:
    """A place or a length in tenths of a point.

    >>> number(12.04), number(3.26)
    ('12', '3.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def told(value: float) -> str:
    """A count in full, anything else in three digits, of which no more than three stand behind the point.

    >>> told(1234.0), told(0.12345), told(0.000032)
    ('1,234', '0.123', '0.000')
    """
    if not isfinite(value):
        return "-"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 0.001 else f"{value:.3g}"


def width_of(texts: Iterable[str], size: int = 11) -> float:
    """Points that the longest text takes, with a little air."""
    return 8 + max((letters(text) for text in texts), default=0) * size * LETTER


def letters(text: str) -> int:
    """Chinese and the like is written twice as wide."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
