"""Regular expressions that find keys and addresses in texts where they stand for themselves, not as parts of longer ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS_AT_ONCE = 100
"""Words in one regular expression."""

_SIGN = r"[^\p{L}\p{N}@]"
"""What may stand beside a key or a number: one before or after an @ is part of an address."""
_BEFORE_ADDRESS = r"[^\p{L}\p{N}._%+\-]"
_AFTER_ADDRESS = r"[^\p{L}\p{N}._%+\-]|[._%+\-]+(?:$|[^\p{L}\p{N}._%+\-])"
"""A full stop after an address ends a sentence, unless the address goes on behind it."""

_IN_PYTHON = {_SIGN: r"(?:[^\w@]|_)", _BEFORE_ADDRESS: r"[^\w.%+\-]"}


def patterns_of(words: Sequence[str]) -> list[str]:
    """Regular expressions, whatever the capitals; groups 1 and 3 are what stands beside.

    Two words may share what stands between them, so replacing is done twice.
    """
    unique = sorted({word for word in words if word}, key=lambda word: (-len(word), word))
    addresses, others = [word for word in unique if "@" in word], [word for word in unique if "@" not in word]
    found = []
    for group, before, after in ((addresses, _BEFORE_ADDRESS, _AFTER_ADDRESS), (others, _SIGN, _SIGN)):
        for first in range(0, len(group), _WORDS_AT_ONCE):
            part = "|".join(map(re.escape, group[first : first + _WORDS_AT_ONCE]))
            found.append(rf"(?i)(^|{before})({part})($|{after})")
    return found


def compiled_patterns(words: Sequence[str]) -> list[re.Pattern[str]]:
    """``patterns_of`` for Python, whose expressions know no classes of Unicode."""
    patterns = patterns_of(words)
    for of_engine, of_python in _IN_PYTHON.items():
        patterns = [pattern.replace(of_engine, of_python) for pattern in patterns]
    return [re.compile(pattern) for pattern in patterns]


def without_words(text: str, patterns: Sequence[re.Pattern[str]], instead: str) -> str:
    """``text`` with ``instead`` in place of everything the patterns find."""
    for pattern in patterns:
        for _ in range(2):
            text = pattern.sub(lambda found: f"{found[1]}{instead}{found[3]}", text)
    return text
