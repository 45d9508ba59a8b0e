"""The words ledgers use for channels, purposes and statuses, and what each of them means.

Belongs here: one text to one meaning.  What follows from it for a person is decided in ``ledger.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

EVERYTHING = "all"
"""The meaning of a channel or purpose that names every one."""
UNKNOWN = "unknown"
"""The meaning of a word nobody declared, and of none at all."""

PROFILING = "profiling"
"""The purpose of an objection to profiling (GDPR article 21): it leaves no purpose of marketing either."""

_EVERYTHING = ("all", "any", "every", "everything", "global", "alle", "*")

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "mail", "newsletter", "emails"),
    "sms": ("sms", "text", "textmessage", "mobile"),
    "post": ("post", "letter", "postal", "postalmail", "directmail", "print"),
    "phone": ("phone", "call", "telephone", "voice"),
    "push": ("push", "app", "pushnotification"),
}
PURPOSES: Mapping[str, tuple[str, ...]] = {
    "marketing": ("marketing", "advertising", "promotion", "promotions"),
    "surveys": ("surveys", "survey", "research"),
    PROFILING: ("profiling",),
    "sale_or_share": ("saleorshare", "sale", "sharing"),
}
_SURELY_GRANTED = ("granted", "grant", "optin", "optedin", "subscribed", "consented")


def channel_meant(text: ir.StringValue) -> ir.StringValue:
    """The channel a text names: one of ``CHANNELS``, ``EVERYTHING`` or ``UNKNOWN``, never null.

    Case, blanks and punctuation do not matter: ``E-Mail`` is ``email``.
    """
    return _meant(text, CHANNELS)


def purpose_meant(text: ir.StringValue, declared: tuple[str, ...] = ()) -> ir.StringValue:
    """The purpose a text names, as ``channel_meant``; ``declared`` are purposes beside ``PURPOSES``."""
    return _meant(text, {**PURPOSES, **{name: (_bare_word(name),) for name in declared}})


def surely_granted(status: ir.StringValue) -> ir.BooleanValue:
    """Whether a status, read or not, cannot mean a withdrawal; false when there is none."""
    return _bare(status).isin(_SURELY_GRANTED).fill_null(False)


def _meant(text: ir.StringValue, words: Mapping[str, tuple[str, ...]]) -> ir.StringValue:
    bare = _bare(text)
    branches = [(bare.isin(spellings), meaning) for meaning, spellings in words.items()]
    everything = bare.isin(_EVERYTHING) | (text.strip() == "*").fill_null(False)
    return ibis.cases((everything, EVERYTHING), *branches, else_=UNKNOWN)


def _bare(text: ir.StringValue) -> ir.StringValue:
    return text.lower().re_replace(r"[^a-z0-9]+", "")


def _bare_word(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isascii() and sign.isalnum())
