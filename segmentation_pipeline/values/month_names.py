"""Months written out in other languages than English, which is the only one engines read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import ibis.expr.types as ir

_WORDS = {
    "January": "januar jänner janvier enero gennaio januari janeiro styczeń stycznia janv ene gen sty",
    "February": "februar feber février febrero febbraio februari fevereiro luty lutego févr fév fev lut",
    "March": "märz maerz mars marzo maart março marzec marca mär mrz mrt",
    "April": "avril abril aprile kwiecień kwietnia avr abr kwi",
    "May": "mai mayo maggio mei maio maj maja mag",
    "June": "juni juin junio giugno junho czerwiec czerwca giu cze",
    "July": "juli juillet julio luglio julho lipiec lipca juil lug lip",
    "August": "août agosto augustus sierpień sierpnia aoû ago sie",
    "September": "septembre septiembre settembre setembro wrzesień września sept set wrz",
    "October": "oktober octobre octubre ottobre outubro październik października okt ott out paź",
    "November": "novembre noviembre novembro listopad listopada lis",
    "December": "dezember décembre diciembre dicembre dezembro grudzień grudnia dez déc dic gru",
}
"""In German, French, Spanish, Italian, Dutch, Portuguese and Polish: none of them is another month elsewhere."""


def in_english(text: str, formats: Sequence[str]) -> str:
    """``english_months`` of one text.

    >>> in_english("1. März 2026", ["%d. %B %Y"]), in_english("3 févr. 2026", ["%d %b %Y"])
    ('1. March 2026', '3 Feb 2026')
    """
    for pattern, replacement in _replacements(formats):
        text = re.sub(pattern.replace(r"[^\p{L}]", r"[\W\d_]"), replacement, text)
    return text


def english_months(text: ir.StringValue, formats: Sequence[str]) -> ir.StringValue:
    """A column of days with the months in it in English, as the ``formats`` want them (``%B`` or ``%b``); itself where these
    know no months by name."""
    for pattern, replacement in _replacements(formats):
        text = cast(ir.StringValue, text.re_replace(pattern, replacement))
    return text


def _replacements(formats: Sequence[str]) -> list[tuple[str, str]]:
    asked = [name for name in ("%B", "%b") if any(name in pattern for pattern in formats)]
    if not asked:
        return []
    # A point ends a word that is cut short, unless the pattern has one there.
    point = "" if any(f"{name}." in pattern for pattern in formats for name in asked) else r"\.?"
    found = []
    for month, words in _WORDS.items():
        english = month if asked[0] == "%B" else month[:3]
        found.append((rf"(^|[^\p{{L}}])(?i:{'|'.join(words.split())}){point}([^\p{{L}}]|$)", rf"\1{english}\2"))
    return found
