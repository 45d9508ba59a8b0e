"""Texts of a project's configuration and files where Markdown is read: they stand for themselves and make nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SIGNS = re.compile(r"([\\<\[])")
_BREAK = "  \n"
_MADE_PLAIN = re.compile(r"\\([\\<\[])")


def plain(text: str) -> str:
    r"""The text without HTML, links and pictures of its own: where Markdown is read it is seen as it was written.

    >>> plain("[x](http://mail.test) <b>")
    '\\[x](http://mail.test) \\<b>'
    """
    return _SIGNS.sub(r"\\\1", text)


def lines(texts: Iterable[str]) -> str:
    """Texts below each other, which Markdown would run together."""
    return _BREAK.join(texts)


def seen(text: str) -> str:
    """What a reader of ``plain`` text and of ``lines`` sees: the text as it was."""
    return _MADE_PLAIN.sub(r"\1", text).replace(_BREAK, "\n")
