"""Which encoding a text probably is in, told with what it would read."""

from __future__ import annotations

import re
from pathlib import Path

_CANDIDATES = ("windows-1252", "windows-1250", "windows-1251", "shift_jis", "gb18030")
_LETTERS = re.compile(r"[^\W\d_]")
_BEYOND = re.compile(r"[^\x00-\x7f]")


def not_in_encoding(path: Path, encoding: str, sample: bytes) -> str:
    """The message for a file of which ``sample`` is not in ``encoding``."""
    told = " or ".join(f"{name} ({text!r})" for name, text in probable_encodings(sample)) or "the one it is in"
    return f"{path}: the file is not {encoding}. Name its encoding under csv.encoding in sources.yaml: {told}."


def probable_encodings(sample: bytes) -> list[tuple[str, str]]:
    """The encodings in which a piece of text reads like words, and how; the likeliest first, two at most."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or sample.count(0) * 3 > len(sample):
        return [("utf-16", _first_line(sample.decode("utf-16", "replace")))]
    found = []
    for place, name in enumerate(_CANDIDATES):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        odd = _BEYOND.findall(text)
        score = sum(1 for sign in odd if _LETTERS.match(sign)) / max(len(odd), 1) - 0.3 * (place > 1)
        found.append((-score, place, name, text))
    return [(name, _first_line(text)) for _, _, name, text in sorted(found)[:2]]


def _first_line(text: str) -> str:
    return " ".join(next(iter(text.strip().splitlines()), "").split())
